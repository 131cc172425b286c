"""The linter finds each planted fault, and does not find it in the bundle without."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from podium_scorer.lint import lint_folder
from podium_scorer.lint_findings import CHECKS, Severity
from tests.scorer.bundle_parts import write_bundle
from tests.scorer.lint_parts import ROWS, Change, Pears, codes, lint, table

ALWAYS = {"sample-score", "baseline-constant", "baseline-random", "noise-floor"}
EITHER = {"shake-up", "public-too-small"}  # they depend on the size alone


def answers_as_sample(pears: Pears) -> None:
    pears.sample = pears.ripe


def sorted_ids(pears: Pears) -> None:
    pears.ids = [f"p{each}" for each in range(ROWS)]


def float_ids(pears: Pears) -> None:
    pears.ids = [f"{each[1:]}.0" for each in pears.ids]


def repeated_ids(pears: Pears) -> None:
    pears.train_ids[7] = pears.train_ids[9]


def sorted_labels(pears: Pears) -> None:
    pears.ripe = np.sort(pears.ripe)


def labels_in_runs(pears: Pears) -> None:
    pears.ripe = np.repeat([*"01" * (ROWS // 20)], 10)


def telling_ids(pears: Pears) -> None:
    number = np.arange(ROWS) + 1000 * (pears.ripe == "1")
    pears.ids = [f"p{each}" for each in number]


def public_first(pears: Pears) -> None:
    pears.usage = np.sort(pears.usage)[::-1]


def only_public(pears: Pears) -> None:
    pears.usage = np.full(ROWS, "Public")


def copied_rows(pears: Pears) -> None:
    pears.features[:12] = pears.trained[40:52]


def nearly_copied_rows(pears: Pears) -> None:
    pears.features[:12] = pears.trained[40:52] + 1e-4


def target_in_test(pears: Pears) -> None:
    pears.extra_test = ("colour", np.where(pears.ripe == "1", "red", "green"))


def score_in_test(pears: Pears) -> None:
    pears.extra_test = ("sugar", (pears.ripe == "1") + np.linspace(0, 0.5, ROWS))


def telling_column(pears: Pears) -> None:
    sweet = (pears.train_ripe == "1") + np.linspace(0, 0.5, ROWS)
    pears.extra_train = ("sugar", sweet)


def unseen_class(pears: Pears) -> None:
    pears.train_ripe = np.full(ROWS, "1")


def named_like_a_solution(pears: Pears) -> None:
    pears.more["data/test_labels.csv"] = "id,note\n1,2\n"


def solution_in_archive(pears: Pears) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        text = table("id,ripe,Usage", pears.ids, pears.ripe, pears.usage)
        archive.writestr("notes.csv", text)
    pears.more["data/images.zip"] = held.getvalue()


def parts_that_differ(pears: Pears) -> None:
    random = np.random.default_rng(3)
    share = np.where(pears.usage == "Public", 0.95, 0.3)
    pears.ripe = (random.random(ROWS) < share).astype(int).astype(str)


PLANTED: tuple[tuple[str, Change, str], ...] = (
    ("sample-too-good", answers_as_sample, "roc_auc"),
    ("id-sorted", sorted_ids, "roc_auc"),
    ("id-float", float_ids, "roc_auc"),
    ("id-duplicate", repeated_ids, "roc_auc"),
    ("label-order", sorted_labels, "roc_auc"),
    ("label-order", labels_in_runs, "roc_auc"),
    ("id-label", telling_ids, "roc_auc"),
    ("split-order", public_first, "roc_auc"),
    ("no-private", only_public, "roc_auc"),
    ("train-test-duplicates", copied_rows, "roc_auc"),
    ("train-test-near-duplicates", nearly_copied_rows, "roc_auc"),
    ("test-has-target", target_in_test, "roc_auc"),
    ("test-has-target", score_in_test, "roc_auc"),
    ("column-leak", telling_column, "roc_auc"),
    ("class-missing-train", unseen_class, "roc_auc"),
    ("names-solution", named_like_a_solution, "roc_auc"),
    ("file-is-solution", solution_in_archive, "roc_auc"),
    ("parts-differ", parts_that_differ, "log_loss"),
)


@pytest.mark.parametrize(("code", "change", "metric"), PLANTED)
def test_a_planted_fault_is_found_with_evidence_and_advice(
    tmp_path: Path, code: str, change: Change, metric: str
) -> None:
    found = [one for one in lint(tmp_path, change, metric).findings if one.code == code]

    assert found
    assert found[0].severity is CHECKS[code].severity
    assert re.search(r"\d|data/", found[0].message)
    assert found[0].advice


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_the_sound_bundle_has_only_notes_of_scores(tmp_path: Path, metric: str) -> None:
    assert codes(lint(tmp_path, metric=metric)) - EITHER == ALWAYS


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_told_and_ends_nothing(
    tmp_path: Path, method: int
) -> None:
    pears = Pears()
    solution = table("id,ripe,Usage", pears.ids, pears.ripe, pears.usage)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        archive.writestr("notes.csv", solution)
    sound = held.getvalue()
    for place in range(10, 90):
        damaged = bytearray(sound)
        damaged[place] ^= 0xFF
        pears.more[f"data/images{place}.zip"] = bytes(damaged)

    result = lint_folder(pears.write(tmp_path))

    assert "file-is-solution" in codes(result)  # where only a date is damaged, say


def three_classes(pears: Pears) -> None:
    random = np.random.default_rng(5)
    kinds = np.array(["conference", "anjou", "williams"])
    pears.ripe, pears.train_ripe = kinds[random.integers(0, 3, (2, ROWS))]
    pears.sample = np.full(ROWS, "anjou")


def named_by_their_label(pears: Pears) -> None:
    three_classes(pears)
    numbered = zip(pears.ids, pears.ripe, strict=True)
    pears.ids = [f"{kind}_{each}" for each, kind in numbered]


def lacking_in(part: str) -> Change:
    def change(pears: Pears) -> None:
        three_classes(pears)
        pears.ripe = np.where(pears.usage == part, "anjou", pears.ripe)

    return change


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("id-names-label", named_by_their_label),
        ("class-missing-public", lacking_in("Public")),
        ("class-missing-private", lacking_in("Private")),
    ],
)
def test_a_fault_of_several_classes_is_found_and_only_there(
    tmp_path: Path, code: str, change: Change
) -> None:
    assert code in codes(lint(tmp_path / "faulty", change, "accuracy"))
    assert code not in codes(lint(tmp_path / "sound", three_classes, "accuracy"))


def numbers(pears: Pears) -> None:
    random = np.random.default_rng(5)
    pears.ripe, pears.train_ripe = random.normal(50, 9, (2, ROWS)).round(3).astype(str)
    pears.sample = np.full(ROWS, "1")


def rising_numbers(pears: Pears) -> None:
    numbers(pears)
    pears.ripe = np.sort(pears.ripe.astype(float)).astype(str)


def few_public_rows(pears: Pears) -> None:
    numbers(pears)
    pears.usage = np.where(np.arange(ROWS) % 40 == 0, "Public", "Private")


def half_public(pears: Pears) -> None:
    numbers(pears)


@pytest.mark.parametrize(
    ("code", "change"),
    [("label-order", rising_numbers), ("public-too-small", few_public_rows)],
)
def test_a_fault_of_numbers_is_found_and_only_there(
    tmp_path: Path, code: str, change: Change
) -> None:
    assert code in codes(lint(tmp_path / "faulty", change, "rmse"))
    assert code not in codes(lint(tmp_path / "sound", numbers, "rmse"))


def one_odd_label(pears: Pears) -> None:
    pears.ripe = np.full(ROWS, "1")
    for part in ("Public", "Private"):
        pears.ripe[np.flatnonzero(pears.usage == part)[0]] = "0"
    pears.sample = np.full(ROWS, "0")


def test_a_constant_that_is_as_good_as_the_answers_is_found(tmp_path: Path) -> None:
    def even(pears: Pears) -> None:
        pears.sample = np.full(ROWS, "0")

    faulty = lint(tmp_path / "faulty", one_odd_label, "accuracy")

    assert "baseline-perfect" in codes(faulty)
    assert "baseline-perfect" not in codes(lint(tmp_path / "sound", even, "accuracy"))


def test_boards_that_agree_are_a_note_and_others_a_warning(tmp_path: Path) -> None:
    def severity(name: str, change: Change) -> Severity:
        result = lint(tmp_path / name, change, "rmse")
        (said,) = (one for one in result.findings if one.code == "shake-up")
        return said.severity

    def many_rows(pears: Pears) -> None:
        numbers(pears)
        random = np.random.default_rng(11)
        pears.ids = [f"p{each}" for each in random.permutation(9000)]
        pears.ripe = random.normal(50, 9, 9000).round(3).astype(str)
        pears.usage = np.where(random.random(9000) < 0.5, "Public", "Private")
        pears.sample = np.full(9000, "1")
        pears.features = random.standard_normal((9000, 4)).round(4)

    assert severity("few", few_public_rows) is Severity.WARNING
    assert severity("many", many_rows) is Severity.NOTE


def test_fewer_public_rows_shake_the_board_up_more(tmp_path: Path) -> None:
    def tau(name: str, change: Change) -> float:
        result = lint(tmp_path / name, change, "rmse")
        (said,) = (one.message for one in result.findings if one.code == "shake-up")
        match = re.search(r"board is (-?[\d.]+);", said)
        assert match
        return float(match[1])

    assert tau("few", few_public_rows) < tau("half", half_public)


def test_a_second_look_says_the_same(tmp_path: Path) -> None:
    folder = Pears().write(tmp_path)

    assert lint_folder(folder).to_json() == lint_folder(folder).to_json()


def test_faults_of_the_bundle_are_findings_with_their_line(tmp_path: Path) -> None:
    result = lint_folder(
        write_bundle(tmp_path, {"solution.csv": "id,Usage\na,Public\n"})
    )

    assert {one.code for one in result.findings} == {"bundle"}
    assert result.findings[0].line == 1
    assert set(result.not_applied) == {*CHECKS} - {"bundle"}


def test_what_the_scorer_refuses_is_an_error(tmp_path: Path) -> None:
    def one_class(pears: Pears) -> None:
        pears.ripe = np.where(pears.usage == "Public", "1", pears.ripe)

    assert "prepare" in codes(lint(tmp_path, one_class))


def test_no_value_of_the_solution_is_said(tmp_path: Path) -> None:
    def secret(pears: Pears) -> None:
        named_by_their_label(pears)
        pears.extra_test = ("kind", pears.ripe)

    said = json.dumps(lint(tmp_path, secret, "accuracy").to_json())

    assert not re.search("conference|anjou|williams", said)


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "podium_scorer", "lint", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_ends_with_1_for_errors_and_if_strict_for_warnings(
    tmp_path: Path,
) -> None:
    warned = Pears()
    repeated_ids(warned)
    leaking = Pears()
    target_in_test(leaking)
    folder = warned.write(tmp_path / "warned")

    assert run(folder).returncode == 0
    assert run(folder, "--strict").returncode == 1
    assert run(leaking.write(tmp_path / "leaking")).returncode == 1


def test_the_command_answers_in_json(tmp_path: Path) -> None:
    found = json.loads(run(Pears().write(tmp_path), "--json").stdout)

    assert found["counts"]["error"] == 0
    assert {one["severity"] for one in found["findings"]} <= {*map(str, Severity)}


def test_the_guide_says_what_every_code_means() -> None:
    guide = Path(__file__).parents[2] / "platform/docs/organizers.md"
    rows = [
        f"| `{code}` | {check.severity} | {check.meaning} | {check.advice} |"
        for code, check in CHECKS.items()
    ]

    assert "\n".join(rows) in guide.read_text(encoding="utf-8")
