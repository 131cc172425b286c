"""The sample and made-up predictions, scored by the real metric: what scores mean here."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from podium_scorer.contract import Outcome, PrepareJob, Report, ScoreJob
from podium_scorer.engine import estimate_parts, run_prepare, run_score
from podium_scorer.lint_exam import Exam
from podium_scorer.lint_findings import SEED, Findings, Severity
from podium_scorer.lint_numbers import kendall
from podium_scorer.lint_teams import SHARED, TEAMS, Guess, Inventor
from podium_scorer.metrics import Estimate, Refusal
from podium_scorer.solution_index import SolutionIndex, read_index
from podium_scorer.uncertainty import Z

NEAR_PERFECT = 0.1  # of the way from the best constant to the answers
SAME_AS_PERFECT = 0.01
NOISY = 0.05
DEVIATIONS = 4
AGREEING = 0.5  # Kendall's tau, below which a board says little
CELLS, TEXT_CELLS = 200_000, 20_000  # above, the teams are not simulated
_SAMPLE = ("sample-refused", "sample-score")
_BASELINES = (
    "baseline-constant",
    "baseline-random",
    "baseline-perfect",
    "sample-too-good",
    "parts-differ",
)
_NOISE = ("noise-floor", "public-too-small", "shake-up")


@dataclass(frozen=True)
class Scores:
    """The parts' estimates of one set of predictions."""

    name: str
    public: Estimate
    private: Estimate | None

    def said(self, decimals: int) -> str:
        """The scores, for a sentence."""
        public = f"{self.public.score:.{decimals}f} on the public part"
        if self.private is None:
            return public
        return f"{public} and {self.private.score:.{decimals}f} on the private part"


def check_scores(exam: Exam, found: Findings) -> None:
    """Everything that takes the real scorer."""
    if exam.custom:
        reason = "The organizer's own metric runs in the sandbox only."
        found.skip(reason, "prepare", *_SAMPLE, *_BASELINES, *_NOISE)
        return
    job = PrepareJob(
        metric=exam.metric,
        solution_name=exam.solution.name,
        sample_name=exam.sample.name,
        id_column=exam.id_column,
        public_only=exam.public_only,
    )
    sample = exam.sample.read()
    prepared = run_prepare(job, exam.solution.read(), sample)
    if not prepared.index:
        for fault in prepared.report.errors:
            found.add("prepare", fault.message, advice=fault.advice or None)
        return
    score_job = ScoreJob(metric=exam.metric, submission_name=exam.sample.name)
    report = run_score(score_job, prepared.index, sample)
    solution = read_index(prepared.index)
    _check_sample(report, solution, found)
    _check_baselines(report, solution, found)


def _check_sample(report: Report, solution: SolutionIndex, found: Findings) -> None:
    if report.status is not Outcome.SCORED or report.public is None:
        said = [*report.errors]
        for fault in said:
            found.add("sample-refused", fault.message, advice=fault.advice or None)
        return
    decimals = solution.metric.decimals
    scored = Scores(
        "sample",
        Estimate(report.public),
        None if report.private is None else Estimate(report.private),
    )
    message = f"The sample submission scores {scored.said(decimals)}"
    found.add("sample-score", f"{message} ({_better(solution)}).")


def _better(solution: SolutionIndex) -> str:
    return f"{solution.metric.title}: {solution.metric.direction} is better"


def score_guess(solution: SolutionIndex, guess: Guess) -> Scores | None:
    """The scores of made-up predictions; None where the metric gives none."""
    try:
        with np.errstate(all="ignore"):
            estimates = dict(estimate_parts(solution, guess.numbers, guess.texts))
    except (Refusal, ValueError, IndexError, ArithmeticError):
        return None
    return Scores(guess.name, estimates["public"], estimates.get("private"))


def _check_baselines(report: Report, solution: SolutionIndex, found: Findings) -> None:
    inventor = Inventor(solution)
    perfect = inventor.perfect()
    ideal = None if perfect is None else score_guess(solution, perfect)
    known = solution.metric.perfect
    if (
        perfect is None
        or ideal is None
        or (
            known is not None
            and not math.isclose(ideal.public.score, known, abs_tol=1e-6)
        )
    ):
        reason = (
            f"Answers of {solution.metric.title} can't be turned into predictions, as "
            "baselines and simulated teams need."
        )
        found.skip(reason, *_BASELINES, *_NOISE)
        _check_perfect_sample(report, solution, found)
        return
    sign = 1 if solution.metric.higher_is_better else -1
    tried = [score_guess(solution, each) for each in inventor.constants(perfect)]
    constants = [each for each in tried if each is not None]
    random = score_guess(solution, inventor.random(perfect))
    best = max(constants, key=lambda one: sign * one.public.score, default=None)
    _say_baselines(solution, best, random, found)
    if best is None:
        best = random
    if best is None:
        found.skip("The metric scores no baseline.", *_BASELINES[2:], *_NOISE)
        return
    gain = sign * (ideal.public.score - best.public.score)
    _check_gain(report, solution, ideal, best, random, found)
    _check_parts(solution, best, gain, found)
    _check_teams(inventor, perfect, gain, found)


def _check_perfect_sample(
    report: Report, solution: SolutionIndex, found: Findings
) -> None:
    """Without baselines: whether the sample's score is the perfect one."""
    perfect = solution.metric.perfect
    if perfect is not None and report.public is not None:
        found.not_applied.pop("sample-too-good", None)
        if math.isclose(report.public, perfect, abs_tol=1e-9):
            found.add("sample-too-good", "The sample submission has the perfect score.")


def _say_baselines(
    solution: SolutionIndex, best: Scores | None, random: Scores | None, found: Findings
) -> None:
    decimals = solution.metric.decimals
    if best is None:
        found.skip("The metric refuses constant predictions.", "baseline-constant")
    else:
        found.add(
            "baseline-constant",
            f"The best constant prediction tried, {best.name}, scores "
            f"{best.said(decimals)}.",
        )
    if random is None:
        found.skip("The metric refuses random predictions.", "baseline-random")
    else:
        message = (
            f"{random.name.capitalize()} score {random.said(decimals)} (seed {SEED})."
        )
        found.add("baseline-random", message)


def _check_gain(
    report: Report,
    solution: SolutionIndex,
    ideal: Scores,
    best: Scores,
    random: Scores | None,
    found: Findings,
) -> None:
    decimals = solution.metric.decimals
    perfect, constant = ideal.public.score, best.public.score
    gap = abs(perfect - constant)
    reach = gap if random is None else max(gap, abs(perfect - random.public.score))
    low, high = solution.metric.low, solution.metric.high
    if low is not None and high is not None:
        reach = max(reach, high - low)
    if gap <= SAME_AS_PERFECT * reach:
        found.add(
            "baseline-perfect",
            f"A constant ({best.name}) scores {constant:.{decimals}f}; the answers "
            f"themselves score {perfect:.{decimals}f}.",
        )
    elif (
        report.public is not None and abs(perfect - report.public) <= NEAR_PERFECT * gap
    ):
        found.add(
            "sample-too-good",
            f"The sample submission scores {report.public:.{decimals}f}; the answers "
            f"themselves {perfect:.{decimals}f}, the best constant "
            f"{constant:.{decimals}f}.",
        )


def _check_parts(
    solution: SolutionIndex, best: Scores, gain: float, found: Findings
) -> None:
    if best.private is None:
        found.skip("There is only one part.", "parts-differ")
        return
    one, other = deviation_of(best.public), deviation_of(best.private)
    if one is None or other is None:
        found.skip("The metric gives no interval here.", "parts-differ")
        return
    apart, chance = abs(best.public.score - best.private.score), math.hypot(one, other)
    if apart > max(DEVIATIONS * chance, NOISY * abs(gain)):
        said = best.said(solution.metric.decimals)
        found.add(
            "parts-differ",
            f"A constant ({best.name}) scores {said}: {apart / max(chance, 1e-12):.0f} "
            "standard errors apart.",
        )


def deviation_of(estimate: Estimate) -> float | None:
    """The standard error of a score, from its 95 % interval; None without one."""
    if estimate.interval is None:
        return None
    low, high = estimate.interval
    return (high - low) / (2 * Z)


def _check_teams(
    inventor: Inventor, perfect: Guess, gain: float, found: Findings
) -> None:
    cells = inventor.rows * len(inventor.pairs)
    most = TEXT_CELLS if perfect.texts else CELLS
    if cells > most:
        reason = f"There are {cells:,} predictions; teams are simulated up to {most:,}."
        found.skip(reason, *_NOISE)
        return
    scored = [score_guess(inventor.solution, each) for each in inventor.teams(perfect)]
    teams = [each for each in scored if each is not None]
    if len(teams) < TEAMS:
        found.skip("The metric refuses simulated teams.", *_NOISE)
        return
    _say_noise(inventor.solution, teams, gain, found)
    _say_shake_up(inventor.solution, teams, found)


def _say_noise(
    solution: SolutionIndex, teams: list[Scores], gain: float, found: Findings
) -> None:
    deviation = deviation_of(teams[TEAMS // 2].public)
    if deviation is None:
        found.skip("The metric gives no interval here.", *_NOISE[:2])
        return
    decimals = solution.metric.decimals
    rows = solution.splits.public
    found.add(
        "noise-floor",
        f"The standard error of a public score is about {deviation:.{decimals}f} with "
        f"{rows:,} rows, for a simulated team of middling quality.",
    )
    share = deviation / abs(gain) if gain else 0.0
    if share > NOISY:
        found.add(
            "public-too-small",
            f"With {rows:,} public rows a score's standard error is {deviation:.{decimals}f},"
            f" which is {share:.0%} of the way from the best constant to the answers.",
        )


def _say_shake_up(
    solution: SolutionIndex, teams: list[Scores], found: Findings
) -> None:
    private = [team.private.score for team in teams if team.private is not None]
    if not private:
        found.skip("There is only one part.", "shake-up")
        return
    public = np.array([team.public.score for team in teams])
    after = np.array(private)
    sign = -1 if solution.metric.higher_is_better else 1
    places = [
        np.argsort(np.argsort(sign * each, kind="stable")) for each in (public, after)
    ]
    moved = np.abs(places[0] - places[1])
    tau = kendall(public, after)
    found.add(
        "shake-up",
        f"Among {TEAMS} simulated teams of close quality, Kendall's tau between public and "
        f"private board is {tau:.2f}; a team moves by {moved.mean():.1f} places on average "
        f"and by {int(moved.max())} at the most (errors correlate with {SHARED:g}, seed "
        f"{SEED}).",
        severity=Severity.NOTE if tau >= AGREEING else None,
    )
