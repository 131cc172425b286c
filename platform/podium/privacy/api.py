"""Everything that is kept of me, for programs."""

from __future__ import annotations

from podium.accounts.api import me
from podium.core import clock
from podium.core.api import Access, ApiBlueprint
from podium.core.web import services, session
from podium.privacy import export
from podium.privacy.schemas import Export

bp = ApiBlueprint("privacy_api", __name__, tag="Users")


@bp.operation("GET", "/me/export", access=Access.SIGNED_IN, answer=Export)
def export_me() -> Export:
    """Everything that is kept of me"""
    return Export(
        **export.everything(
            session(), user=me(), settings=services().settings, now=clock.now()
        )
    )
