"""What a competition lacks before it can be launched, and what its host should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from podium.competitions.models import Competition, Kind, Part, Revision, RevisionState
from podium.hosting.starter import TO_WRITE

# Below so many public rows a board tells chance from skill badly, whatever the metric:
# at 50 rows a share of right answers has a 95 % interval of up to +-14 percent points.
FEW_PUBLIC_ROWS = 50
LINTER = "Linter"


class Mark(StrEnum):
    """How an item stands."""

    DONE = "done"
    WAITING = "waiting"  # Podium is at it
    MISSING = "missing"  # nothing can be launched before it is mended
    ADVICE = "advice"  # it can be launched all the same


@dataclass(frozen=True)
class Item:
    """One line of the checklist; ``faults`` are those that the scorer found, ``findings``
    what the linter did."""

    name: str
    mark: Mark
    sentence: str
    faults: Sequence[dict[str, Any]] = ()
    findings: Sequence[dict[str, Any]] = ()


def checklist(
    competition: Competition,
    revision: Revision | None,
    now: datetime,
    data_sha256: str = "",
) -> list[Item]:
    """What is to be looked at before launch; ``revision`` is the newest one, and
    ``data_sha256`` tells whether the linter saw the files as they are."""
    return [
        _judging(revision),
        *_rows(revision),
        _timeline(competition, now),
        *_pages(competition),
        _data(competition),
        *_team(competition),
        *_linter(revision, data_sha256),
    ]


def can_launch(items: Sequence[Item]) -> bool:
    """Whether nothing is missing any more."""
    return all(item.mark in {Mark.DONE, Mark.ADVICE} for item in items)


def _judging(revision: Revision | None) -> Item:
    name = "Solution and metric"
    if revision is None:
        return Item(name, Mark.MISSING, "There is no solution yet. Upload a bundle.")
    if revision.state is RevisionState.FAULTY:
        faults = [dict(fault) for fault in revision.errors]
        return Item(name, Mark.MISSING, revision.fault or "Faults were found.", faults)
    if revision.state is not RevisionState.READY:
        return Item(
            name,
            Mark.WAITING,
            "The scorer is reading solution, sample submission and metric.",
        )
    return Item(
        name,
        Mark.DONE,
        "The scorer has read solution and sample submission: they agree, and the metric "
        "has a value on both parts.",
    )


def _rows(revision: Revision | None) -> list[Item]:
    if revision is None or revision.state is not RevisionState.READY:
        return []
    name, public = "Public and private rows", revision.public_rows
    if revision.part is Part.PUBLIC:
        return [Item(name, Mark.DONE, f"{public:,} public rows.")]
    rows = f"{public:,} public and {revision.private_rows:,} private rows."
    if revision.private_rows == 0:
        return [
            Item(
                name,
                Mark.ADVICE,
                f"{rows} Without private rows the public board is the final one, and "
                "who submits often can fit it.",
            )
        ]
    if public < FEW_PUBLIC_ROWS:
        return [
            Item(
                name,
                Mark.ADVICE,
                f"{rows} So few public rows rank teams by chance for the most part; "
                "expect large moves when the private board is shown.",
            )
        ]
    return [Item(name, Mark.DONE, rows)]


def _timeline(competition: Competition, now: datetime) -> Item:
    name = "Timeline"
    if competition.closes_at <= now:
        return Item(
            name,
            Mark.MISSING,
            "The end has passed. Set timeline.closes to a later day.",
        )
    if competition.opens_at > now:
        return Item(
            name,
            Mark.DONE,
            "It opens later: people can read and join before, and submit from then on.",
        )
    return Item(name, Mark.DONE, "Submissions are taken as soon as it is launched.")


def _pages(competition: Competition) -> list[Item]:
    left = [
        page.title
        for page in competition.pages
        if any(sentence in page.text for sentence in TO_WRITE)
    ]
    if not left:
        return []
    return [
        Item(
            "Pages",
            Mark.MISSING,
            f"Still as the form suggested: {', '.join(left)}. Write what participants "
            "shall read there.",
        )
    ]


def _data(competition: Competition) -> Item:
    name = "Data to download"
    if len(competition.data_files) > 1 or competition.kind is Kind.CODE:
        count = len(competition.data_files)
        return Item(name, Mark.DONE, f"{count} {'file' if count == 1 else 'files'}.")
    return Item(
        name,
        Mark.ADVICE,
        "Participants get the sample submission and nothing to learn from. Add training "
        "data under data, unless it is found elsewhere.",
    )


def _team(competition: Competition) -> list[Item]:
    if competition.submissions_per_day <= 20:
        return []
    return [
        Item(
            "Submissions a day",
            Mark.ADVICE,
            f"{competition.submissions_per_day} submissions a day let teams fit the "
            "public rows. Competitions usually allow 5 or fewer.",
        )
    ]


def _linter(revision: Revision | None, data_sha256: str) -> list[Item]:
    """What the linter found; it never keeps a competition from its launch."""
    if revision is None or revision.state is not RevisionState.READY:
        return []
    found = revision.lint
    if found is None:
        return [Item(LINTER, Mark.ADVICE, "It has not looked at the files yet.")]
    if "trouble" in found:
        return [Item(LINTER, Mark.ADVICE, f"{found['trouble']} Lint again.")]
    counts = found["counts"]
    grave = counts["error"] + counts["warning"]
    said = ", ".join(
        f"{counts[word]} {word}{'s' * (counts[word] != 1)}"
        for word in ("error", "warning", "note")
    )
    sentence = f"{said}: see below."
    if found["left_out"]:
        names = ", ".join(found["left_out"][:3])
        sentence += f" Too large to be looked at here: {names}."
    if found["data_sha256"] != data_sha256:
        grave, sentence = 1, f"{sentence} The data changed since: lint again."
    mark = Mark.ADVICE if grave else Mark.DONE
    return [Item(LINTER, mark, sentence, findings=found["findings"])]
