"""Reads a competition's bundle: a folder with competition.yaml and the files it names.

``read_bundle`` checks all of it (the manifest, every path, solution and sample row by
row) and answers with plain data or with every fault at once. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from podium_scorer.bundle_code import PROGRAM_FORMATS, check_inputs, read_code
from podium_scorer.bundle_content import file_of, read_data, read_pages, slug_of
from podium_scorer.bundle_faults import (
    BundleError,
    BundleFault,
    FaultList,
    nearest,
    quoted,
)
from podium_scorer.bundle_files import BundleFile, Folder
from podium_scorer.bundle_metric import Values, column_params, read_metric, sound_params
from podium_scorer.bundle_section import Section
from podium_scorer.bundle_tables import (
    USAGE_COLUMN,
    SolutionColumns,
    check_sample,
    check_solution,
)
from podium_scorer.bundle_time import Timeline, read_timeline
from podium_scorer.bundle_types import (
    Bundle,
    CodeContract,
    CustomMetric,
    DataFile,
    Licence,
    Page,
    Solution,
    Source,
    SubmissionPolicy,
    TrainStage,
)
from podium_scorer.bundle_yaml import MANIFEST, MANIFEST_BYTES, compose
from podium_scorer.catalogue import Columns, MetricInfo
from podium_scorer.contract import ARRAY_FORMATS, TABLE_FORMATS

__all__ = [
    "FORMATS",
    "MANIFEST",
    "USAGE_COLUMN",
    "Bundle",
    "BundleError",
    "BundleFault",
    "BundleFile",
    "CodeContract",
    "CustomMetric",
    "DataFile",
    "Licence",
    "Page",
    "Solution",
    "Source",
    "SubmissionPolicy",
    "Timeline",
    "TrainStage",
    "read_bundle",
]

FORMATS = (*TABLE_FORMATS, *ARRAY_FORMATS)

_KEYS = (
    "slug",
    "title",
    "subtitle",
    "kind",
    "tags",
    "host",
    "timeline",
    "metric",
    "submission",
    "team",
    "pages",
    "data",
    "solution",
    "sample_submission",
    "licence",
    "source",
    "code",
)
_KINDS, _LATER_KINDS = ("prediction", "code"), ("hackathon",)


def read_bundle(folder: Path) -> Bundle:
    """The bundle in that folder; raises BundleError with every fault there is."""
    faults = FaultList()
    files = Folder(folder, faults)
    bundle = None
    manifest = files.find(MANIFEST, said_in=(MANIFEST, None))
    root = None if manifest is None else _root(manifest, faults)
    if manifest is not None and root is not None:
        top = Section.read(root, where="", line=1, known=_KEYS, faults=faults)
        bundle = _read(top, files, manifest)
    faults.raise_if_any()
    if bundle is None:
        raise RuntimeError("a bundle was neither read nor refused")
    return bundle


def _root(manifest: BundleFile, faults: FaultList) -> yaml.MappingNode | None:
    with manifest.path.open("rb") as stream:
        return compose(stream.read(MANIFEST_BYTES + 1), faults)


def _read(top: Section, folder: Folder, manifest: BundleFile) -> Bundle | None:
    """Read every part before giving up on one, so that all faults are found."""
    slug, kind = slug_of(top, "slug"), _kind(top)
    timeline, metric = read_timeline(top), read_metric(top, folder)
    info, spec = (metric.info, metric.spec) if metric else (None, None)
    custom = metric.custom if metric else None
    policy, max_size = _policy(top, kind), _team_max_size(top)
    pages, data = read_pages(top, folder), read_data(top, folder)
    sample = file_of(top, "sample_submission", folder)
    values = Values(
        info,
        params=sound_params(info, spec.params) if info and spec else {},
        further=column_params(info, spec.params) if info and spec else (),
        custom=custom is not None,
    )
    solution, predictions = _tables(top, folder, sample, values)
    _keep_secret(top, solution, sample, data)
    code = _code(top, folder, kind, solution)
    licence, source = _licence(top), _source(top)
    title = top.text("title", "the competition's name.", most=120)
    subtitle = top.text("subtitle", "one sentence that says the task.", most=300)
    tags = top.words("tags", "a list of words, like [tabular, beginner].")
    host = top.text("host", "who holds the competition, as text to show.", most=120)
    if (
        timeline is None
        or spec is None
        or policy is None
        or solution is None
        or sample is None
        or licence is None
        or source is None
    ):
        return None
    return Bundle(
        root=folder.root,
        manifest=manifest,
        slug=slug,
        title=title,
        subtitle=subtitle,
        kind=kind,
        tags=tags,
        host=host,
        timeline=timeline,
        metric=spec,
        submission=policy,
        team_max_size=max_size,
        pages=pages,
        data=data,
        solution=solution,
        sample_submission=sample,
        prediction_columns=predictions,
        licence=licence,
        source=source,
        custom_metric=custom,
        code=code,
    )


def _code(
    top: Section, folder: Folder, kind: str, solution: Solution | None
) -> CodeContract | None:
    if kind != "code":
        if top.has("code"):
            top.fault("code", f"A {kind} competition runs no programs.", "kind: code.")
        return None
    code = read_code(top, folder)
    if code is not None and solution is not None:
        check_inputs(
            top, code, solution.file, solution.id_column, solution.target_columns
        )
    return code


def _kind(top: Section) -> str:
    expected = "prediction, where participants send files of predictions, or code."
    kind = top.text("kind", expected)
    if kind in _LATER_KINDS:
        top.fault(
            "kind", f"This Podium does not run {kind} competitions yet.", expected
        )
    elif kind and kind not in _KINDS:
        hint = nearest(kind, [*_KINDS, *_LATER_KINDS])
        top.fault("kind", f"There is no kind {quoted(kind)}.{hint}", expected)
    return kind


def _policy(top: Section, kind: str) -> SubmissionPolicy | None:
    keys = ("per_day", "total", "max_bytes", "formats", "final_selection", "late")
    section = top.section("submission", f"a section with {_and(keys)}.", known=keys)
    if section is None:
        return None
    most = 10_000
    per_day = section.number(
        "per_day",
        f"submissions a team may send a day, 1 to {most}.",
        least=1,
        most=most,
    )
    total = None
    if section.has("total"):
        expected = "submissions a team may send in all, or leave the key out."
        total = section.number("total", expected, least=1, most=1_000_000)
        if total < per_day:
            section.fault("total", "total is smaller than per_day.", expected)
    final = section.number(
        "final_selection",
        "submissions a team chooses for the private board, 1 to 10, or 0 where all count.",
        least=0,
        most=10,
    )
    max_bytes = section.number(
        "max_bytes", "the largest file in bytes, like 20000000.", least=1, most=10**12
    )
    choice = PROGRAM_FORMATS if kind == "code" else FORMATS
    formats: tuple[str, ...] = PROGRAM_FORMATS if kind == "code" else TABLE_FORMATS
    if section.has("formats"):
        expected = f"a list of {_and(choice)}."
        formats = section.words("formats", expected, choice=frozenset(choice))
    return SubmissionPolicy(
        per_day=per_day,
        total=total,
        max_bytes=max_bytes,
        formats=formats,
        final_selection=final,
        late=_late(section, kind),
    )


def _late(section: Section, kind: str) -> bool:
    """Whether submissions are taken after the end: by default where they are predictions."""
    late = section.flag("late", default=kind != "code")
    if late and kind == "code":
        section.fault(
            "late",
            "Programs can't be sent after the end.",
            "false in a code competition, or leave the key out.",
        )
    return late


def _team_max_size(top: Section) -> int:
    section = top.section("team", "a section with max_size.", known=("max_size",))
    if section is None:
        return 1
    return section.number("max_size", "members a team may have.", least=1, most=100)


def _tables(
    top: Section, folder: Folder, sample: BundleFile | None, values: Values
) -> tuple[Solution | None, tuple[str, ...]]:
    """Solution and the sample's prediction columns, both read row by row."""
    keys = ("file", "id_column", "target_columns")
    section = top.section("solution", f"a section with {_and(keys)}.", known=keys)
    if section is None:
        return None, ()
    file = file_of(section, "file", folder)
    columns = _columns(section, values.info)
    if columns is None:
        return None, ()
    facts = check_solution(file, columns, values, top.faults) if file else None
    predictions: tuple[str, ...] = ()
    if sample is not None:
        predictions = check_sample(sample, columns, facts, values, top.faults)
    if file is None or facts is None:
        return None, predictions
    solution = Solution(
        file=file,
        id_column=columns.id_column,
        target_columns=columns.target_columns,
        usage=facts.usage,
    )
    return solution, predictions


def _columns(section: Section, metric: MetricInfo | None) -> SolutionColumns | None:
    id_column = section.text("id_column", "the name of the id's column.")
    targets = section.words("target_columns", "a list of column names.")
    if not id_column or not targets:
        return None
    if {id_column, USAGE_COLUMN} & {*targets} or id_column == USAGE_COLUMN:
        section.fault(
            "target_columns",
            f"Id, target and {USAGE_COLUMN} are not three different columns.",
            "the columns that hold what is to be predicted.",
        )
        return None
    one = metric is not None and metric.columns in {Columns.ONE, Columns.SEVERAL}
    if metric is not None and one and len(targets) > 1:
        section.fault(
            "target_columns",
            f"There are {len(targets)} targets, and {metric.name} compares one.",
            "one column.",
        )
    return SolutionColumns(id_column=id_column, target_columns=targets)


def _keep_secret(
    top: Section,
    solution: Solution | None,
    sample: BundleFile | None,
    data: tuple[DataFile, ...],
) -> None:
    """Refuse to publish the solution, under its own or another name."""
    if sample is not None and sample.sha256 not in {one.file.sha256 for one in data}:
        top.fault(
            "sample_submission",
            "Participants can't download the sample submission.",
            "it among the files of data.",
        )
    if solution is None:
        return
    published = [("data", one.file) for one in data]
    published += [("sample_submission", sample)] if sample else []
    for key, file in published:
        same_path = file.path.resolve() == solution.file.path.resolve()
        if same_path or file.sha256 == solution.file.sha256:
            top.fault(
                key,
                f"The file {quoted(file.file, 120)} is the solution, and everybody could "
                "download it.",
                "files without the answers.",
            )


def _licence(top: Section) -> Licence | None:
    section = top.section(
        "licence",
        "a section with name and url.",
        known=("name", "url"),
    )
    if section is None:
        return None
    name = section.text("name", "what the data may be used under.")
    return Licence(name=name, url=_url(section, "url"))


def _source(top: Section) -> Source | None:
    keys = ("name", "url", "citation")
    section = top.section("source", f"a section with {_and(keys)}.", known=keys)
    if section is None:
        return None
    return Source(
        name=section.text("name", "what the data set is called where it comes from."),
        url=_url(section, "url"),
        citation=section.text("citation", "how to cite it, on one line.", most=2000),
    )


def _url(section: Section, key: str) -> str:
    expected = "an address like https://example.org/data."
    text = section.text(key, expected, most=500)
    if not text:
        return text
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits or " " in text:
        section.fault(key, f"{section.path(key)} is {quoted(text, 80)}.", expected)
    return text


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}"
