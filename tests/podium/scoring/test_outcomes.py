"""What becomes of a program's run: one row for each way to end."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from podium.competitions.programs import Input, Program
from podium.scoring import outcomes
from podium_sandbox.client import Ended, ProgramVerdict
from podium_sandbox.code_job import LAUNCH_FAULTS, CodeJob
from podium_scorer.contract import CutOff, Outcome

PROGRAM = Program(
    image="python",
    entry="main.py",
    output="submission.csv",
    inputs=(Input("test.csv", "1" * 64, 10),),
    wall_s=30,
    memory_mb=512,
    shows_log=False,
)
TRAINED = replace(PROGRAM, train="train.py", train_wall_s=90)


def run(outcome: Ended = Ended.FINISHED, **changes: object) -> ProgramVerdict:
    """How a run ended; well, if nothing else is said."""
    well = ProgramVerdict(
        outcome=outcome,
        exit_code=0,
        files={"submission.csv": 5},
        sandbox="docker(code)",
        log="printed",
    )
    return replace(well, **changes)  # type: ignore[arg-type]


def test_a_run_that_wrote_its_file_goes_on_to_be_scored() -> None:
    assert outcomes.judged(run(), PROGRAM) is None


@pytest.mark.parametrize(
    ("ended", "outcome", "counts", "said"),
    [
        (run(exit_code=3), Outcome.REJECTED, True, "exit code 3"),
        (run(exit_code=139), Outcome.REJECTED, True, "signal 11"),
        (run(files={"other.csv": 1}), Outcome.REJECTED, True, "no submission.csv"),
        (
            run(exit_code=101, detail="The archive has no main.py."),
            Outcome.REJECTED,
            False,
            "has no main.py",
        ),
        # A program may end with a launcher's code: then nothing is said for it.
        (run(exit_code=101, detail=""), Outcome.REJECTED, True, "exit code 101"),
    ],
)
def test_a_participants_fault_is_told_and_charged_by_its_cause(
    ended: ProgramVerdict, outcome: Outcome, counts: bool, said: str
) -> None:
    verdict = outcomes.judged(ended, PROGRAM)
    assert verdict is not None
    assert verdict.report is not None
    assert (verdict.outcome, verdict.report.counts) == (outcome, counts)
    assert said in verdict.report.errors[0].message
    assert verdict.report.errors[0].advice
    assert verdict.log == "printed"


@pytest.mark.parametrize("reason", list(CutOff))
@pytest.mark.parametrize("program", [PROGRAM, TRAINED])
def test_every_limit_has_a_sentence_for_the_team(
    reason: CutOff, program: Program
) -> None:
    ended = run(Ended.CUT_OFF, reason=reason, exit_code=None, files={})
    verdict = outcomes.judged(ended, program)
    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == (Outcome.CUT_OFF, reason)
    sentence = outcomes.cut_off_sentence(ended, program)
    assert re.match(r"Your program was stopped because .+\. Try it at home", sentence)


def test_the_sentences_name_the_limits_of_the_competition() -> None:
    def said(reason: CutOff, program: Program = PROGRAM) -> str:
        return outcomes.cut_off_sentence(run(Ended.CUT_OFF, reason=reason), program)

    assert "longer than 30 s" in said(CutOff.TIME)
    assert "90 s for training or 30 s after it" in said(CutOff.TIME, TRAINED)
    assert "more than 512 MB" in said(CutOff.MEMORY)


def test_what_this_server_can_t_do_is_the_hosts_to_mend() -> None:
    verdict = outcomes.judged(run(Ended.REFUSED, detail="No such image."), PROGRAM)
    assert verdict is not None
    assert verdict.report is not None
    assert verdict.outcome is Outcome.HOST_ERROR
    assert verdict.report.message == "No such image."


def test_a_fault_of_the_engine_is_tried_again() -> None:
    verdict = outcomes.judged(run(Ended.FAILED, detail="engine gone"), PROGRAM)
    assert verdict is not None
    assert (verdict.outcome, verdict.sandbox) == (Outcome.FAILED, "docker(code)")


def test_the_launchers_codes_are_those_of_the_sandbox() -> None:
    assert set(outcomes.LAUNCH_CODES) == set(LAUNCH_FAULTS)


def test_the_job_has_what_the_sandbox_needs() -> None:
    program = replace(
        TRAINED, train_inputs=(Input("train.csv", "2" * 64, 5),), memory_mb=700
    )
    job = outcomes.job_of(program, "sha256:x")
    assert CodeJob.from_json(job.to_json()).to_json() == job.to_json()
    assert job.files == ("program", "test.csv", "train.csv")
    assert (job.image_id, job.train_wall_s) == ("sha256:x", 90.0)
    assert job.limits == {"wall_s": 30.0, "memory_mb": 700.0}


def test_private_inputs_take_their_places_after_the_end() -> None:
    private = Input("test.csv", "3" * 64, 20)
    program = replace(PROGRAM, private_inputs=(private,))
    assert program.after_the_end().inputs == (private,)
    assert program.inputs[0].sha256 == "1" * 64
