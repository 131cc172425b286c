"""What the linter can say: its checks by code, and one finding of a check."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SEED = 20_240_229  # of everything that the linter draws


class Severity(StrEnum):
    """How much a finding matters, the worst first."""

    ERROR = "error"  # nobody could be scored fairly
    WARNING = "warning"  # look at it before the launch
    NOTE = "note"  # good to know


@dataclass(frozen=True, kw_only=True)
class Check:
    """Something that is looked at: how bad it is at the most, its meaning, what to do."""

    severity: Severity
    meaning: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding: a sentence of evidence and what to do. It is for the host alone.

    ``line`` is that of ``file``, where both are known.
    """

    code: str
    severity: Severity
    message: str
    advice: str
    file: str | None = None
    line: int | None = None


@dataclass
class Findings:
    """Gathers findings, and for each check that did not apply the reason."""

    found: list[Finding] = field(default_factory=list)
    not_applied: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        code: str,
        message: str,
        *,
        severity: Severity | None = None,
        advice: str | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        """Note a finding; severity and advice are the check's unless they are given."""
        check = CHECKS[code]
        self.found.append(
            Finding(
                code=code,
                severity=severity or check.severity,
                message=message,
                advice=advice or check.advice,
                file=file,
                line=line,
            )
        )

    def skip(self, reason: str, *codes: str) -> None:
        """Note that checks did not apply, with the reason as a sentence."""
        for code in codes:
            self.not_applied.setdefault(code, reason)

    def sorted(self) -> tuple[Finding, ...]:
        """All findings, the worst first, else in the order of the checks."""
        codes, severities = [*CHECKS], [*Severity]
        return tuple(
            sorted(
                self.found,
                key=lambda one: (severities.index(one.severity), codes.index(one.code)),
            )
        )


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON-ready data."""
    return asdict(finding) | {"severity": str(finding.severity)}


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CHECKS: dict[str, Check] = {
    "bundle": Check(
        severity=_E,
        meaning="The bundle can't be read: a fault in competition.yaml or its files.",
        advice="Mend it; the other checks need a sound bundle.",
    ),
    "prepare": Check(
        severity=_E,
        meaning="The scorer refuses the solution, the sample or the metric's parameters.",
        advice="Mend it; no submission can be scored before.",
    ),
    "sample-refused": Check(
        severity=_E,
        meaning="The scorer refuses the sample submission as a submission.",
        advice="Mend the sample: participants copy its form.",
    ),
    "sample-too-good": Check(
        severity=_E,
        meaning="The sample submission scores nearly as well as the answers themselves.",
        advice="Fill the sample's predictions with a constant.",
    ),
    "file-is-solution": Check(
        severity=_E,
        meaning="A file inside a published archive is the solution.",
        advice="Take it out of the archive.",
    ),
    "test-has-target": Check(
        severity=_E,
        meaning="A published file has a column that gives the answers of the test's rows.",
        advice="Take the column out, or rule out that it is known when predicting.",
    ),
    "id-names-label": Check(
        severity=_E,
        meaning="The ids contain the labels.",
        advice="Number the rows anew, in random order.",
    ),
    "column-leak": Check(
        severity=_W,
        meaning="One column of a training file predicts the target almost perfectly.",
        advice="Ask whether the column is known before the target is. If not, take it out.",
    ),
    "names-solution": Check(
        severity=_W,
        meaning="A published file is named like a solution.",
        advice="Look into the file; rename it if it holds no answers of the test's rows.",
    ),
    "label-order": Check(
        severity=_W,
        meaning="The order of the sample's rows gives their labels away.",
        advice="Shuffle the test's rows with a seed and number them anew. In a time series "
        "the order may stand.",
    ),
    "id-label": Check(
        severity=_W,
        meaning="The ids go along with the target.",
        advice="Shuffle the rows with a seed before numbering them.",
    ),
    "id-duplicate": Check(
        severity=_W,
        meaning="A data file has several rows with the same id.",
        advice="Give every row an id of its own, or say in the data page that rows with one "
        "id belong together.",
    ),
    "id-float": Check(
        severity=_W,
        meaning="Ids look like decimal numbers, which tools rewrite (1.0 becomes 1).",
        advice="Use whole numbers or words as ids.",
    ),
    "id-sorted": Check(
        severity=_N,
        meaning="The ids stand in ascending order.",
        advice="Nothing, if the rows were shuffled before they were numbered.",
    ),
    "split-order": Check(
        severity=_W,
        meaning="Public and private rows stand in blocks, so that the order of the "
        "sample's rows tells them apart.",
        advice="Draw the public rows at random, or say in the rules how they were split.",
    ),
    "train-test-duplicates": Check(
        severity=_W,
        meaning="Rows of the test have the same features as rows of the training data.",
        advice="Keep one of each, or put all copies on one side of the split.",
    ),
    "train-test-near-duplicates": Check(
        severity=_W,
        meaning="Rows of the test are almost the same as rows of the training data.",
        advice="Look whether they come from the same object; then split by object.",
    ),
    "class-missing-public": Check(
        severity=_W,
        meaning="A class of the private part is missing in the public part.",
        advice="Draw the public rows stratified by class.",
    ),
    "class-missing-private": Check(
        severity=_W,
        meaning="A class of the public part is missing in the private part.",
        advice="Draw the private rows stratified by class.",
    ),
    "class-missing-train": Check(
        severity=_W,
        meaning="A class of the solution is missing in the training data.",
        advice="Split stratified by class, or say that there are unseen classes.",
    ),
    "no-private": Check(
        severity=_W,
        meaning="There are no private rows: the public board decides.",
        advice="Keep some rows private, so that nobody can fit the board.",
    ),
    "parts-differ": Check(
        severity=_W,
        meaning="A constant prediction scores differently on the two parts by more than "
        "chance explains.",
        advice="Draw the parts at random, or say in the rules how they differ.",
    ),
    "public-too-small": Check(
        severity=_W,
        meaning="The public part is too small for the metric: the noise of its score is "
        "large beside what there is to gain.",
        advice="Make more rows public, or tell participants that the public board is noisy.",
    ),
    "noise-floor": Check(
        severity=_N,
        meaning="The standard error of a public score, and which gap means something.",
        advice="Read smaller gaps on the public board as ties.",
    ),
    "shake-up": Check(
        severity=_W,
        meaning="Simulated teams of close quality change places between the boards; a note "
        "where Kendall's tau is at least 0.5.",
        advice="Make the public part larger, or let teams choose several finals.",
    ),
    "sample-score": Check(
        severity=_N,
        meaning="What the sample submission scores.",
        advice="Compare it with the baselines.",
    ),
    "baseline-constant": Check(
        severity=_N,
        meaning="What the best constant prediction scores.",
        advice="Every team should beat it.",
    ),
    "baseline-random": Check(
        severity=_N,
        meaning="What answers in random order score.",
        advice="A team near it has its rows mixed up.",
    ),
    "baseline-perfect": Check(
        severity=_W,
        meaning="A constant prediction is nearly as good as the answers themselves.",
        advice="Choose a metric that tells them apart, or other rows.",
    ),
}
