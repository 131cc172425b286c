"""The site's image at work: a nameless user on a read-only root, without a network,
against a real PostgreSQL and a real Valkey on unix sockets."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from podium.supervisor import queue_answers, queue_program
from tests.databases import PostgresServer
from tests.live import short_folder

pytestmark = [pytest.mark.site_image, pytest.mark.postgres, pytest.mark.slow]

IMAGE = "podium-site:latest"
WITHIN_S = 60.0
# Asks the site from inside its container, since that has no network.
ASK = """
import json, sys, urllib.error, urllib.request
method, path, body = sys.argv[1:]
asked = urllib.request.Request(
    "http://127.0.0.1:8000" + path, method=method, data=body.encode() or None,
    headers={"Content-Type": "application/json"},
)
try:
    answer = urllib.request.urlopen(asked, timeout=20)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, answer.read().decode()]))
"""
WRITES = """
import os, sys
for folder in ("/", "/etc", "/opt/podium", "/usr", "/root", "/run"):
    try:
        open(os.path.join(folder, "x"), "w")
    except OSError:
        continue
    sys.exit(folder + " can be written to")
"""


def docker(*words: str, may_fail: bool = False) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True)
    assert may_fail or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Site:
    """Containers of the image over one database and one queue."""

    def __init__(self, database: str, folder: Path) -> None:
        url = make_url(database)
        sockets = Path(str(url.query["host"]))
        sockets.chmod(0o711)  # the server's own user is another one
        self._options = [
            *("--read-only", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp:mode=1777"),
            *("--network", "none", "--cap-drop", "ALL", "--init"),
            *("--security-opt", "no-new-privileges:true"),
            *("--volume", f"{sockets}:/database", "--volume", f"{folder}:/queue"),
            *("--volume", f"{folder / 'data'}:/data"),
            *("--env", f"PODIUM_DATABASE_URL=postgresql://podium@/{url.database}?host=/database"),
            *("--env", "PODIUM_REDIS_URL=unix:///queue/redis.sock"),
        ]  # fmt: skip
        self.name = ""

    def run(self, *words: str, entrypoint: str = "podium-server") -> str:
        """Run a command of the image to its end; what it says."""
        return docker(
            "run", "--rm", *self._options, "--entrypoint", entrypoint, IMAGE, *words
        )

    def begin(self, *words: str) -> str:
        """Start a command of the image; its container."""
        return docker("run", "--detach", *self._options, IMAGE, *words).strip()

    def start(self) -> None:
        """Start the site, and wait until it is ready."""
        self.name = self.begin()
        end = time.monotonic() + WITHIN_S
        while self.ask("GET", "/readyz", may_fail=True)[0] != 200:
            assert time.monotonic() < end, docker("logs", self.name, may_fail=True)
            time.sleep(0.5)

    def stop(self) -> None:
        if self.name:
            docker("rm", "--force", self.name)

    def ask(
        self, method: str, path: str, body: str = "", *, may_fail: bool = False
    ) -> tuple[int, str]:
        """The status and body of an answer of the site."""
        said = docker(
            "exec",
            self.name,
            "python",
            "-c",
            ASK,
            method,
            path,
            body,
            may_fail=may_fail,
        )
        status, answer = json.loads(said) if said else (0, "")
        return status, answer


@pytest.fixture(scope="module")
def queue_folder() -> Iterator[Path]:
    folder = short_folder()
    folder.chmod(0o711)
    data = folder / "data"
    data.mkdir(mode=0o700)
    shutil.chown(data, 10001, 10001)
    address = folder / "redis.sock"
    process = subprocess.Popen(
        [
            queue_program(),
            "--port",
            "0",
            "--unixsocket",
            address,
            "--unixsocketperm",
            "777",
            "--save",
            "",
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + WITHIN_S
        while not queue_answers(address):
            assert time.monotonic() < end, "the queue's server did not start"
            time.sleep(0.05)
        yield folder
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.empty()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="module")
def site(database: str, queue_folder: Path) -> Iterator[Site]:
    made = Site(database, queue_folder)
    assert "The database is at" in made.run("migrate")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_everything_that_it_needs_answers(site: Site) -> None:
    status, body = site.ask("GET", "/readyz")
    assert status == 200
    assert json.loads(body) == {
        "state": "ok",
        "parts": {"database": True, "storage": True, "queue": True},
    }


def test_somebody_can_sign_up(site: Site, database: str) -> None:
    new = {
        "username": "ada",
        "email": "ada@example.org",
        "password": "correct horse battery",
    }
    status, body = site.ask("POST", "/api/v1/users", json.dumps(new))
    assert status == 201, body
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        names = connection.execute(text("select username from users")).scalars().all()
    engine.dispose()
    assert names == ["ada"]


def test_the_pages_are_there(site: Site) -> None:
    status, page = site.ask("GET", "/sign-up")
    assert status == 200
    assert "<form" in page


def test_it_runs_as_a_user_without_a_name_or_a_right(site: Site) -> None:
    said = docker("exec", site.name, "python", "-c", "import os; print(os.getresuid())")
    assert said.strip() == "(10001, 10001, 10001)"
    status = docker("exec", site.name, "cat", "/proc/self/status")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


def test_nothing_but_its_data_can_be_written(site: Site) -> None:
    docker("exec", site.name, "python", "-c", WRITES)


def test_nothing_that_installs_or_compiles_is_left(site: Site) -> None:
    look = "import importlib.util as u, shutil, sys;" + (
        "found = [n for n in ('pip', 'setuptools', 'ensurepip', 'hatchling') if u.find_spec(n)]"
        " + [n for n in ('pip', 'pip3', 'gcc', 'cc', 'make') if shutil.which(n)];"
        "sys.exit(str(found) if found else 0)"
    )
    site.run("-c", look, entrypoint="python")
    look = "find / -xdev -perm /6000 -type f"
    assert site.run("-c", f"{look} 2>/dev/null || true", entrypoint="sh") == ""


def test_sweeper_and_worker_run_from_it(site: Site, queue_folder: Path) -> None:
    assert "waiting rows" in site.run("sweep")
    name = site.begin("worker")
    try:
        with Redis.from_url(f"unix://{queue_folder}/redis.sock") as client:
            end = time.monotonic() + WITHIN_S
            while not client.scard("rq:workers"):
                assert time.monotonic() < end, docker("logs", name, may_fail=True)
                time.sleep(0.2)
    finally:
        docker("rm", "--force", name)
