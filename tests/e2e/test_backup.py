"""A Podium that runs is backed up, and another one goes on from there."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import COMPETITIONS
from tests.e2e.people import Participant
from tests.live import LivePodium

SLUG = "breast-cancer"


def test_another_podium_goes_on_from_a_backup(
    live: LivePodium, own_folder: Path, tmp_path: Path
) -> None:
    person = Participant(live.url).sign_up().enter(SLUG)
    sample = (COMPETITIONS / SLUG / "data/sample_submission.csv").read_bytes()
    sent = person.outcome(person.send(SLUG, sample))
    file = tmp_path / "podium.zip"
    made = live.server("backup", str(file))
    assert made.returncode == 0, made.stdout + made.stderr
    assert "is written and verified" in made.stdout
    assert live.server("restore", str(file)).returncode == 1  # not an empty one
    other = LivePodium(own_folder, settings={"sandbox": "process"})
    back = other.server("restore", str(file))
    assert back.returncode == 0, back.stdout + back.stderr
    with other:
        # The same account and token, the same scores, and new ones are made.
        person.url = other.url
        assert person.call("GET", f"/submissions/{sent['id']}") == sent
        again = person.outcome(person.send(SLUG, sample))
        assert again["public_score"] == sent["public_score"]
