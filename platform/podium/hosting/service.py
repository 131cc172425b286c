"""Making competitions from bundles, changing and launching them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TypeAlias

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from podium.accounts import recovery
from podium.accounts.models import ORGANIZER, User
from podium.accounts.service import require_confirmed
from podium.competitions import importer, queries
from podium.competitions import service as competitions
from podium.competitions.importer import ImportResult
from podium.competitions.models import Announcement, Competition, RevisionState
from podium.core import audit
from podium.core.errors import Invalid, NotAllowed, Refused, TooLarge
from podium.core.models import Act
from podium.core.services import Services
from podium.core.storage import Readable, Storage, pieces
from podium.core.text import size as size_text
from podium.hosting import letters, packing
from podium.hosting.checklist import Item, Mark, can_launch, checklist
from podium.leaderboards import service as leaderboards
from podium.scoring import lint
from podium.settings import Settings
from podium.teams.models import Participant
from podium_scorer.bundle import MANIFEST, Bundle, BundleError, BundleFault, read_bundle

# Paths of a bundle and what they shall hold.
NewFiles: TypeAlias = Mapping[str, bytes | IO[bytes]]
TITLE_CHARS, ANNOUNCEMENT_CHARS = 120, 20_000
LAUNCH_AHEAD = timedelta(days=366)


class Faulty(Invalid):
    """A bundle with faults: all of them, each with file, line and what is expected."""

    def __init__(self, faults: tuple[BundleFault, ...]) -> None:
        self.faults = faults
        fields: dict[str, str] = {}
        for fault in faults:
            place = fault.file if fault.line is None else f"{fault.file}:{fault.line}"
            sentence = f"{fault.problem} Expected: {fault.expected}"
            fields[place] = (
                f"{fields[place]} {sentence}" if place in fields else sentence
            )
        count = len(faults)
        super().__init__(
            f"The bundle has {count} {'fault' if count == 1 else 'faults'}. Nothing was "
            "changed.",
            kind="faulty_bundle",
            fields=fields,
        )


def may_create(settings: Settings, user: User) -> bool:
    """Whether a user may make competitions here (PODIUM_CREATE_COMPETITIONS)."""
    roles = {role.name for role in user.roles}
    return (
        settings.create_competitions == "anyone"
        or user.is_admin
        or (settings.create_competitions == "organizers" and ORGANIZER in roles)
    )


def require_may_create(settings: Settings, user: User) -> None:
    """Raise NotAllowed where a user may not make competitions here."""
    require_confirmed(settings, user)
    if may_create(settings, user):
        return
    who = {
        "organizers": "Here only approved organizers make competitions. Ask the operator "
        "to make you one.",
    }.get(settings.create_competitions, "Here only administrators make competitions.")
    raise NotAllowed(who)


def hosted(session: Session, *, slug: str, user: User) -> Competition:
    """A competition, launched or not, for who runs it; raises NotFound, and NotAllowed
    where everybody sees it and somebody else runs it."""
    competition = queries.by_slug(session, slug, viewer=user)
    if not queries.hosts(competition, user):
        raise NotAllowed(f"Only those who host {competition.title} may see that.")
    return competition


def require_may_push(
    session: Session, settings: Settings, *, slug: str, user: User
) -> None:
    """Raise NotAllowed, before any byte is read, where a bundle would be refused."""
    taken = session.scalar(select(Competition).where(Competition.slug == slug))
    if taken is None:
        require_may_create(settings, user)
    elif not queries.hosts(taken, user):
        raise importer.taken(slug)


def require_free(session: Session, *, slug: str) -> None:
    """Raise NotAllowed where a competition has that address, also one's own."""
    if session.scalar(select(exists().where(Competition.slug == slug))):
        raise importer.taken(slug)


def receive(stream: Readable, target: IO[bytes], *, most_bytes: int) -> None:
    """Write a stream to a file; raises TooLarge past ``most_bytes``."""
    size = 0
    for piece in pieces(stream):
        size += len(piece)
        if size > most_bytes:
            raise TooLarge(
                f"The bundle is larger than {size_text(most_bytes)}, which is what this "
                "Podium takes."
            )
        target.write(piece)
    target.seek(0)


@contextmanager
def unpacked(settings: Settings, archive: IO[bytes]) -> Iterator[Bundle]:
    """The bundle in a ZIP, as long as it is needed; raises Faulty, Invalid, TooLarge."""
    with scratch(settings) as folder:
        packing.unpack(archive, folder, most_bytes=settings.bundle_max_bytes)
        yield read(folder)


@contextmanager
def with_changes(
    settings: Settings,
    storage: Storage,
    competition: Competition,
    files: NewFiles,
) -> Iterator[Bundle]:
    """The competition's bundle with some files in place of its own; raises Faulty, and
    Refused for a competition whose bundle was never kept."""
    require_bundle(competition)
    with scratch(settings) as folder:
        for path, (sha256, _) in competition.bundle.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if path not in files:
                storage.lay_out(sha256, target)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / path).open("xb") as new:
                if isinstance(content, bytes):
                    new.write(content)
                else:
                    shutil.copyfileobj(content, new)
        yield read(folder)


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    settings.make_data_dir()
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="bundle-") as folder:
        yield Path(folder)


def read(folder: Path) -> Bundle:
    """The bundle in a folder; raises Faulty with every fault."""
    try:
        return read_bundle(folder)
    except BundleError as error:
        raise Faulty(error.faults) from error


def save_bundle(
    session: Session,
    services: Services,
    *,
    bundle: Bundle,
    by: User | None,
    host: User | None = None,
    launch: bool = False,
    slug: str = "",
) -> ImportResult:
    """Make or change a competition; a new one is a draft of ``by`` unless ``launch``.

    ``by`` is None for the operator, ``host`` whose it shall be, ``slug`` the one that it
    must have. Raises Refused, NotAllowed, Invalid. The caller commits, and then
    dispatches.
    """
    if slug and bundle.slug != slug:
        sentence = (
            f"The bundle says slug: {bundle.slug}, and this is {slug}. An address can't "
            "be changed; make a new competition for another one."
        )
        raise Invalid(sentence, kind="invalid", fields={"slug": sentence})
    result = importer.import_bundle(
        session,
        bundle=bundle,
        storage=services.storage,
        host=host,
        by=by,
        launch=launch,
        upload_max_bytes=services.settings.upload_max_bytes,
    )
    if "final_selections" in result.changes:  # other submissions count from now on
        competition = competitions.lock(session, result.competition.id)
        leaderboards.rebuild(session, competition=competition)
    if result.created or result.changes:
        made = Act.COMPETITION_MADE if result.created else Act.COMPETITION_CHANGED
        changes = [] if result.created else list(result.changes)
        audit.record(session, made, _named(result.competition), changes=changes)
    return result


def checklist_of(
    session: Session, *, competition: Competition, now: datetime
) -> list[Item]:
    """The competition's checklist."""
    newest = queries.newest_revision(session, competition=competition)
    seen = "" if newest is None else lint.data_sha256(session, revision=newest)
    return checklist(competition, newest, now, seen)


def ask_for_lint(
    session: Session, services: Services, *, competition: Competition
) -> None:
    """Have the newest revision linted; raises Refused where there is nothing to lint, or
    nobody to do it."""
    newest = queries.newest_revision(session, competition=competition)
    if newest is None or newest.state is not RevisionState.READY:
        raise Refused("The scorer has to take solution and sample first.")
    if not lint.ask(services, revision_id=newest.id):
        raise Refused("The queue is away. Try again in a minute.")


def launch(
    session: Session,
    *,
    competition: Competition,
    now: datetime,
    at: datetime | None = None,
) -> None:
    """Show a draft to everybody, now or later; raises Refused with all that is missing.

    A launch that was planned can be planned anew; one that has happened stays.
    """
    competition = competitions.lock(session, competition.id)
    if competition.launched(now):
        raise Refused(f"{competition.title} is launched already.")
    items = checklist_of(session, competition=competition, now=now)
    if not can_launch(items):
        missing = [
            f"{item.name}: {item.sentence}"
            for item in items
            if item.mark in {Mark.MISSING, Mark.WAITING}
        ]
        raise Refused(f"It can't be launched yet. {' '.join(missing)}")
    when = now if at is None else at
    if when < now or when > now + LAUNCH_AHEAD:
        raise Refused("Choose a time for the launch within a year from now.")
    if when >= competition.closes_at:
        raise Refused("The launch would be after the end. Choose an earlier time.")
    competition.launched_at = when
    audit.record(
        session,
        Act.COMPETITION_LAUNCHED,
        _named(competition),
        at=when.isoformat(timespec="seconds"),
    )


def call_off(session: Session, *, competition: Competition, now: datetime) -> None:
    """Make a planned launch a draft again; raises Refused once it has happened."""
    competition = competitions.lock(session, competition.id)
    if competition.launched(now):
        raise Refused(f"{competition.title} is launched; that can't be undone.")
    competition.launched_at = None
    audit.record(session, Act.COMPETITION_CALLED_OFF, _named(competition))


def delete_draft(session: Session, *, competition: Competition, now: datetime) -> None:
    """Forget a draft; raises Refused once people have seen it."""
    competition = competitions.lock(session, competition.id)
    entered = exists().where(Participant.competition_id == competition.id)
    if competition.launched(now) or session.scalar(select(entered)):
        raise Refused(
            f"{competition.title} is launched. What others have seen and entered stays."
        )
    session.delete(competition)
    audit.record(session, Act.COMPETITION_DELETED, _named(competition))


def require_bundle(competition: Competition) -> None:
    """Raise Refused where the competition's bundle was not kept."""
    if not competition.bundle:
        raise Refused(
            f"{competition.title} was imported before Podium kept bundles. Import it "
            "once more; then it can be fetched and changed here."
        )


def bundle_text(storage: Storage, competition: Competition, path: str) -> str:
    """A text of the competition's bundle, like its manifest; raises Refused."""
    require_bundle(competition)
    sha256, _ = competition.bundle[path]
    with storage.open(sha256) as stream:
        return stream.read().decode("utf-8-sig")


def manifest_text(storage: Storage, competition: Competition) -> str:
    """The competition's competition.yaml; raises Refused."""
    return bundle_text(storage, competition, MANIFEST)


def announce(
    session: Session, *, competition: Competition, by: User, title: str, text: str
) -> Announcement:
    """Tell everybody who takes part, also by mail where they want that; raises Invalid
    with every field's fault."""
    title, text = " ".join(title.split()), text.strip()
    faults = {}
    if not 0 < len(title) <= TITLE_CHARS or not title.isprintable():
        faults["title"] = f"Give it a title of 1 to {TITLE_CHARS} characters."
    if not 0 < len(text) <= ANNOUNCEMENT_CHARS:
        faults["text"] = f"Write 1 to {ANNOUNCEMENT_CHARS:,} characters."
    if faults:
        raise Invalid(" ".join(faults.values()), kind="invalid", fields=faults)
    made = Announcement(
        competition_id=competition.id, author_id=by.id, title=title, text=text
    )
    session.add(made)
    session.flush()  # gives it its public id
    _mail(session, made, competition)
    return made


def _mail(
    session: Session, announcement: Announcement, competition: Competition
) -> None:
    """Mail an announcement to everybody who takes part and wants that."""
    letter = letters.announced(announcement, competition)
    readers = session.scalars(
        select(User)
        .join(Participant, Participant.user_id == User.id)
        .where(Participant.competition_id == competition.id)
        .order_by(User.id)
    )
    for user in readers:
        if user.id != announcement.author_id:
            recovery.tell(session, user=user, letter=letter)


def delete_announcement(session: Session, *, announcement: Announcement) -> None:
    """Take an announcement away."""
    competition = session.get_one(Competition, announcement.competition_id)
    session.delete(announcement)
    audit.record(
        session,
        Act.ANNOUNCEMENT_DELETED,
        _named(competition),
        title=announcement.title,
    )


def set_ranked(
    session: Session, *, competition: Competition, by: User, ranked: bool
) -> None:
    """Let final ranks of a competition count for medals and points, or not; raises
    NotAllowed for everybody but administrators."""
    if not by.is_admin:
        raise NotAllowed(
            "Only administrators say which competitions count for medals and points."
        )
    competitions.lock(session, competition.id).ranked = ranked
    audit.record(session, Act.COMPETITION_RANKED, _named(competition), ranked=ranked)


def _named(competition: Competition) -> str:
    """A competition in the audit log."""
    return f"competition {competition.slug}"
