"""A bundle is read whole, or refused with every fault, its file and its line."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from podium_scorer.bundle import Bundle, read_bundle
from tests.scorer.bundle_parts import FILES, MANIFEST, Write, faults_of, write_bundle


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the sound bundle with some files changed; its folder."""
    return partial(write_bundle, tmp_path)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_sound_bundle_is_read(write: Write) -> None:
    bundle = read_bundle(write({}))

    assert isinstance(bundle, Bundle)
    assert (bundle.slug, bundle.title, bundle.kind) == ("pears", "Pears", "prediction")
    assert bundle.tags == ("fruit", "beginner")
    assert (bundle.metric.name, dict(bundle.metric.params)) == ("roc_auc", {})
    assert bundle.submission.total is None
    assert bundle.submission.formats == ("csv", "csv.gz", "zip", "parquet")
    assert bundle.submission.late
    assert bundle.submission.max_bytes == 1_000_000
    assert [page.text for page in bundle.pages] == ["Pears.\n", "Be fair.\n", "Rows.\n"]
    assert [data.file.name for data in bundle.data] == ["train.csv", "sample.csv"]
    assert bundle.solution.usage == {"Public": 2, "Private": 1, "Ignored": 1}
    assert bundle.prediction_columns == ("ripe",)


def test_local_dates_become_utc_and_whole_days(write: Write) -> None:
    timeline = read_bundle(write({})).timeline

    assert timeline.opens == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert timeline.entry_deadline == datetime(2026, 7, 20, 10, tzinfo=UTC)
    assert timeline.closes == datetime(2026, 7, 31, 21, 59, 59, tzinfo=UTC)
    assert timeline.merger_deadline is None


def test_a_metric_is_found_by_another_name_and_numbers_are_numbers(
    write: Write,
) -> None:
    manifest = MANIFEST.replace(
        "  name: roc_auc\n", "  name: Log-Loss\n  params: {clip: 1e-7}\n"
    )
    metric = read_bundle(write({"competition.yaml": manifest})).metric

    assert metric.name == "log_loss"
    assert dict(metric.params) == {"clip": 1e-7}


@pytest.mark.parametrize(
    "changed",
    [
        {"solution.csv": FILES["solution.csv"].replace("c,1", "c,0")},
        {"data/sample.csv": FILES["data/sample.csv"].replace("0.5", "0.4")},
        {"competition.yaml": MANIFEST.replace("roc_auc", "brier")},
    ],
)
def test_solution_sample_and_metric_are_what_judges(
    write: Write, changed: dict[str, str]
) -> None:
    before = read_bundle(write({})).judges_sha256

    assert read_bundle(write(changed)).judges_sha256 != before


@pytest.mark.parametrize(
    "changed",
    [
        {"competition.yaml": MANIFEST.replace("roc_auc", "AUC")},
        {"competition.yaml": MANIFEST.replace("Pears", "Apples")},
        {"data/train.csv": "id,weight,ripe\n9,1.7,0\n"},
    ],
)
def test_nothing_else_is_what_judges(write: Write, changed: dict[str, str]) -> None:
    before = read_bundle(write({})).judges_sha256

    assert read_bundle(write(changed)).judges_sha256 == before


def test_target_columns_and_parameters_belong_to_what_judges(write: Write) -> None:
    bundle = read_bundle(write({}))
    renamed = replace(bundle.solution, target_columns=("other",))
    tuned = replace(bundle.metric, params={"positive_label": "1"})

    assert replace(bundle, solution=renamed).judges_sha256 != bundle.judges_sha256
    assert replace(bundle, metric=tuned).judges_sha256 != bundle.judges_sha256


# old text -> new text in competition.yaml, what the fault stands at, what it says
MANIFEST_FAULTS = [
    ("slug: pears", "slug: Pears!", "slug", "slug is “Pears!”"),
    ("slug: pears", "slug: 2048", "slug", "slug is a number, not a text"),
    ("slug: pears", "slug: pears--2", "slug", "slug is “pears--2”"),
    ("title: Pears", "title: No", "title", "title is a yes or no, not a text"),
    ("title: Pears", "title:", "title", "There is no title"),
    ("title: Pears", 'title: "  "', "title", "title is empty"),
    ("title: Pears", f"title: {'x' * 121}", "title", "121 characters, more than 120"),
    ("title: Pears", 'title: "two\\nlines"', "title", "line break"),
    ("title: Pears", "tittle: Pears", "tittle", "Did you mean “title”?"),
    ("kind: prediction", "kind: hackathon", "kind", "does not run hackathon"),
    ("kind: prediction", "kind: predicton", "kind", "Did you mean “prediction”?"),
    ("[fruit, beginner]", "fruit", "tags", "tags is a text, not a list"),
    ("[fruit, beginner]", "[]", "tags", "tags is empty"),
    ("[fruit, beginner]", "[a, a]", "tags", "names “a” twice"),
    ("Europe/Berlin", "Europe/Berlni", "  time_zone", "mean “Europe/Berlin”?"),
    ("Europe/Berlin", "Europe", "  time_zone", "There is no time zone"),
    ("opens: 2026-07-01", "opens: 1.7.2026", "  opens", "opens is “1.7.2026”"),
    ("opens: 2026-07-01", "opens: 2026-02-30", "  opens", "is no date"),
    ("opens: 2026-07-01", "opens: 2026-07-01T00:00:00Z", "  opens", "in time_zone"),
    ("opens: 2026-07-01", "opens: 2026-03-29 02:30", "  opens", "does not exist"),
    ("closes: 2026-07-31", "closes: 2026-06-01", "  closes", "before it opens"),
    ("2026-07-20 12:00", "2026-09-01", "  entry_deadline", "not within"),
    ("roc_auc", "roc_acu", "  name: roc_acu", "Did you mean “roc_auc”?"),
    ("roc_auc\n", "roc_auc\n  params: {k: 1}\n", "  params", "no parameter 'k'"),
    ("roc_auc\n", "roc_auc\n  params: {k: .inf}\n", "  params", "not taken"),
    ("per_day: 5", "per_day: 0", "  per_day", "not between 1 and 10000"),
    ("per_day: 5", "per_day: five", "  per_day", "not a whole number"),
    ("per_day: 5", "per_day: 1:30", "  per_day", "not a whole number"),
    ("per_day: 5", "per_day: 5\n  total: 3", "  total", "smaller than per_day"),
    ("max_bytes: 1_000_000", "max_bytes: 1e9", "  max_bytes", "not a whole number"),
    ("per_day: 5", "per_day: 5\n  per_day: 6", "  per_day: 6", "stands twice"),
    ("per_day: 5", "per_day: 5\n  late: maybe", "  late", "true or false"),
    ("per_day: 5", "per_day: 5\n  formats: [npx]", "  formats", "npz"),
    ("per_day: 5", "per_day: 5\n  formats: [xls]", "  formats", "“xls”, which is"),
    ("  max_size: 3", "  size: 3", "  size", "“team.size” is unknown"),
    ("name: rules", "name: data", "  - {name: data, title: Data,", "two pages"),
    ("pages/rules.md", "pages/none.md", "  - {name: rules", "leads to no file"),
    ("pages/rules.md", "../rules.md", "  - {name: rules", "leads upwards"),
    ("pages/rules.md", "/etc/passwd", "  - {name: rules", "is not relative"),
    ("pages/rules.md", "pages", "  - {name: rules", "is not a file"),
    ("pages/rules.md", "./pages/rules.md", "  - {name: rules", "not written plainly"),
    ("pages/rules.md", "data/train.csv", "  - {name: rules", "is no .md file"),
    ("data/train.csv", "solution.csv", "data:", "“solution.csv” is the solution"),
    ("[ripe]", "[ripe, id]", "  target_columns", "not three different columns"),
    ("[ripe]", "[ripe, weight]", "  target_columns", "roc_auc compares one"),
    ("https://example.org/cc0", "example.org", "licence", "licence.url is"),
    ("host: The orchard", "host: {a: b}", "host", "section with keys, not a text"),
    ("host: The orchard", "? [a]\n: b\nhost: X", "? [a]", "A key of the file is a"),
    ("host: The orchard", "host: !!set {a}", "host", "host is of the unknown type"),
]


@pytest.mark.parametrize(("old", "new", "place", "said"), MANIFEST_FAULTS)
def test_a_fault_of_the_manifest_is_said_where_it_stands(
    write: Write, old: str, new: str, place: str, said: str
) -> None:
    assert old in MANIFEST
    manifest = MANIFEST.replace(old, new, 1)
    faults = faults_of(write({"competition.yaml": manifest}))
    line = line_of("\n" + manifest, "\n" + place)

    assert any(
        fault.file == "competition.yaml" and fault.line == line and said in str(fault)
        for fault in faults
    ), "\n".join(map(str, faults))
    assert all(fault.expected for fault in faults)


def test_all_faults_are_said_at_once(write: Write) -> None:
    manifest = MANIFEST.replace("roc_auc", "roc").replace("slug: pears", "slug: P")
    manifest = manifest.replace("pages/rules.md", "nowhere.md") + "extra: 1\n"
    faults = faults_of(
        write(
            {
                "competition.yaml": manifest.replace(
                    "opens: 2026-07-01", "opens: soon"
                ),
                "solution.csv": "id,ripe,Usage\na,1,Public\na,0,Public\n",
                "data/sample.csv": "id,ripe\na,\n",
            }
        )
    )

    assert [(fault.file, fault.line) for fault in faults] == [
        ("competition.yaml", 1),
        ("competition.yaml", 9),
        ("competition.yaml", 13),
        ("competition.yaml", 22),
        ("competition.yaml", 34),
        ("data/sample.csv", 2),
        ("solution.csv", 3),
    ]


@pytest.mark.parametrize(
    ("manifest", "line", "said"),
    [
        ("", 1, "holds no keys"),
        ("- a\n", 1, "is no mapping"),
        ("slug: [\n", 2, "can't be read"),
        ("slug: a\n\tb: 1\n", 2, "can't be read"),
        ("slug: &x a\ntitle: *x\n", 2, "refers to an anchor"),
        ("slug: a\n---\nslug: b\n", 2, "can't be read"),
        ("slug: a\ntitle: \x00\n", 2, "not text"),
        ("slug: \udcff\n", 1, "not text"),
        ("slug:\n  " + "[" * 200_000, 2, "nested too deeply"),
        ("a" * 300_000, None, "more than 262144 bytes"),
    ],
)
def test_a_manifest_that_is_no_yaml_is_refused(
    write: Write, manifest: str, line: int | None, said: str
) -> None:
    (fault,) = faults_of(write({"competition.yaml": manifest}))

    assert (fault.file, fault.line) == ("competition.yaml", line)
    assert said in fault.problem


def test_an_empty_manifest_lacks_every_key(write: Write) -> None:
    faults = faults_of(write({"competition.yaml": "slug: pears\n"}))

    assert len(faults) == 15
    assert all("There is no " in fault.problem for fault in faults)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path)

    assert fault.problem == "The path “competition.yaml” leads to no file."


def test_no_link_leads_out_of_the_bundle(write: Write, tmp_path: Path) -> None:
    secret = tmp_path.parent / "secret.md"
    secret.write_text("secret")
    folder = write({})
    (folder / "pages/rules.md").unlink()
    (folder / "pages/rules.md").symlink_to(secret)
    (fault,) = faults_of(folder)

    assert "leads out of the bundle through a symbolic link" in fault.problem
    assert "secret" not in fault.problem


def test_the_solution_is_not_published_under_another_name(write: Write) -> None:
    solution = FILES["solution.csv"]
    faults = faults_of(write({"data/train.csv": solution}))

    assert [fault.problem for fault in faults] == [
        "The file “data/train.csv” is the solution, and everybody could download it."
    ]


def test_the_solution_is_not_published_through_a_link(write: Write) -> None:
    folder = write({})
    (folder / "data/train.csv").unlink()
    os.link(folder / "solution.csv", folder / "data/train.csv")

    assert "is the solution" in str(faults_of(folder)[0])


def test_two_data_files_do_not_share_a_name(write: Write) -> None:
    manifest = MANIFEST.replace(
        "data/train.csv, description: to learn from}",
        "data/train.csv, description: to learn from}\n"
        "  - {file: more/Train.csv, description: more}",
    )
    faults = faults_of(
        write({"competition.yaml": manifest, "more/Train.csv": "id\n1\n"})
    )

    assert [fault.problem for fault in faults] == [
        "Two data files are called “Train.csv”."
    ]


def test_the_sample_is_among_the_files_to_download(write: Write) -> None:
    manifest = MANIFEST.replace(
        "  - {file: data/sample.csv, description: the form}\n", ""
    )
    (fault,) = faults_of(write({"competition.yaml": manifest}))

    assert fault.problem == "Participants can't download the sample submission."


@pytest.mark.parametrize(
    ("text", "said"),
    [("  \n", "is empty"), ("\udcff", "is not UTF-8"), ("x" * 300_000, "300000 bytes")],
)
def test_a_page_is_a_text_of_some_length(write: Write, text: str, said: str) -> None:
    (fault,) = faults_of(write({"pages/rules.md": text}))

    assert said in fault.problem
