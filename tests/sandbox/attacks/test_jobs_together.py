"""What a job may know of another one before it and beside it, and of the host."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest

from tests.sandbox.attacks.catalogue import STAGES
from tests.sandbox.attacks.controls import Controls
from tests.sandbox.attacks.programs.neighbours import SECRET
from tests.sandbox.attacks.programs.probing import told
from tests.sandbox.attacks.stage import Played, assert_harmless, program
from tests.sandbox.attacks.test_probes import of_profile
from tests.sandbox.bait import ANYWHERE, Bait
from tests.sandbox.conftest import wait_until

pytestmark = [
    pytest.mark.docker,
    pytest.mark.parametrize(
        "profile", [pytest.param(name, marks=of_profile(name)) for name in STAGES]
    ),
]
FIND_AND_PLANT = (
    "themes.probing.tell(found=themes.planting.find())\n"
    "themes.probing.tell(planted=themes.planting.plant())\n"
)


def test_a_job_finds_nothing_of_the_job_before(
    profile: str, tmp_path: Path, free: Controls
) -> None:
    """Replacing interpreter, libraries and start-up code harms one's own job alone."""
    text = program(["planting"], FIND_AND_PLANT)
    played = STAGES[profile](tmp_path).play_again(text, times=3)
    assert [each.ends for each in played] == [STAGES[profile].ends_well] * 3
    assert [each.facts["found"] for each in played] == [[], [], []]
    assert all(each.facts["planted"] > 0 for each in played)
    for each in played:
        assert_harmless(each)
    # Where there is one container for two jobs, the second finds something.
    facts = free.run(program(["planting"], FIND_AND_PLANT * 2))
    assert facts[0] == {"found": []}
    assert len(facts[2]["found"]) > 10


def test_a_job_knows_nothing_of_its_neighbour(
    profile: str, tmp_path: Path, free: Controls
) -> None:
    """Neither its files nor its processes, and it can't signal them."""
    neighbour: list[Played] = []
    thread = threading.Thread(
        target=lambda: neighbour.append(_have_a_secret(profile, tmp_path))
    )
    thread.start()
    assert wait_until(lambda: _is_on_the_host(SECRET)), "the neighbour has not come"
    played = STAGES[profile](_new(tmp_path, "look")).play(
        program(["neighbours"], "themes.neighbours.look_for_it()")
    )
    assert _is_on_the_host(SECRET), "the neighbour has gone"
    thread.join()
    assert played.facts == {"found": [], "signalled": []}
    assert neighbour[0].ends == "cut_off time"
    for each in (played, *neighbour):
        assert_harmless(each)
    together = "if os.fork() == 0:\n    themes.neighbours.have_a_secret()\n"
    together = f"import os, time\n{together}time.sleep(0.5)\n"
    control = program(["neighbours"], together + "themes.neighbours.look_for_it()")
    facts = free.run(control)[-1]
    assert {"/tmp/secret"} < set(facts["found"])
    assert facts["signalled"]


def _have_a_secret(profile: str, folder: Path) -> Played:
    text = program(["neighbours"], "themes.neighbours.have_a_secret()")
    return STAGES[profile](_new(folder, "have")).play(text, wall_s=3)


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def _is_on_the_host(secret: str) -> bool:
    """Whether a process of this host has the secret among its arguments."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"\0{secret}\0".encode() in path.read_bytes():
                return True
    return False


def test_no_attempt_reaches_what_lies_open_on_the_host(
    profile: str, tmp_path: Path, bait: Bait
) -> None:
    """The same attempts as in the jail's tests, which have their controls."""
    attempts = {
        name: bait.fill(code)
        for name, code in ANYWHERE.items()
        if bait.port6 or "IPv6" not in name
    }
    act = f"themes.reaching.reach({attempts!r})"
    played = STAGES[profile](tmp_path).play(program(["reaching"], act))
    found = {fact["attempt"]: fact["refused"] for fact in told(played.log)}
    assert set(found) == set(attempts)
    assert [name for name, refused in found.items() if not refused] == []
    assert (bait.folder / "secret").read_text() == "canary-9021"
    assert_harmless(played)
