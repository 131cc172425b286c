"""Which containers are leftovers, and that they are removed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from podium_sandbox.engine import Engine, EngineError
from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.policy import container_options
from podium_sandbox.reaper import (
    ENDED_S,
    YOUNG_S,
    Owner,
    is_leftover,
    labels,
    reap,
    remove,
)
from tests.sandbox.conftest import IMAGE, engine_at_hand

ME = Owner(service="run-2", address="/run/a.sock")
NOW = 1_800_000_000.0


def leftover(
    owner: Owner,
    *,
    deadline: float = NOW + 500,
    age_s: float = 100,
    ended_s: float | None = None,
    used: bool = False,
) -> bool:
    return is_leftover(
        labels(owner, deadline),
        age_s=age_s,
        ended_s=ended_s,
        now=NOW,
        owner=ME,
        in_use=used,
    )


def test_what_a_worker_holds_stays() -> None:
    assert not leftover(ME, used=True)
    assert not leftover(ME, used=True, deadline=NOW - 1)


def test_what_is_just_being_made_stays() -> None:
    assert not leftover(ME, age_s=YOUNG_S - 1)


def test_what_nobody_holds_any_more_goes() -> None:
    assert leftover(ME, age_s=YOUNG_S + 1)


def test_what_an_earlier_run_at_this_address_left_goes_at_once() -> None:
    assert leftover(Owner(service="run-1", address=ME.address), age_s=0)


def test_what_a_service_elsewhere_holds_stays_until_its_deadline() -> None:
    other = Owner(service="run-1", address="/run/b.sock")
    assert not leftover(other, age_s=5000)
    assert leftover(other, deadline=NOW - 1)


def test_what_ended_a_while_ago_elsewhere_goes_and_what_ended_just_now_stays() -> None:
    other = Owner(service="run-1", address="/run/b.sock")
    assert not leftover(other, ended_s=ENDED_S - 1)
    assert leftover(other, ended_s=ENDED_S + 1)


def test_what_ended_and_is_still_asked_about_stays() -> None:
    assert not leftover(ME, ended_s=5000, used=True)


def test_labels_that_nobody_can_read_are_left_alone() -> None:
    for deadline in ("", "soon", "-5", "1e9"):
        found = {"podium.sandbox.service": "x", "podium.sandbox.deadline": deadline}
        assert not is_leftover(
            found, age_s=9e9, ended_s=None, now=NOW, owner=ME, in_use=False
        )


@pytest.mark.docker
def test_reaping_removes_the_leftovers_and_nothing_else(docker_host: str) -> None:
    engine = engine_at_hand()
    mine = Owner(service="tests-2", address="tests/reaper")
    owners = {
        "held": mine,
        "earlier": Owner(service="tests-1", address="tests/reaper"),
        "elsewhere": Owner(service="tests-1", address="tests/elsewhere"),
    }
    limits = limits_for(Profile.SCORER)
    made = {}
    for name, owner in owners.items():
        options = container_options(
            limits, image=IMAGE, slot=0, labels=labels(owner, time.time() + 60)
        )
        made[name] = engine.call("POST", "/containers/create", body=options)["Id"]
    try:
        reap(engine, mine, {made["held"]}, time.time())
        left = {
            c["Id"] for c in engine.call("GET", "/containers/json", query={"all": "1"})
        }
        assert {name for name, found in made.items() if found in left} == {
            "held",
            "elsewhere",
        }
    finally:
        for container in made.values():
            remove(engine, container)


@pytest.mark.docker
def test_removing_what_is_gone_is_no_error(docker_host: str) -> None:
    assert remove(engine_at_hand(), "no-such-container") is False


@pytest.mark.docker
def test_the_engines_refusals_are_told_in_its_words(docker_host: str) -> None:
    with pytest.raises(EngineError, match="No such image") as error:
        engine_at_hand().call("GET", "/images/podium-no-such-image/json")
    assert error.value.status == 404


@pytest.mark.docker
def test_an_ended_container_of_somebody_else_is_removed_later(docker_host: str) -> None:
    engine = engine_at_hand()
    elsewhere = Owner(service="tests-1", address="tests/elsewhere")
    options = container_options(
        limits_for(Profile.SCORER),
        image=IMAGE,
        slot=0,
        labels=labels(elsewhere, time.time() + 5000),
        command=("python3", "-I", "-c", "pass"),
    )
    container = engine.call("POST", "/containers/create", body=options)["Id"]
    path = f"/containers/{container}"
    engine.call("POST", f"{path}/start")
    engine.call("POST", f"{path}/wait")
    here = Owner(service="tests-2", address="tests/here")
    reap(engine, here, (), time.time())
    assert engine.call("GET", f"{path}/json")["State"]["Status"] == "exited"
    # Nobody else's container may be touched by a clock that is wrong, so only this one.
    assert reap(only(engine, container), here, (), time.time() + ENDED_S + 5) == 1
    with pytest.raises(EngineError, match="No such container"):
        engine.call("GET", f"{path}/json")


def only(engine: Engine, container: str) -> Engine:
    """An engine that lists one container."""

    class OneContainer(Engine):
        def call(self, method: str, path: str, **more: Any) -> Any:
            found = engine.call(method, path, **more)
            if path == "/containers/json":
                return [each for each in found if each["Id"] == container]
            return found

    return OneContainer("unused")
