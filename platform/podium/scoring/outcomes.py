"""From a program's run to what its team and its host are told: one table of outcomes.

Who ran out of a limit, ended with an error or wrote nothing has used the machine, so it
counts. What could not be started at all does not.
"""

from __future__ import annotations

from podium.competitions.programs import Program
from podium_sandbox.client import CodeJob, Ended, ProgramVerdict
from podium_scorer.contract import CutOff, Fault, Outcome, Report, Verdict

PROGRAM_FAULT = "program"
# Ends of the launcher, which runs before the program (see the sandbox's ``code_job``).
LAUNCH_CODES = range(100, 105)
_AT_HOME = "Try it at home with podium run, under the same limits in the same image."
_KILLED = 128


def job_of(program: Program, image_id: str) -> CodeJob:
    """What the sandbox has to do for a submission."""
    return CodeJob(
        image=program.image,
        image_id=image_id,
        entry=program.entry,
        output=program.output,
        inputs=tuple(each.name for each in program.inputs),
        train=program.train,
        train_inputs=tuple(each.name for each in program.train_inputs),
        train_wall_s=float(program.train_wall_s),
        limits={"wall_s": float(program.wall_s), "memory_mb": float(program.memory_mb)},
    )


def judged(run: ProgramVerdict, program: Program) -> Verdict | None:
    """The end of a submission whose run says enough; None where its output is there."""
    match run.outcome:
        case Ended.FAILED:
            return _ended(run, Outcome.FAILED)
        case Ended.REFUSED:
            report = Report(status=Outcome.HOST_ERROR, message=run.detail)
            return _ended(run, Outcome.HOST_ERROR, report)
        case Ended.CUT_OFF:
            return _ended(run, Outcome.CUT_OFF)
    if run.exit_code in LAUNCH_CODES and run.detail:
        return _rejected(run, run.detail, _pack(program), counts=False)
    if run.exit_code != 0:
        return _rejected(run, _exit_sentence(run.exit_code or 0), _AT_HOME)
    if program.output not in run.files:
        return _rejected(
            run,
            f"The program ended well and wrote no {program.output}.",
            f"Write it to the folder in PODIUM_OUTPUT, which is /output. {_AT_HOME}",
        )
    return None


def cut_off_sentence(run: ProgramVerdict, program: Program) -> str:
    """What the team of a program that a limit ended is told."""
    what = {
        CutOff.TIME: f"it took longer than {_duration(program)}",
        CutOff.MEMORY: f"it needed more than {program.memory_mb} MB of memory",
        CutOff.OUTPUT: "its output folder was full, or holds something that is no plain "
        "file",
        CutOff.LOG: "it printed more than 8 MB",
        CutOff.PROCESSES: "it started too many processes or threads",
    }[run.reason or CutOff.TIME]
    detail = f" {run.detail}" if run.reason is CutOff.OUTPUT and run.detail else ""
    return f"Your program was stopped because {what}.{detail} {_AT_HOME}"


def summary(run: ProgramVerdict) -> dict[str, object]:
    """What is kept of a run beside its outcome: seconds, megabytes, the exit code."""
    return {
        "wall_s": run.wall_s,
        "cpu_s": run.cpu_s,
        "memory_peak_mb": run.memory_peak_mb,
        "exit_code": run.exit_code,
        "reason": None if run.reason is None else str(run.reason),
    }


def _ended(
    run: ProgramVerdict, outcome: Outcome, report: Report | None = None
) -> Verdict:
    return Verdict(
        outcome=outcome,
        report=report,
        reason=run.reason if outcome is Outcome.CUT_OFF else None,
        detail=run.detail,
        log=run.log,
        sandbox=run.sandbox,
        wall_s=run.wall_s,
    )


def _rejected(
    run: ProgramVerdict, message: str, advice: str, *, counts: bool = True
) -> Verdict:
    fault = Fault(kind=PROGRAM_FAULT, message=message, advice=advice)
    report = Report(status=Outcome.REJECTED, errors=(fault,), counts=counts)
    return _ended(run, Outcome.REJECTED, report)


def _pack(program: Program) -> str:
    return (
        f"Send a ZIP archive with {program.entry} at its top, one Python script, or one "
        "notebook."
    )


def _exit_sentence(code: int) -> str:
    if code > _KILLED:
        return f"The program was ended by signal {code - _KILLED}."
    return f"The program ended with exit code {code}."


def _duration(program: Program) -> str:
    if program.train:
        return f"{program.train_wall_s} s for training or {program.wall_s} s after it"
    return f"{program.wall_s} s"
