"""The linter: what an organizer should know of a bundle before its launch.

It looks at a bundle as a careful colleague would: does the scorer take the sample, do
order, ids or files give answers away, can the public part tell teams apart. Findings may
state scores of the solution, never its values; they are for the host alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podium_scorer.bundle import Bundle, BundleError, read_bundle
from podium_scorer.contract import LintJob
from podium_scorer.lint_answers import read_answers
from podium_scorer.lint_data import check_data, check_names
from podium_scorer.lint_exam import Exam, exam_of_bundle, exam_of_job
from podium_scorer.lint_findings import (
    CHECKS,
    Finding,
    Findings,
    Severity,
    finding_to_json,
)
from podium_scorer.lint_order import check_order
from podium_scorer.lint_scores import check_scores

_TABLES = (
    "id-float",
    "id-sorted",
    "id-label",
    "id-names-label",
    "label-order",
    "split-order",
    "test-has-target",
    "column-leak",
    "train-test-duplicates",
    "train-test-near-duplicates",
    "class-missing-public",
    "class-missing-private",
    "class-missing-train",
)


@dataclass(frozen=True, kw_only=True)
class Lint:
    """All findings, the worst first, and why checks did not apply, by their codes."""

    findings: tuple[Finding, ...]
    not_applied: Mapping[str, str]

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(one.severity is severity for one in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON-ready data."""
        return {
            "findings": [finding_to_json(one) for one in self.findings],
            "not_applied": dict(self.not_applied),
            "counts": {str(each): self.count(each) for each in Severity},
        }


def lint_folder(folder: Path) -> Lint:
    """Lint the bundle in a folder; a bundle with faults has these as findings."""
    try:
        bundle = read_bundle(folder)
    except BundleError as error:
        found = Findings()
        for fault in error.faults:
            message = f"{fault.problem} Expected: {fault.expected}"
            found.add("bundle", message, file=fault.file, line=fault.line)
        codes = [code for code in CHECKS if code != "bundle"]
        found.skip("The bundle can't be read.", *codes)
        return _result(found)
    return lint_bundle(bundle)


def lint_bundle(bundle: Bundle) -> Lint:
    """Lint a bundle that was read."""
    return _lint(exam_of_bundle(bundle))


def lint_job(job: LintJob, files: Sequence[bytes]) -> Lint:
    """Lint what the site sent into the sandbox."""
    return _lint(exam_of_job(job, files))


def _lint(exam: Exam) -> Lint:
    found = Findings()
    check_scores(exam, found)
    check_names(exam, found)
    answers = read_answers(exam)
    if answers is None:
        found.skip("The solution is not read as a table.", *_TABLES)
    else:
        check_order(answers, found)
        check_data(exam, answers, found)
    return _result(found)


def _result(found: Findings) -> Lint:
    said = {one.code for one in found.found}
    not_applied = {
        code: found.not_applied[code]
        for code in CHECKS
        if code in found.not_applied and code not in said
    }
    return Lint(findings=found.sorted(), not_applied=not_applied)
