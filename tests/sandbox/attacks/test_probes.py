"""Attacks that one call decides: refused in the sandbox, and successful without it."""

from __future__ import annotations

import pytest

from tests.sandbox.attacks.catalogue import STAGES
from tests.sandbox.attacks.conftest import Batteries
from tests.sandbox.attacks.programs.probing import PROBES
from tests.sandbox.attacks.stage import assert_harmless

pytestmark = pytest.mark.docker


def of_profile(profile: str) -> list[pytest.MarkDecorator]:
    """A battery is run once in a process of tests: keep what needs it together."""
    return [pytest.mark.xdist_group(f"attacks-{profile}")]


CASES = [
    pytest.param(profile, name, id=f"{profile}-{name}", marks=of_profile(profile))
    for profile in STAGES
    for name, probe in PROBES.items()
    if profile in probe.profiles
]


@pytest.mark.parametrize(("profile", "name"), CASES)
def test_the_sandbox_refuses(profile: str, name: str, batteries: Batteries) -> None:
    probe = PROBES[name]
    control = batteries.outside(probe.control)[name]
    assert control["worked"], f"it fails without the sandbox too: {control}"
    found = batteries.inside(profile)[0][name]
    assert not found["worked"], f"it worked: {found}; {probe.held_by} should hold it"
    assert found["refused"] in probe.refused, f"it failed by something else: {found}"


@pytest.mark.parametrize(
    "profile", [pytest.param(name, marks=of_profile(name)) for name in STAGES]
)
def test_after_all_of_them_the_host_is_as_it_was(
    profile: str, batteries: Batteries
) -> None:
    found, played = batteries.inside(profile)
    assert len(found) == len([p for p in PROBES.values() if profile in p.profiles])
    assert played.ends == STAGES[profile].ends_well
    assert_harmless(played)
