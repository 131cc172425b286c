"""What operators may add to every container, and what the doctor says of programs."""

from __future__ import annotations

import pytest

from podium_sandbox import doctor
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.modes import Mode, ModeError, choose_runner
from podium_sandbox.policy import Isolation, container_options
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.rooms import CODE_IMAGES, METRIC_IMAGE, open_rooms
from tests.sandbox.conftest import (
    IMAGE,
    engine_at_hand,
    limits,
    running,
    unique,
    wait_until,
)


def options(isolation: Isolation) -> dict[str, object]:
    made = container_options(
        limits_for(Profile.CODE), image="x", slot=0, labels={}, isolation=isolation
    )
    host: dict[str, object] = made["HostConfig"]
    return host


def test_nothing_is_added_by_default() -> None:
    host = options(Isolation())
    assert "Runtime" not in host
    assert not [each for each in host["SecurityOpt"] if "apparmor" in each]  # type: ignore[attr-defined]


def test_runtime_and_apparmor_profile_go_to_the_engine_by_name() -> None:
    host = options(Isolation(runtime="runsc", apparmor="podium"))
    assert host["Runtime"] == "runsc"
    assert "apparmor=podium" in host["SecurityOpt"]  # type: ignore[operator]


@pytest.mark.docker
def test_a_runtime_that_the_engine_has_is_used(docker_host: str) -> None:
    runner, reason = choose_runner(
        Mode.DOCKER,
        limits(),
        engine=docker_host,
        image=IMAGE,
        address=unique("tests/runtime"),
        isolation=Isolation(runtime="runc"),
    )
    assert reason == ""
    assert "runtime: runc" in runner.strength()


@pytest.mark.docker
def test_a_runtime_that_the_engine_lacks_is_told(docker_host: str) -> None:
    asked = {
        "engine": docker_host,
        "image": IMAGE,
        "address": unique("tests/runtime"),
    }
    isolation = Isolation(runtime="no-such-runtime")
    with pytest.raises(ModeError, match="no-such-runtime"):
        choose_runner(Mode.DOCKER, limits(), isolation=isolation, **asked)
    runner, reason = choose_runner(Mode.AUTO, limits(), isolation=isolation, **asked)
    assert isinstance(runner, ProcessRunner)
    assert "no-such-runtime" in reason


@pytest.mark.docker
def test_every_check_of_the_doctor_holds_for_programs(docker_host: str) -> None:
    runner = DockerRunner(
        limits(), engine=engine_at_hand(), image=IMAGE, address=unique("tests/doctor")
    )
    rooms = open_rooms(runner, METRIC_IMAGE, CODE_IMAGES)
    [programs] = rooms.programs.runners.values()
    found = doctor.check_programs(programs)
    assert len(found) >= 14
    assert all(found.values()), found


@pytest.mark.docker
def test_where_a_limit_does_not_hold_no_programs_are_run(
    docker_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = limits()
    runner = DockerRunner(
        given, engine=engine_at_hand(), image=IMAGE, address=unique("tests/closing")
    )
    rooms = open_rooms(runner, METRIC_IMAGE, CODE_IMAGES)
    monkeypatch.setattr(doctor, "check", lambda _: {"scoring": True})
    monkeypatch.setattr(
        doctor, "check_programs", lambda _: {"memory is limited": False}
    )
    with running(runner, given, pool=0, check=True, rooms=rooms) as service:
        assert wait_until(lambda: not service.client.status().code_images)
        status = service.client.status()
        assert "memory is limited" in status.refusals["code"]
        assert status.checks["python: memory is limited"] is False


def test_the_doctor_notices_a_program_that_nothing_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stand-in for an engine that enforces nothing: every attempt works."""
    said = "worked: changing its input\nrefused: a connection\n"

    def unheld(_runner: object, _task: object, _limits: object) -> object:
        return doctor.ProgramVerdict(
            outcome=doctor.Ended.FINISHED, exit_code=0, log=said
        )

    monkeypatch.setattr(doctor, "run_program", unheld)
    runner = object.__new__(DockerRunner)
    monkeypatch.setattr(DockerRunner, "limited", lambda self, _: self)
    found = doctor.check_programs(runner)
    assert found["refused: changing its input"] is False
    assert found["refused: a connection"] is True
    assert found["memory is limited"] is False
