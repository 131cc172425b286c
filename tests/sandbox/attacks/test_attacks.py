"""Attacks that have a job for themselves: its end, and the host's state after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.attacks.catalogue import STAGES
from tests.sandbox.attacks.conftest import Batteries
from tests.sandbox.attacks.programs.probing import ATTACKS
from tests.sandbox.attacks.stage import LABELS, assert_harmless, attack_program
from tests.sandbox.attacks.test_probes import of_profile

pytestmark = pytest.mark.docker

CASES = [
    pytest.param(profile, name, id=f"{profile}-{name}", marks=of_profile(profile))
    for profile in STAGES
    for name, attack in ATTACKS.items()
    if profile in attack.ends
]


@pytest.mark.parametrize(("profile", "name"), CASES)
def test_the_sandbox_withstands(profile: str, name: str, tmp_path: Path) -> None:
    attack = ATTACKS[name]
    given = {"labels": LABELS} if attack.labelled else {}
    played = STAGES[profile](tmp_path).play(
        attack_program(attack, **given), wall_s=attack.wall_s, changes=attack.limits
    )
    assert played.ends in attack.ends[profile].split("|"), played
    for fact, most in attack.most.items():
        assert 0 < played.facts[fact] <= most(played.limits), played.facts
    for fact, wanted in attack.facts.items():
        assert played.facts[fact] == wanted, played.facts
    assert_harmless(played)


@pytest.mark.xdist_group("attacks-scorer")
@pytest.mark.parametrize("name", [a.name for a in ATTACKS.values() if a.least])
def test_without_the_sandbox_it_works(name: str, batteries: Batteries) -> None:
    """As far as may be: what would harm the host is bounded."""
    reached = batteries.unhindered()[name]
    for fact, least in ATTACKS[name].least.items():
        assert reached[fact] >= least, reached
