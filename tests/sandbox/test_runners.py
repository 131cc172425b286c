"""What holds for every runner: one suite, run against each of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from io import BytesIO

import pytest

from podium_scorer.contract import (
    CutOff,
    MetricSpec,
    Outcome,
    PrepareJob,
    Report,
    Verdict,
)
from tests.sandbox import scorers
from tests.sandbox.conftest import Running, wait_until
from tests.sandbox.scorers import misbehaving

Start = Callable[..., Running]
PREPARE = PrepareJob(metric=MetricSpec(name="rmse"))


@pytest.fixture(
    params=["process", pytest.param("docker", marks=pytest.mark.docker)],
)
def start(request: pytest.FixtureRequest) -> Start:
    """Starts a service with the runner at hand."""
    made: Start = request.getfixturevalue(f"{request.param}_service")
    return made


def cut_off(verdict: Verdict, reason: CutOff) -> bool:
    return (verdict.outcome, verdict.reason, verdict.report) == (
        Outcome.CUT_OFF,
        reason,
        None,
    )


def test_a_submission_is_scored(start: Start) -> None:
    verdict = start(scorers.HONEST).score(b"123456789")
    assert verdict.outcome is Outcome.SCORED
    assert verdict.report == Report(
        status=Outcome.SCORED, public=9.0, rows={"public": len(b"index")}
    )
    assert verdict.reason is None
    assert verdict.wall_s > 0


def test_megabytes_arrive_unchanged_and_the_index_comes_back(start: Start) -> None:
    solution, index = os.urandom(5_000_001), BytesIO()
    service = start(scorers.HONEST)
    verdict = service.client.run(
        PREPARE, [BytesIO(solution), BytesIO(b"")], wall_s=20, output=index
    )
    assert verdict.outcome is Outcome.PREPARED
    assert index.getvalue() == solution[::-1]


def test_a_warm_worker_does_one_job_and_is_gone(start: Start) -> None:
    service = start(scorers.HONEST)
    started = service.names
    for _ in range(6):
        assert wait_until(lambda: service.client.status().pool_idle == 1)
        assert service.score().sandbox.endswith("(warm)")
    assert len(started) == len(set(started)) >= 6
    assert wait_until(lambda: service.client.status().pool_idle == 1)
    waiting = {started[-1]}
    assert wait_until(lambda: service.alive() == waiting), service.alive()


def test_an_empty_pool_starts_cold(start: Start) -> None:
    verdict = start(scorers.HONEST, pool=0).score()
    assert verdict.outcome is Outcome.SCORED
    assert verdict.sandbox.endswith("(cold)")


def test_a_worker_that_died_while_it_waited_costs_no_verdict(start: Start) -> None:
    service = start(scorers.HONEST)
    assert wait_until(lambda: service.client.status().pool_idle == 1)
    service.kill(service.names[-1])
    verdict = service.score()
    assert verdict.outcome is Outcome.SCORED, verdict


def test_stopping_the_service_leaves_nothing(start: Start) -> None:
    service = start(scorers.HONEST, pool=2)
    assert wait_until(lambda: service.client.status().pool_idle == 2)
    service.stop()
    assert service.alive() == set()


def test_the_time_limit_ends_what_ignores_every_signal(start: Start) -> None:
    code = """
    import signal
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
    """
    service = start(misbehaving(code), pool=0)
    verdict = service.score(wall_s=0.5)
    assert cut_off(verdict, CutOff.TIME), verdict
    assert 0.5 <= verdict.wall_s < 5
    assert wait_until(lambda: service.alive() == set())


def test_a_scorer_that_closes_its_output_and_sleeps_does_not_hold_the_job(
    start: Start,
) -> None:
    began = time.monotonic()
    code = "import time; sys.stdout.close(); os.close(1); os.close(2); time.sleep(60)"
    verdict = start(misbehaving(code)).score(wall_s=1)
    assert verdict.outcome in {Outcome.FAILED, Outcome.CUT_OFF}
    assert time.monotonic() - began < 15


def test_memory_has_a_limit(start: Start) -> None:
    code = """
    kept = []
    try:
        while True:
            kept.append(bytearray(b"x" * (8 << 20)))
    except MemoryError:
        os._exit(5)
    """
    verdict = start(misbehaving(code), memory_mb=128).score()
    assert cut_off(verdict, CutOff.MEMORY), verdict


def test_a_job_larger_than_the_memory_is_cut_off(start: Start) -> None:
    verdict = start(misbehaving("score(1.0)"), memory_mb=96).score(bytes(200 << 20))
    assert cut_off(verdict, CutOff.MEMORY), verdict


def test_a_flood_of_the_log_ends_the_job_and_64_kib_are_kept(start: Start) -> None:
    code = "while True:\n    os.write(2, b'spam and eggs ' * 5000)"
    verdict = start(misbehaving(code)).score()
    assert cut_off(verdict, CutOff.LOG), verdict
    assert 60_000 < len(verdict.log) < 70_000


def test_a_flood_of_the_output_ends_the_job(start: Start) -> None:
    code = "while True:\n    os.write(1, b'x' * 65536)"
    verdict = start(misbehaving(code)).score()
    assert cut_off(verdict, CutOff.OUTPUT), verdict


def test_an_index_that_is_too_large_ends_the_job(start: Start) -> None:
    code = """
    answer(Report(status=Outcome.PREPARED), (("index", 2 << 20),), bytes(2 << 20))
    """
    index = BytesIO()
    verdict = start(misbehaving(code), output_mb=1).client.run(
        PREPARE, [BytesIO(b"s"), BytesIO(b"")], wall_s=20, output=index
    )
    assert cut_off(verdict, CutOff.OUTPUT), verdict
    assert index.getvalue() == b""


def test_what_a_scorer_logs_reaches_the_operator_without_control_characters(
    start: Start,
) -> None:
    code = r"os.write(2, b'look \x1b[31mhere\x00\n'); os._exit(4)"
    verdict = start(misbehaving(code)).score()
    assert verdict.outcome is Outcome.FAILED
    assert verdict.log == "look \ufffd[31mhere\ufffd\n"


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("os._exit(7)", "exit code 7"),
        ("sys.exit(0)", "exit code 0"),
        ("raise ValueError('oh')", "exit code 1"),
        ("import ctypes; ctypes.string_at(0)", "died of"),
        (
            "answer(Report(status=Outcome.SCORED, public=1.0), nonce='guess')",
            "this job",
        ),
        ("answer(Report(status=Outcome.PREPARED))", "can't end as"),
        ("print('{}')", "missing"),
        ("print('hello')", "not JSON"),
        (
            "report = Report(status=Outcome.SCORED, public=1.0)\n"
            "line = AnswerHeader(nonce=header.nonce, report=report).to_line()\n"
            "os.write(1, line + line)",
            "after the end",
        ),
    ],
)
def test_a_broken_scorer_is_our_fault_and_never_a_score(
    start: Start, code: str, detail: str
) -> None:
    verdict = start(misbehaving(code)).score()
    assert verdict.outcome is Outcome.FAILED
    assert verdict.report is None
    assert detail in verdict.detail


def test_a_scorer_that_never_gets_ready_is_our_fault(start: Start) -> None:
    verdict = start("import time; time.sleep(60)", pool=0, start_s=0.5).score()
    assert verdict.outcome is Outcome.FAILED
    assert "did not start" in verdict.detail


def test_a_scorer_that_can_not_start_says_why(start: Start) -> None:
    verdict = start("raise SystemExit('no numbers here')", pool=0).score()
    assert verdict.outcome is Outcome.FAILED
    assert "no numbers here" in verdict.detail


def test_every_check_of_the_doctor_holds(start: Start) -> None:
    checks = start(scorers.HONEST, pool=0).check()
    assert len(checks) > 10
    assert [name for name, held in checks.items() if not held] == []


def test_the_environment_holds_nothing_of_the_services(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_SECRET_KEY", "canary-4417")
    code = "score(float('canary-4417' in repr(dict(os.environ))), message=' '.join(os.environ))"
    verdict = start(misbehaving(code), pool=0).score()
    assert verdict.report is not None
    assert verdict.report.public == 0.0
    assert "PATH" in verdict.report.message


def test_no_descriptor_is_open_but_the_three_streams(start: Start) -> None:
    code = """
    found = []
    for number in range(3, 256):
        try:
            os.fstat(number)
            found.append(str(number))
        except OSError:
            pass
    score(float(len(found)), message=" ".join(found))
    """
    verdict = start(misbehaving(code)).score()
    assert verdict.report is not None
    assert verdict.report.public == 0.0, verdict.report.message
