"""The same probes in the jail: what the process runner refuses without an engine.

The jail allows no process beside its own, so one job tries them one after the other. The
controls are those of ``test_probes``.
"""

from __future__ import annotations

from typing import Any

import pytest

from podium_sandbox.process_runner import ProcessRunner
from podium_scorer.contract import Outcome, Verdict
from tests.sandbox.attacks.catalogue import STAGES
from tests.sandbox.attacks.programs.probing import PROBES, SCORER, told
from tests.sandbox.attacks.stage import program, theme
from tests.sandbox.conftest import limits, running
from tests.sandbox.scorers import misbehaving

assert SCORER in STAGES  # whose import declares every probe
DEADLY = "kernel.calls_of_32_bit"
NAMES = [
    name
    for name, probe in PROBES.items()
    if SCORER in probe.profiles and name != DEADLY
]


def in_the_jail(names: list[str]) -> Verdict:
    """The verdict of a job that tries probes in its own process."""
    act = (
        f"for name in {names!r}:\n"
        "    themes.probing.tell(probe=name, **themes.probing.outcome(name))\n"
        "score(1.0)"
    )
    text = misbehaving(program(map(theme, names), act))
    given = limits(memory_mb=512)
    with running(ProcessRunner(given, code=text), given, pool=0) as service:
        return service.score()


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    verdict = in_the_jail(NAMES)
    assert verdict.outcome is Outcome.SCORED, verdict
    return {fact["probe"]: fact for fact in told(verdict.log)}


@pytest.mark.xdist_group("attacks-jail")
@pytest.mark.parametrize("name", NAMES)
def test_the_jail_refuses(name: str, found: dict[str, dict[str, Any]]) -> None:
    assert not found[name]["worked"], found[name]
    refused = found[name]["refused"]
    assert refused.isupper(), f"the probe is broken here: {found[name]}"


def test_the_jail_ends_who_makes_calls_of_32_bit() -> None:
    verdict = in_the_jail([DEADLY])
    assert verdict.outcome is Outcome.FAILED
    assert "SIGSYS" in verdict.detail
