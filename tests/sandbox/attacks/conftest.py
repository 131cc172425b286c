"""The stages, the controls, and what a battery of probes found on each."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.attacks.catalogue import STAGES
from tests.sandbox.attacks.controls import Controls, controls
from tests.sandbox.attacks.programs.probing import (
    ATTACKS,
    PROBES,
    Control,
    told,
)
from tests.sandbox.attacks.programs.reading import CANARY
from tests.sandbox.attacks.stage import Played, controls_program, probes_program

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def free(docker_host: str) -> Iterator[Controls]:
    """Containers without the policy."""
    with controls(docker_host) as made:
        yield made


class Batteries:
    """Tries all probes of a profile in one job, all of a control in one container."""

    def __init__(self, free: Controls, folder: Path) -> None:
        self._free = free
        self._folder = folder
        self.inside = functools.cache(self._inside)
        self.outside = functools.cache(self._outside)
        self.unhindered = functools.cache(self._unhindered)

    def _inside(self, profile: str) -> tuple[Found, Played]:
        names = [p.name for p in PROBES.values() if profile in p.profiles]
        folder = self._folder / profile
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PODIUM_SECRET_KEY", CANARY)
            played = STAGES[profile](folder).play(probes_program(names), wall_s=60)
        return _by_name(told(played.log)), played

    def _outside(self, control: Control) -> Found:
        names = [p.name for p in PROBES.values() if p.control is control]
        return _by_name(self._free.run(probes_program(names), control))

    def _unhindered(self) -> Found:
        names = [attack.name for attack in ATTACKS.values() if attack.least]
        found: Found = {}
        facts: dict[str, Any] = {}
        for fact in self._free.run(controls_program(names)):
            if "attack" in fact:
                facts = found[fact["attack"]] = {}
            facts |= fact
        return found


def _by_name(facts: list[dict[str, Any]]) -> Found:
    return {str(fact["probe"]): fact for fact in facts if "probe" in fact}


@pytest.fixture(scope="session")
def batteries(free: Controls, tmp_path_factory: pytest.TempPathFactory) -> Batteries:
    return Batteries(free, tmp_path_factory.mktemp("batteries"))
