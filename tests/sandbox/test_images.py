"""The scorer's image: both recipes, and what is in the one that was built."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.policy import container_options
from tests.sandbox.conftest import IMAGE, engine_at_hand

IMAGES = Path(__file__).parents[2] / "deploy" / "images"


def test_both_recipes_start_what_the_policy_starts() -> None:
    options = container_options(
        limits_for(Profile.SCORER), image="x", slot=0, labels={}
    )
    command = '["' + '", "'.join(options["Cmd"]) + '"]'
    assert f"CMD {command}" in (IMAGES / "Dockerfile").read_text()
    assert f"command='{command}'" in (IMAGES / "build_image.sh").read_text()


def test_no_recipe_asks_a_registry_for_its_syntax() -> None:
    """Such a line makes a build without a registry fail."""
    assert "syntax=" not in (IMAGES / "Dockerfile").read_text()


@pytest.mark.parametrize("name", ["build_image.sh", "seal.sh", "start_engine.sh"])
def test_the_scripts_are_posix_shell(name: str) -> None:
    subprocess.run(["sh", "-n", str(IMAGES / name)], check=True)
    assert os.access(IMAGES / name, os.X_OK)


@pytest.mark.docker
def test_the_image_has_no_shell_and_is_nobody(docker_host: str) -> None:
    config = engine_at_hand().call("GET", f"/images/{IMAGE}/json")["Config"]
    assert config["User"] == "65534:65534"
    done = subprocess.run(
        ["docker", "run", "--rm", "--network=none", IMAGE, "sh", "-c", "true"],
        capture_output=True,
        check=False,
    )
    assert b"executable file not found" in done.stderr


@pytest.mark.docker
def test_the_image_scores_with_the_scorer_of_this_tree(docker_host: str) -> None:
    """Its source, file by file, so that a test never runs against an older image."""
    code = (
        "import hashlib, pathlib, podium_scorer\n"
        "root = pathlib.Path(podium_scorer.__file__).parent\n"
        "for path in sorted(root.rglob('*.py')):\n"
        "    digest = hashlib.sha256(path.read_bytes()).hexdigest()\n"
        "    print(path.relative_to(root), digest)\n"
    )
    done = subprocess.run(
        ["docker", "run", "--rm", "--network=none", IMAGE, "python3", "-I", "-c", code],
        capture_output=True,
        check=True,
        text=True,
    )
    here = Path(__file__).parents[2] / "scorer" / "podium_scorer"
    tree = subprocess.run(
        [
            "python3",
            "-c",
            code.replace("podium_scorer.__file__", repr(f"{here}/x")).replace(
                ", podium_scorer", ""
            ),
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == tree.stdout, "the image is older than the tree: make image"
