"""A bundle made of a form's answers, and the split that it draws."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from podium.hosting import starter
from podium.hosting.manifest import with_data, without_data
from podium_scorer.bundle import read_bundle

ANSWERS = starter.Answers(
    title="Étoiles: which shine?",
    slug="etoiles",
    subtitle="Say which # stars shine.",
    host="The: Observatory",
    tags=["astronomy"],
    metric="accuracy",
    params={},
    id_column="",
    target_columns=[],
    split=starter.GIVEN,
    public_share=30,
    seed=1,
    time_zone="Europe/Berlin",
    opens="2026-01-01",
    closes="2099-12-31 18:00",
    per_day=5,
    team_max_size=4,
    max_bytes=1_000_000,
    description="- Look *up*.",
    evaluation="Accuracy.",
    data_page="Two files.",
    rules="Be fair.",
    licence_name="CC0",
    licence_url="https://example.org/cc0",
    source_name="Ours",
    source_url="https://example.org/",
    citation="Nobody: 2026.",
    data=["train.csv"],
)


def fill(folder: Path, *, usage: bool = True, rows: int = 100) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "data/train.csv").write_text("id,x,y\n1,1,a\n")
    tail = [",Public" if n % 3 else ",Private" for n in range(rows)]
    solution = [
        f"{n},{'ab'[n % 4 == 0]}{tail[n] if usage else ''}" for n in range(rows)
    ]
    head = "id,y,Usage" if usage else "id,y"
    (folder / "solution.csv").write_text("\n".join([head, *solution, ""]))
    sample = [f"{n},a" for n in range(rows)]
    (folder / "sample_submission.csv").write_text("\n".join(["id,y", *sample, ""]))
    return folder


def usages(folder: Path) -> Counter[tuple[str, str]]:
    with (folder / "solution.csv").open(newline="") as stream:
        return Counter((row["y"], row["Usage"]) for row in csv.DictReader(stream))


def test_the_bundle_is_what_was_answered(tmp_path: Path) -> None:
    starter.write(fill(tmp_path), ANSWERS)
    bundle = read_bundle(tmp_path)
    assert (bundle.slug, bundle.title) == ("etoiles", ANSWERS.title)
    assert (bundle.host, bundle.subtitle) == (ANSWERS.host, ANSWERS.subtitle)
    assert bundle.metric.name == "accuracy"
    assert bundle.solution.target_columns == ("y",)
    assert bundle.timeline.closes.isoformat() == "2099-12-31T17:00:00+00:00"
    texts = {page.name: page.text for page in bundle.pages}
    assert texts["description"] == "- Look *up*.\n"
    assert [each.file.file for each in bundle.data] == [
        "data/train.csv",
        "sample_submission.csv",
    ]


def test_a_drawn_split_has_the_share_and_is_the_same_for_a_seed(tmp_path: Path) -> None:
    drawn = []
    for number, seed in enumerate((1, 1, 2)):
        folder = fill(tmp_path / str(number), usage=False)
        starter.write(folder, replace(ANSWERS, split=starter.RANDOM, seed=seed))
        assert read_bundle(folder).solution.usage == {"Public": 30, "Private": 70}
        drawn.append((folder / "solution.csv").read_text())
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_stratified_split_has_the_share_in_each_class(tmp_path: Path) -> None:
    folder = fill(tmp_path, usage=False)  # 25 b, 75 a
    answers = replace(ANSWERS, split=starter.STRATIFIED, public_share=40)
    starter.write(folder, answers)
    assert usages(folder) == {
        ("a", "Public"): 30,
        ("a", "Private"): 45,
        ("b", "Public"): 10,
        ("b", "Private"): 15,
    }


def test_rounding_in_small_classes_does_not_add_up(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    lines = [f"{n},c{n // 2}" for n in range(100)]  # 50 classes of 2 rows
    (tmp_path / "solution.csv").write_text("\n".join(["id,y", *lines, ""]))
    sample = "\n".join(["id,y", *(f"{n},c0" for n in range(100)), ""])
    (tmp_path / "sample_submission.csv").write_text(sample)
    answers = replace(ANSWERS, split=starter.STRATIFIED, public_share=30, data=[])
    starter.write(tmp_path, answers)
    assert read_bundle(tmp_path).solution.usage == {"Public": 30, "Private": 70}


def test_a_linked_solution_is_not_written_to(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", usage=False)
    kept = tmp_path / "kept"
    kept.hardlink_to(folder / "solution.csv")
    before = kept.read_bytes()
    starter.write(folder, replace(ANSWERS, split=starter.RANDOM))
    assert kept.read_bytes() == before
    assert (folder / "solution.csv").read_bytes() != before


def test_a_split_that_is_there_is_not_drawn_over(tmp_path: Path) -> None:
    folder = fill(tmp_path)
    before = (folder / "solution.csv").read_bytes()
    faults = starter.write(folder, replace(ANSWERS, split=starter.RANDOM))
    assert "Usage already" in faults["split"]
    assert (folder / "solution.csv").read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"id\n1\n", b"\xff\xfe", b"\0\0", b"id,y\n1,\xff\n", b"id;y\n1;2\n"],
)
@pytest.mark.parametrize(
    ("name", "field"), [("solution", "solution"), ("sample_submission", "sample")]
)
@pytest.mark.parametrize("split", starter.SPLITS)
def test_a_file_that_is_no_table_is_told_beside_its_field(
    tmp_path: Path, content: bytes, name: str, field: str, split: str
) -> None:
    folder = fill(tmp_path, usage=split == starter.GIVEN)
    (folder / f"{name}.csv").write_bytes(content)
    faults = starter.write(folder, replace(ANSWERS, split=split))
    assert list(faults) == [field]
    assert "a CSV in UTF-8" in faults[field]


@pytest.mark.parametrize("rows", [b'1,a\n2,"b\n', b"1,a\n" * 99_999 + b"2,\xff\n"])
def test_a_solution_that_breaks_off_is_not_drawn_from(
    tmp_path: Path, rows: bytes
) -> None:
    folder = fill(tmp_path, usage=False)
    (folder / "solution.csv").write_bytes(b"id,y\n" + rows)
    faults = starter.write(folder, replace(ANSWERS, split=starter.RANDOM))
    assert "can't be read from line" in faults["solution"]
    assert (folder / "solution.csv").read_bytes() == b"id,y\n" + rows


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Étoiles: which shine?", "etoiles-which-shine"),
        ("  Ünïcode -- 2026 ", "unicode-2026"),
        ("星", ""),
        ("a" * 80, "a" * 50),
    ],
)
def test_an_address_is_made_of_a_title(title: str, slug: str) -> None:
    assert starter.slug_from(title) == slug


def test_a_manifest_keeps_its_comments_when_a_file_is_added() -> None:
    text = "slug: x  # stays\n# and this\ndata:\n  - {file: a.csv, description: A}\n"
    longer = with_data(text, "data/b.csv", "B: with 3 # signs")
    assert "slug: x  # stays\n# and this\n" in longer
    assert 'description: "B: with 3 # signs"' in longer or "'B: with 3" in longer
    assert without_data(longer, "data/b.csv") == text
