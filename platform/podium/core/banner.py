"""What the operator says on every page and in the API's status: an outage, a closing time.

Text only. There is one at a time; setting and clearing it are in the audit log.
"""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from podium.core import audit, clock
from podium.core.errors import Invalid
from podium.core.models import BANNER_CHARS, Act, Banner

THE_ONE = 1
_TARGET = "the site"


def current(session: Session) -> Banner | None:
    """The banner that is up, if one is."""
    return session.get(Banner, THE_ONE)


def put_up(session: Session, *, text: str) -> Banner:
    """Put a banner up, in place of the one before; raises Invalid for a text that is
    empty, too long or no plain text. The caller commits."""
    text = " ".join(text.split())
    if not 0 < len(text) <= BANNER_CHARS or not text.isprintable():
        sentence = f"Say what everybody should know, in 1 to {BANNER_CHARS} characters."
        raise Invalid(sentence, kind="invalid", fields={"text": sentence})
    found = session.merge(Banner(id=THE_ONE, text=text, since=clock.now()))
    audit.record(session, Act.BANNER_SET, _TARGET, text=text)
    return found


def take_down(session: Session) -> bool:
    """Take the banner down; whether there was one. The caller commits."""
    if current(session) is None:
        return False
    session.execute(delete(Banner))
    audit.record(session, Act.BANNER_CLEARED, _TARGET)
    return True
