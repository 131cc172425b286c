"""A bundle from what an organizer answers in a form: the first draft of a competition."""

from __future__ import annotations

import csv
import io
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from podium_scorer.bundle import MANIFEST, USAGE_COLUMN

GIVEN, RANDOM, STRATIFIED = "given", "random", "stratified"
SPLITS = (GIVEN, RANDOM, STRATIFIED)
SLUG_CHARS = 50
# What the form's pages hold until somebody writes them; DESCRIPTION and RULES are sound as
# they are but for the first paragraph.
TASK = "Say in one paragraph what is to be predicted, and what for."
DESCRIPTION = f"""## The task

{TASK}

## How to take part

1. Download the data.
2. Train a model on `train.csv`, predict the rows of `test.csv`.
3. Write a file like `sample_submission.csv` and submit it.
"""
EVALUATION = "Say what the metric measures and why it fits the task."
DATA_PAGE = "Say where the data comes from, and what each file and column holds."
RULES = """- One account per person.
- Teams share code and data inside the team only.
- External data is allowed if everybody can get it.
- The organizer may disqualify who breaks these rules.
"""
_NO_TABLE = (
    "This must be a CSV in UTF-8 with a header and at least two columns: an id, and what "
    "is to be predicted."
)
_ANY = ["id", "value"]  # stands for a header that can't be read
TO_WRITE = (TASK, EVALUATION, DATA_PAGE)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the form holds. Times are local, in ``time_zone``, as a bundle writes them;
    ``public_share`` is in percent of the rows."""

    title: str
    slug: str
    subtitle: str
    host: str
    tags: Sequence[str]
    metric: str
    params: Mapping[str, Any]
    id_column: str
    target_columns: Sequence[str]
    split: str
    public_share: int
    seed: int
    time_zone: str
    opens: str
    closes: str
    per_day: int
    team_max_size: int
    max_bytes: int
    description: str
    evaluation: str
    data_page: str
    rules: str
    licence_name: str
    licence_url: str
    source_name: str
    source_url: str
    citation: str
    data: Sequence[str] = field(default_factory=tuple)  # names of files in data/


def slug_from(title: str) -> str:
    """An address made of a title: small letters, digits, single hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return words[:SLUG_CHARS].strip("-")


def write(folder: Path, answers: Answers) -> dict[str, str]:
    """Add manifest and pages to a folder that has solution.csv, sample_submission.csv and
    the files of data/; draw the split where the form says so. What hinders that is
    returned, by field; other faults are for the bundle's reader to find."""
    faults: dict[str, str] = {}
    solution = folder / "solution.csv"
    header = _header(solution)
    sample = _header(folder / "sample_submission.csv")
    for name, columns in (("solution", header), ("sample", sample)):
        if len(columns) < 2:
            faults[name] = _NO_TABLE
    if "solution" in faults:
        header = _ANY
    id_column = answers.id_column or header[0]
    targets = list(answers.target_columns) or _targets(header, sample, id_column)
    if answers.split != GIVEN and "solution" not in faults:
        faults |= _draw(solution, answers, targets)
    pages = {
        "description": ("Description", answers.description),
        "evaluation": ("Evaluation", answers.evaluation),
        "data": ("Data", answers.data_page),
        "rules": ("Rules", answers.rules),
    }
    (folder / "pages").mkdir(exist_ok=True)
    for name, (_, text) in pages.items():
        (folder / "pages" / f"{name}.md").write_text(text.strip() + "\n", "utf-8")
    manifest = {
        "slug": answers.slug,
        "title": answers.title,
        "subtitle": answers.subtitle,
        "kind": "prediction",
        "tags": list(answers.tags),
        "host": answers.host,
        "timeline": {
            "time_zone": answers.time_zone,
            "opens": answers.opens,
            "closes": answers.closes,
        },
        "metric": _metric(answers),
        "submission": {
            "per_day": answers.per_day,
            "max_bytes": answers.max_bytes,
            "final_selection": 2,
        },
        "team": {"max_size": answers.team_max_size},
        "pages": [
            {"name": name, "title": title, "file": f"pages/{name}.md"}
            for name, (title, _) in pages.items()
        ],
        "data": [
            *({"file": f"data/{name}", "description": name} for name in answers.data),
            {
                "file": "sample_submission.csv",
                "description": "The form of a submission",
            },
        ],
        "solution": {
            "file": "solution.csv",
            "id_column": id_column,
            "target_columns": targets,
        },
        "sample_submission": "sample_submission.csv",
        "licence": {"name": answers.licence_name, "url": answers.licence_url},
        "source": {
            "name": answers.source_name,
            "url": answers.source_url,
            "citation": answers.citation,
        },
    }
    text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=88)
    (folder / MANIFEST).write_text(text, "utf-8")
    return faults


def _metric(answers: Answers) -> dict[str, Any]:
    metric: dict[str, Any] = {"name": answers.metric}
    if answers.params:
        metric["params"] = dict(answers.params)
    return metric


def _header(path: Path) -> list[str]:
    """The names of a CSV's columns; none for what can't be read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return next(csv.reader(stream), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _targets(header: list[str], sample: list[str], id_column: str) -> list[str]:
    """The solution's columns that the sample has, too; else all that are left."""
    left = [name for name in header if name not in {id_column, USAGE_COLUMN}]
    both = [name for name in left if name in sample]
    return both or left


def _draw(path: Path, answers: Answers, targets: list[str]) -> dict[str, str]:
    """Give the solution a column Usage: so many rows public, drawn with the seed. What
    hinders that is returned, by field, and the file stays as it is."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            rows = [row for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        return {
            "solution": f"The solution can't be read from line {reader.line_num} on: {error}."
        }
    header, rows = rows[0], rows[1:]
    if USAGE_COLUMN in header:
        return {
            "split": f"The solution has a column {USAGE_COLUMN} already. Choose “as the "
            "solution's column Usage says”, or take the column out."
        }
    places = [header.index(name) for name in targets if name in header]
    strata: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        whole = answers.split == STRATIFIED and len(row) == len(header)
        strata[tuple(row[place] for place in places) if whole else ()].append(number)
    public = _drawn(strata, answers.public_share / 100, random.Random(answers.seed))  # noqa: S311
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*header, USAGE_COLUMN])
    for number, row in enumerate(rows):
        writer.writerow([*row, "Public" if number in public else "Private"])
    path.unlink()  # it may be a link to a stored file
    path.write_text(text.getvalue(), "utf-8")
    return {}


def _drawn(
    strata: Mapping[tuple[str, ...], list[int]], share: float, rng: random.Random
) -> set[int]:
    """So many of each stratum's rows that the share is right in it and over all: what
    rounding leaves is carried into the next."""
    public: set[int] = set()
    seen = 0
    for name in sorted(strata):
        rows = strata[name]
        seen += len(rows)
        wanted = round(seen * share) - len(public)
        public.update(rng.sample(rows, min(max(wanted, 0), len(rows))))
    return public
