"""The site in a thread of its own, for a browser to visit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from podium.app import create_app
from podium.bootstrap import Services
from podium.core.db import Database
from podium.core.storage import LocalStorage
from podium.settings import Settings
from podium_sandbox.client import SandboxClient
from tests.podium.factories import FakeJobs


def make_services(folder: Path, database_url: str) -> Services:
    """Services without Redis, worker or sandbox."""
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        redis_url=f"unix://{folder}/nobody.sock",
        secret_key="a key for tests",
        log_in_tries_per_minute=1000,
    )
    return Services(
        settings=settings,
        database=Database(settings.database),
        storage=LocalStorage(settings.storage_dir),
        jobs=FakeJobs(),
        sandbox=SandboxClient(settings.sandbox_socket_path),
    )


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, *_about: object) -> None:
        """Say nothing."""


@contextmanager
def serving(services: Services, port: int = 0) -> Iterator[str]:
    """Serve the site on loopback; gives its address."""
    app = create_app(services.settings, services)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
