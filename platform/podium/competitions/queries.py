"""Reading competitions."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from podium.accounts.models import User
from podium.competitions.models import (
    Announcement,
    Competition,
    DataFile,
    Page,
    Revision,
    RevisionState,
    Stage,
)
from podium.core import clock
from podium.core.errors import NotFound


def launched(now: datetime) -> ColumnElement[bool]:
    """A condition: everybody sees the competition; drafts are their hosts' alone."""
    return Competition.launched_at <= now


def by_slug(session: Session, slug: str, *, viewer: User | None = None) -> Competition:
    """The launched competition at that address, for a ``viewer`` also a draft of theirs;
    raises NotFound, which names one that is near."""
    found = session.scalar(select(Competition).where(Competition.slug == slug))
    now = clock.now()
    if found is not None and (found.launched(now) or hosts(found, viewer)):
        return found
    slugs = session.scalars(select(Competition.slug).where(launched(now))).all()
    near = difflib.get_close_matches(slug.lower(), slugs, n=1, cutoff=0.6)
    hint = f" Did you mean “{near[0]}”?" if near else " Check the spelling."
    raise NotFound(f"There is no competition “{slug[:80]}”.{hint}")


def hosts(competition: Competition, user: User | None) -> bool:
    """Whether a user may run a competition: its host, or an administrator."""
    return user is not None and (competition.host_id == user.id or user.is_admin)


def hosted_by(session: Session, *, user: User) -> list[Competition]:
    """What a user hosts, drafts included, newest first."""
    found = select(Competition).where(Competition.host_id == user.id)
    return list(session.scalars(found.order_by(Competition.id.desc())))


def by_id(session: Session, competition_id: int) -> Competition:
    """The competition with that number; raises NotFound."""
    found = session.get(Competition, competition_id)
    if found is None:
        raise NotFound("There is no such competition any more.")
    return found


def page_of(
    session: Session,
    *,
    now: datetime,
    stage: Stage | None = None,
    tag: str = "",
    search: str = "",
    limit: int = 50,
    after_id: int | None = None,
    offset: int = 0,
    ids: Collection[int] | None = None,
) -> list[Competition]:
    """Launched competitions, newest first: at most ``limit`` of those with a smaller id, only
    those of ``ids`` where that is given."""
    query = select(Competition).where(launched(now)).order_by(Competition.id.desc())
    query = query.limit(limit).offset(offset)
    if after_id is not None:
        query = query.where(Competition.id < after_id)
    if ids is not None:
        query = query.where(Competition.id.in_(ids))
    if stage is Stage.UPCOMING:
        query = query.where(Competition.opens_at > now)
    elif stage is Stage.OPEN:
        query = query.where(Competition.opens_at <= now, Competition.closes_at > now)
    elif stage is Stage.ENDED:
        query = query.where(Competition.closes_at <= now)
    if tag:
        query = query.where(
            func.lower(cast(Competition.tags, String)).contains(
                json.dumps(tag).lower(), autoescape=True
            )
        )
    if search.strip():
        query = query.where(matches(search))
    return list(session.scalars(query))


def slugs(session: Session, *, now: datetime, limit: int) -> Sequence[str]:
    """The addresses of launched competitions, newest first."""
    query = select(Competition.slug).where(launched(now)).limit(limit)
    return session.scalars(query.order_by(Competition.id.desc())).all()


def matches(search: str) -> ColumnElement[bool]:
    """A condition: the words of ``search`` stand in title, subtitle, slug or tags."""
    text = search.strip().lower()
    in_json = json.dumps(text)[1:-1]
    return or_(
        *(
            func.lower(column).contains(text, autoescape=True)
            for column in (Competition.title, Competition.subtitle, Competition.slug)
        ),
        func.lower(cast(Competition.tags, String)).contains(in_json, autoescape=True),
    )


def page(session: Session, *, competition: Competition, name: str) -> Page:
    """A page of a competition; raises NotFound."""
    found = session.scalar(
        select(Page).where(Page.competition_id == competition.id, Page.name == name)
    )
    if found is None:
        raise NotFound(f"{competition.title} has no page “{name[:80]}”.")
    return found


def data_file(session: Session, *, competition: Competition, name: str) -> DataFile:
    """A data file of a competition; raises NotFound that lists the names there are."""
    found = session.scalars(
        select(DataFile)
        .where(DataFile.competition_id == competition.id)
        .order_by(DataFile.name)
    )
    files = {file.name: file for file in found}
    if name not in files:
        raise NotFound(
            f"{competition.title} has no data file “{name[:80]}”. "
            f"It has: {', '.join(files) or 'none'}."
        )
    return files[name]


def announcements(
    session: Session, *, competition_ids: Collection[int], limit: int = 100
) -> list[Announcement]:
    """What hosts have announced in these competitions, newest first."""
    return list(
        session.scalars(
            select(Announcement)
            .where(Announcement.competition_id.in_(competition_ids))
            .options(
                joinedload(Announcement.author), joinedload(Announcement.competition)
            )
            .order_by(Announcement.id.desc())
            .limit(limit)
        )
    )


def announcement(
    session: Session, *, competition: Competition, public_id: str
) -> Announcement:
    """An announcement of a competition; raises NotFound."""
    found = session.scalar(
        select(Announcement).where(
            Announcement.public_id == public_id,
            Announcement.competition_id == competition.id,
        )
    )
    if found is None:
        raise NotFound("There is no such announcement. It may have been deleted.")
    return found


def pending_revision(session: Session, *, competition: Competition) -> Revision | None:
    """The newest revision that is ready and not yet live, while scores are made anew."""
    live = competition.live_revision
    return session.scalar(
        select(Revision)
        .where(
            Revision.competition_id == competition.id,
            Revision.state == RevisionState.READY,
            Revision.number > (live.number if live else 0),
        )
        .order_by(Revision.number.desc())
        .limit(1)
    )


def newest_revision(session: Session, *, competition: Competition) -> Revision | None:
    """The competition's last revision, whatever its state."""
    return session.scalar(
        select(Revision)
        .where(Revision.competition_id == competition.id)
        .order_by(Revision.number.desc())
        .limit(1)
    )


@dataclass(frozen=True)
class TagCount:
    """A tag and how many competitions have it."""

    tag: str
    competitions: int


def tags(session: Session) -> Sequence[TagCount]:
    """Every tag in use, most used first."""
    counts: dict[str, int] = {}
    found = select(Competition.tags).where(launched(clock.now()))
    for names in session.scalars(found):
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return [
        TagCount(tag, count)
        for tag, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
