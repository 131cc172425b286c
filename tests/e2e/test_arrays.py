"""NumPy arrays sent to a running Podium: the score of the CSV, or a sentence."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.conftest import COMPETITIONS, wait_until_ready
from tests.e2e.people import Participant, new_name
from tests.live import LivePodium

TABLES = "breast-cancer"  # takes no arrays
SAMPLE = COMPETITIONS / TABLES / "data/sample_submission.csv"


def taking_arrays(podium: LivePodium, tmp_path: Path) -> str:
    """The slug of a competition that takes arrays too."""
    folder, name = tmp_path / "bundle", new_name("arrays-")
    shutil.copytree(COMPETITIONS / TABLES, folder)
    manifest = folder / "competition.yaml"
    text = manifest.read_text().replace(f"slug: {TABLES}", f"slug: {name}")
    manifest.write_text(text.replace("zip, parquet]", "zip, parquet, npy, npz]"))
    answer = podium.server("import-bundle", str(folder))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    wait_until_ready(podium, name)
    return name


def rows() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The sample submission's ids, and a number for each."""
    with SAMPLE.open() as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    return np.array(ids), np.sin(np.arange(len(ids)))


def forms() -> dict[str, bytes]:
    ids, values = rows()
    named, plain = io.BytesIO(), io.BytesIO()
    np.savez_compressed(named, malignant=values[::-1], id=ids[::-1])
    np.save(plain, values)
    pairs = zip(ids.tolist(), values.tolist(), strict=True)
    lines = ["id,malignant", *(f"{key},{value!r}" for key, value in pairs)]
    return {
        "p.csv": ("\n".join(lines) + "\n").encode(),
        "p.npz": named.getvalue(),
        "p.npy": plain.getvalue(),
    }


def are_scored_alike(podium: LivePodium, slug: str) -> None:
    somebody = Participant(podium.url).sign_up().enter(slug)
    ends = [
        somebody.outcome(somebody.send(slug, data, name))
        for name, data in forms().items()
    ]
    assert [end["status"] for end in ends] == ["scored"] * 3, ends
    assert len({end["public_score"] for end in ends}) == 1


def test_arrays_are_scored_as_the_same_csv_is(live: LivePodium, tmp_path: Path) -> None:
    are_scored_alike(live, taking_arrays(live, tmp_path))


@pytest.mark.docker
def test_arrays_are_scored_in_containers_too(
    live_on_docker: LivePodium, tmp_path: Path
) -> None:
    are_scored_alike(live_on_docker, taking_arrays(live_on_docker, tmp_path))


def test_arrays_are_refused_where_only_tables_are_taken(live: LivePodium) -> None:
    somebody = Participant(live.url).sign_up().enter(TABLES)
    refused = somebody.ask(
        "POST",
        f"/competitions/{TABLES}/submissions",
        params={"file_name": "p.npz"},
        content=forms()["p.npz"],
        headers={"Content-Type": "application/octet-stream"},
    )
    assert refused.status_code == 422
    assert ".csv, .csv.gz, .zip, .parquet" in refused.text
    disguised = somebody.outcome(somebody.send(TABLES, forms()["p.npy"], "p.csv"))
    assert disguised["status"] == "rejected"
    (fault,) = disguised["errors"]
    assert "takes .csv, .csv.gz, .zip and .parquet files" in fault["advice"]
    assert not disguised["counted"]
