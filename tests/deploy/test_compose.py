"""What deploy/ says of a whole Podium: its settings, its walls, its one door to Docker."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from podium.settings import Settings, read_settings
from tests.machine import compose
from tests.test_repository import ROOT

DEPLOY = ROOT / "deploy"
FILLED_IN = {
    "SITE_ADDRESS": "podium.example.org",
    "DATABASE_PASSWORD": "one-secret",
    "QUEUE_PASSWORD": "another-secret",
    "ENGINE_GROUP": "999",
}
OURS = ("site", "migrate", "worker", "sweeper", "sandbox")
LINE = re.compile(r"^(#?)([A-Z][A-Z_]*)=(.*)$", re.MULTILINE)


def lines() -> list[tuple[bool, str, str]]:
    """Of each setting of .env.example: whether it is set, its name and its value."""
    text = (DEPLOY / ".env.example").read_text()
    return [(not mark, name, value) for mark, name, value in LINE.findall(text)]


def filled_in() -> str:
    return "".join(
        f"{name}={FILLED_IN.get(name, value)}\n"
        for is_set, name, value in lines()
        if is_set
    )


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """compose.yaml as it is written."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def resolved(folder: Path, extra: str = "") -> dict[str, Any]:
    """compose.yaml as Compose itself understands it, with .env filled in."""
    command = compose()
    assert command is not None
    for name in ("compose.yaml", "Caddyfile"):
        shutil.copyfile(DEPLOY / name, folder / name)
    (folder / ".env").write_text(filled_in() + extra)
    answer = subprocess.run(
        [*command, "-f", "compose.yaml", "config"],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = yaml.safe_load(answer.stdout)
    return found


def test_the_example_has_every_setting_of_podium_and_no_other() -> None:
    named = [name for _, name, _ in lines() if name.startswith("PODIUM_")]
    assert sorted(named) == sorted(Settings().environment())


def test_what_is_not_set_in_the_example_stands_at_its_default() -> None:
    defaults = Settings().environment()
    wrong = [
        f"{name}={value}"
        for is_set, name, value in lines()
        if name in defaults and not is_set and value != defaults[name]
    ]
    assert wrong == []


def test_every_setting_of_the_example_is_explained() -> None:
    text = (DEPLOY / ".env.example").read_text()
    bare = [
        block.splitlines()[0]
        for block in text.split("\n\n")
        if LINE.search(block) and not block.startswith("# ")
    ]
    assert bare == []


def test_podium_can_read_the_example() -> None:
    settings = read_settings(dict(line.split("=", 1) for line in filled_in().split()))
    assert settings.cookie_secure
    assert settings.trusted_proxies == 1


def test_the_example_holds_no_password() -> None:
    values = {name: value for _, name, value in lines()}
    assert values["DATABASE_PASSWORD"] == values["QUEUE_PASSWORD"] == ""
    assert values["PODIUM_SECRET_KEY"] == values["PODIUM_METRICS_TOKEN"] == ""


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    assert "SITE_ADDRESS" in used
    assert used - {name for _, name, _ in lines()} == set()


def test_the_defaults_of_the_compose_file_are_those_of_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    values = {name: value for _, name, value in lines()}
    used = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", text))
    assert {name: values[name] for name in used} == used


def test_all_of_podium_runs_without_a_right_on_a_read_only_root(
    written: dict[str, Any],
) -> None:
    services = written["services"]
    assert {
        name for name, each in services.items() if "podium" in str(each["image"])
    } == {*OURS}
    for name in OURS:
        service = services[name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"] == "10001:10001", name
        assert "privileged" not in service, name


def test_the_sandbox_alone_has_the_engine_and_it_knows_no_secret(
    written: dict[str, Any],
) -> None:
    services = written["services"]
    with_engine = [
        name for name, each in services.items() if "engine.sock" in str(each)
    ]
    assert with_engine == ["sandbox"]
    sandbox = services["sandbox"]
    assert sandbox["network_mode"] == "none"
    assert "env_file" not in sandbox
    assert "PASSWORD" not in str(sandbox)
    assert not any(volume.startswith("data:") for volume in sandbox["volumes"])
    assert {name for name in sandbox["environment"] if name.startswith("PODIUM_")} == {
        "PODIUM_CODE_IMAGES", "PODIUM_LOG_FORMAT", "PODIUM_METRIC_IMAGE",
        "PODIUM_SANDBOX", "PODIUM_SANDBOX_APPARMOR", "PODIUM_SANDBOX_RUNTIME",
        "PODIUM_SCORER_IMAGE",
    }  # fmt: skip


def test_the_site_can_reach_neither_sandbox_nor_world(written: dict[str, Any]) -> None:
    services = written["services"]
    assert "sandbox:/run/podium" not in services["site"]["volumes"]
    assert services["site"]["networks"] == ["front", "back"]
    assert services["worker"]["networks"] == ["back"]
    assert written["networks"]["front"]["internal"] is True


def test_only_the_proxy_is_published(written: dict[str, Any]) -> None:
    services = written["services"]
    assert [name for name, each in services.items() if "ports" in each] == ["proxy"]


def test_the_queue_keeps_its_jobs_on_disk(written: dict[str, Any]) -> None:
    words = written["services"]["queue"]["command"]
    assert words[words.index("--appendonly") + 1] == "yes"


@pytest.mark.compose
def test_compose_accepts_the_file(tmp_path: Path) -> None:
    services = resolved(tmp_path)["services"]
    assert set(services) >= {*OURS, "proxy", "queue", "database"}
    environment = services["site"]["environment"]
    assert environment["PODIUM_DATA_DIR"] == "/data"
    assert environment["PODIUM_PUBLIC_URL"] == "https://podium.example.org"
    assert (
        environment["PODIUM_DATABASE_URL"]
        == "postgresql://podium:one-secret@database:5432/podium"
    )
    assert "secret" not in str(services["sandbox"])


@pytest.mark.compose
def test_a_safer_engine_is_one_setting_away(tmp_path: Path) -> None:
    found = resolved(
        tmp_path, "PODIUM_SANDBOX_RUNTIME=runsc\nENGINE_SOCKET=/dev/null\n"
    )
    sandbox = found["services"]["sandbox"]
    assert sandbox["environment"]["PODIUM_SANDBOX_RUNTIME"] == "runsc"
    assert "/dev/null" in str(sandbox["volumes"])


@pytest.mark.compose
def test_a_scoring_host_is_the_same_file(tmp_path: Path) -> None:
    extra = "COMPOSE_PROFILES=scoring\nBACK_INTERNAL=false\n"
    found = resolved(tmp_path, extra)
    assert found["networks"]["back"].get("internal", False) is False
