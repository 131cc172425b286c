"""From a bundle on disk to a competition: all of it or nothing, and again without harm.

The bundle has been read and found without fault. A changed solution or metric becomes a new
revision; pages, data and settings are replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions import queries
from podium.competitions.models import (
    Competition,
    DataFile,
    Kind,
    Page,
    Part,
    Revision,
    RevisionState,
    Stage,
)
from podium.competitions.programs import program_from
from podium.core import clock
from podium.core.db import hold
from podium.core.errors import NotAllowed, Refused, TooLarge
from podium.core.storage import Storage
from podium.core.text import size as size_text
from podium_scorer.bundle import Bundle, BundleFile
from podium_scorer.catalogue import describe

IMPORT_LOCK = 0x706F6462  # any number that is used for nothing else


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What an import did; ``revision`` is the number of a new revision."""

    competition: Competition
    created: bool
    revision: int | None
    changes: tuple[str, ...]


def import_bundle(
    session: Session,
    *,
    bundle: Bundle,
    storage: Storage,
    host: User | None = None,
    by: User | None = None,
    launch: bool = True,
    upload_max_bytes: int | None = None,
) -> ImportResult:
    """Make or change the competition of the bundle's slug.

    A new one is a draft unless ``launch``. ``by`` is the user who asks, None for the
    operator: their new competitions are theirs. Raises NotAllowed where the address is
    somebody else's; Refused where a file changed since it was read, or where submissions
    may be larger than this Podium takes. The caller commits, and then dispatches, so that
    a new revision is prepared.
    """
    allowed = bundle.submission.max_bytes
    if upload_max_bytes is not None and allowed > upload_max_bytes:
        raise Refused(
            f"{bundle.slug} allows submissions of {size_text(allowed)}, this Podium takes "
            f"up to {size_text(upload_max_bytes)}. Lower submission.max_bytes, or raise "
            "PODIUM_UPLOAD_MAX_BYTES. Nothing was imported."
        )
    _store_all(bundle, storage)
    hold(session, IMPORT_LOCK)  # two imports of one slug come one after the other
    competition = session.scalar(
        select(Competition).where(Competition.slug == bundle.slug)
    )
    created = competition is None
    if competition is None:
        launched_at = clock.now() if launch else None
        # What the operator imports counts; of others' an administrator says so.
        competition = Competition(
            slug=bundle.slug, launched_at=launched_at, host=by, ranked=by is None
        )
        session.add(competition)
    elif by is not None and not queries.hosts(competition, by):
        raise taken(bundle.slug)
    changes = [
        *_set_fields(competition, bundle),
        *_set_pages(competition, bundle),
        *_set_data(competition, bundle),
    ]
    competition.bundle = {each.file: [each.sha256, each.size] for each in bundle.files}
    if host is not None:
        competition.host = host
    session.flush()  # gives a new competition its id
    newest = queries.newest_revision(session, competition=competition)
    revision = None
    if newest is None or newest.judges_sha256 != bundle.judges_sha256:
        revision = newest.number + 1 if newest else 1
        _revise(session, competition, bundle, revision)
        changes.append(f"revision {revision}")
    elif newest.state is RevisionState.FAULTY:
        _check_again(newest)
        changes.append(f"revision {newest.number} is checked again")
    return ImportResult(
        competition=competition,
        created=created,
        revision=revision,
        changes=tuple(changes),
    )


def taken(slug: str) -> NotAllowed:
    """What is told to somebody who wants another's address."""
    sentence = f"The address “{slug}” is taken. Choose another one (slug)."
    return NotAllowed(sentence, fields={"slug": sentence})


def _set_fields(competition: Competition, bundle: Bundle) -> list[str]:
    values = {
        "title": bundle.title,
        "subtitle": bundle.subtitle,
        "kind": Kind(bundle.kind),
        "tags": list(bundle.tags),
        "host_name": bundle.host,
        "time_zone": bundle.timeline.time_zone,
        "opens_at": bundle.timeline.opens,
        "closes_at": bundle.timeline.closes,
        "entry_deadline": bundle.timeline.entry_deadline,
        "merger_deadline": bundle.timeline.merger_deadline,
        "submissions_per_day": bundle.submission.per_day,
        "submissions_total": bundle.submission.total,
        "submission_max_bytes": bundle.submission.max_bytes,
        "submission_formats": list(bundle.submission.formats),
        "final_selections": bundle.submission.final_selection,
        "late_submissions": bundle.submission.late,
        "team_max_size": bundle.team_max_size,
        "licence_name": bundle.licence.name,
        "licence_url": bundle.licence.url,
        "source_name": bundle.source.name,
        "source_url": bundle.source.url,
        "citation": bundle.source.citation,
    }
    changed = [
        name for name, value in values.items() if getattr(competition, name) != value
    ]
    for name in changed:
        setattr(competition, name, values[name])
    return changed


def _set_pages(competition: Competition, bundle: Bundle) -> list[str]:
    old = {page.name: page for page in competition.pages}
    pages, changes = [], []
    for position, given in enumerate(bundle.pages):
        page = old.pop(given.name, None) or Page(name=given.name)
        values = (given.title, position, given.text)
        if (page.title, page.position, page.text) != values:
            page.title, page.position, page.text = values
            changes.append(f"page {given.name}")
        pages.append(page)
    competition.pages = pages
    return changes + [f"page {name} removed" for name in old]


def _set_data(competition: Competition, bundle: Bundle) -> list[str]:
    old = {file.name: file for file in competition.data_files}
    files, changes = [], []
    for given in bundle.data:
        file = old.pop(given.file.name, None) or DataFile(name=given.file.name)
        if file.sha256 != given.file.sha256:
            file.sha256, file.size = given.file.sha256, given.file.size
            file.updated_at = clock.now()
            changes.append(f"data {given.file.name}")
        if file.description != given.description:
            file.description = given.description
            changes.append(f"description of {given.file.name}")
        files.append(file)
    competition.data_files = files
    return changes + [f"data {name} removed" for name in old]


def _revise(
    session: Session, competition: Competition, bundle: Bundle, number: int
) -> None:
    """Add a revision: what judges is not what judged last."""
    session.add(
        Revision(
            competition_id=competition.id,
            number=number,
            judges_sha256=bundle.judges_sha256,
            solution_sha256=bundle.solution.file.sha256,
            sample_sha256=bundle.sample_submission.sha256,
            id_column=bundle.solution.id_column,
            metric=bundle.metric.name,
            metric_params=dict(bundle.metric.params),
            program={} if bundle.code is None else program_from(bundle.code).to_json(),
            part=_part(competition, bundle),
            **_metric_fields(bundle),
        )
    )
    session.flush()  # the dispatcher looks for it


def _part(competition: Competition, bundle: Bundle) -> Part:
    """What a new revision judges: before the end the Public rows alone, where programs
    have other inputs after it."""
    if bundle.code is None or not bundle.code.private_inputs:
        return Part.ALL
    ended = competition.stage(clock.now()) is Stage.ENDED
    return Part.PRIVATE if ended else Part.PUBLIC


def _metric_fields(bundle: Bundle) -> dict[str, Any]:
    """What a revision keeps of a metric beside its name and parameters."""
    own = bundle.custom_metric
    if own is None:
        info = describe(bundle.metric.name, bundle.metric.params)
        return {"higher_is_better": info.higher_is_better}
    return {
        "higher_is_better": own.higher_is_better,
        "metric_sha256": own.file.sha256,
        "metric_title": own.title,
        "metric_decimals": own.decimals,
        "metric_shows_errors": own.shows_errors,
    }


def _check_again(revision: Revision) -> None:
    """Let a faulty revision be prepared once more: the fault may have been ours."""
    revision.state, revision.failures = RevisionState.QUEUED, 0
    revision.sent_at = revision.not_before = None


def _store_all(bundle: Bundle, storage: Storage) -> None:
    for file in bundle.files:
        _store(file, storage)


def _store(file: BundleFile, storage: Storage) -> None:
    if storage.has(file.sha256):
        return
    changed = Refused(
        f"{file.file} changed while it was read. Nothing was imported; try again."
    )
    try:
        with file.path.open("rb") as stream:
            blob = storage.put(stream, most_bytes=file.size)
    except (TooLarge, FileNotFoundError) as error:
        raise changed from error
    if blob.sha256 != file.sha256:
        raise changed
