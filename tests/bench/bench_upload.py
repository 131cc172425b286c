"""How much memory the site takes while a large file is uploaded, against idle.

The file is sent by a process of its own, piece by piece: as the API takes it (the body is
the file), as a browser's script sends it, and as a form without scripts.
"""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil

from tests.bench.bench_score import import_competition
from tests.bench.tables import Table
from tests.e2e.people import PASSWORD, Participant
from tests.live import LivePodium, running

SLUG = "bench-upload"
LARGE, QUICK_LARGE = 1 << 30, 64 << 20
LOOK_EVERY_S = 0.02
IDLE_S, QUICK_IDLE_S = 3.0, 0.5
PIECE = 1 << 20
MB = 1e6
PROMISED_MB = 150


def run(*, quick: bool) -> Iterator[Table]:
    """Idle, peak and growth of the site's memory for each way to send."""
    size = QUICK_LARGE if quick else LARGE
    table = Table(
        f"The site's memory while {size / (1 << 20):,.0f} MiB are uploaded",
        ("sent as", "idle MB", "peak MB", "growth MB", "seconds", "MB/s"),
    )
    with running(sandbox="process") as live:
        import_competition(live, SLUG, rows=100, most_bytes=size)
        person = Participant(live.url).sign_up().enter(SLUG)
        cookies, token = _log_in(live, person)
        for name, request in {
            "the body, with a token (API)": _as_api(person),
            "the body, with a cookie (page)": _as_script(cookies, token),
            "a form (page without scripts)": _as_form(cookies, token),
        }.items():
            _measure(table, live, name, [*request, str(size)], quick=quick)
    table.notes += [
        "Resident memory of all processes of the site together, looked at every "
        f"{1000 * LOOK_EVERY_S:.0f} ms; promised: growth under {PROMISED_MB} MB.",
    ]
    yield table


def _measure(
    table: Table, live: LivePodium, name: str, request: list[str], *, quick: bool
) -> None:
    os.sync()  # what others wrote before shall not be waited for
    watch = _Watch(live)
    watch.look_for(QUICK_IDLE_S if quick else IDLE_S)
    idle = max(watch.seen)
    watch.seen.clear()
    command = [sys.executable, "-m", __name__, str(live.port), *request]
    with watch:
        sent = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = float(sent.stdout)
    peak = max(watch.seen)
    rate = int(request[-1]) / MB / seconds
    table.add(name, idle / MB, peak / MB, (peak - idle) / MB, seconds, rate)


@dataclass
class _Watch:
    """Looks at the memory of the site's processes, once or all the time."""

    live: LivePodium
    seen: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> _Watch:
        self._stop.clear()
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def look_for(self, seconds: float) -> None:
        """Look for a while."""
        with self:
            time.sleep(seconds)

    def _go_on(self) -> None:
        site = self.live.named("gunicorn")
        while not self._stop.wait(LOOK_EVERY_S):
            self.seen.append(sum(map(_resident, site)))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _as_api(person: Participant) -> list[str]:
    path = f"/api/v1/competitions/{SLUG}/submissions?file_name=large.csv"
    return [path, "body", f"Authorization: Bearer {person.token}"]


def _as_script(cookies: str, token: str) -> list[str]:
    path = f"/c/{SLUG}/submit?file_name=large.csv"
    return [path, "body", f"Cookie: {cookies}", f"X-CSRFToken: {token}"]


def _as_form(cookies: str, token: str) -> list[str]:
    return [f"/c/{SLUG}/submit", f"form {token}", f"Cookie: {cookies}"]


def _log_in(live: LivePodium, person: Participant) -> tuple[str, str]:
    """The cookies of somebody who logged in, and a token for forms."""
    jar: dict[str, str] = {}

    def ask(method: str, path: str, body: str | None = None) -> str:
        link = http.client.HTTPConnection("127.0.0.1", live.port)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        link.request(method, path, body, headers)
        answer = link.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            key, _, value = cookie.partition(";")[0].partition("=")
            jar[key] = value
        content = answer.read().decode()
        link.close()
        return content

    token = _token(ask("GET", "/log-in"))
    ask(
        "POST",
        "/log-in",
        f"csrf_token={token}&login={person.username}&password={PASSWORD}",
    )
    token = _token(ask("GET", f"/c/{SLUG}/submit"))
    return "; ".join(f"{k}={v}" for k, v in jar.items()), token


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("the page has no form")
    return found[1]


def send(port: str, path: str, kind: str, *headers_and_size: str) -> int:
    """Send rows of made-up predictions, as many bytes as asked for; an exit code.

    Prints how many seconds it took, until the answer was read.
    """
    *lines, size = headers_and_size
    headers = dict(line.split(": ", 1) for line in lines)
    before = after = b""
    if kind == "body":
        headers["Content-Type"] = "application/octet-stream"
    else:
        before, after = _form(kind.partition(" ")[2])
        headers["Content-Type"] = "multipart/form-data; boundary=podium"
    headers["Content-Length"] = str(len(before) + int(size) + len(after))
    link = http.client.HTTPConnection("127.0.0.1", int(port), timeout=300)
    begun = time.perf_counter()
    link.request("POST", path, _pieces(before, int(size), after), headers)
    answer = link.getresponse()
    content = answer.read()
    print(time.perf_counter() - begun)
    if answer.status not in {201, 303}:
        print(f"{answer.status} {content[-2000:]!r}", file=sys.stderr)
        return 1
    return 0


def _form(token: str) -> tuple[bytes, bytes]:
    part = "--podium\r\nContent-Disposition: form-data; name="
    before = (
        f'{part}"csrf_token"\r\n\r\n{token}\r\n'
        f'{part}"file"; filename="large.csv"\r\nContent-Type: text/csv\r\n\r\n'
    )
    return before.encode(), b"\r\n--podium--\r\n"


def _pieces(before: bytes, size: int, after: bytes) -> Iterator[bytes]:
    line = b"123456,0.500000\n"
    piece = line * (PIECE // len(line))
    yield before
    left = size
    while left > 0:
        yield piece[: min(left, PIECE)]
        left -= PIECE
    yield after


if __name__ == "__main__":
    sys.exit(send(*sys.argv[1:]))
