"""A Podium of our own over real HTTP: the API's shapes, and the ways it can misbehave."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "podium_secret"
WAITING = {"status": "queued", "waiting": {"position": 2, "estimate_s": 3.2}}
SCORED = {"status": "scored", "public_score": 0.9876543, "rank": 2, "waiting": None}
REJECTED = {
    "status": "rejected",
    "waiting": None,
    "counted": False,
    "errors": [
        {
            "kind": "unknown_id",
            "message": "Some ids are not in the test file.",
            "advice": "Take the ids of test.csv.",
            "count": 12,
            "examples": [{"line": 3, "value": "x\x1b[31m"}, {"line": 9}],
        }
    ],
}


@dataclass
class Fake:
    """What the server knows, what it was asked, and how it misbehaves."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    boards: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=lambda: [SCORED])
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    revoked: list[int] = field(default_factory=list)
    # method and path (or its beginning) -> status, headers and body of the next answers
    instead: dict[str, list[tuple[int, dict[str, str], bytes]]] = field(
        default_factory=dict
    )
    cut_after: list[int] = field(default_factory=list)  # bytes of the next downloads
    ranges: bool = True
    lie_about_hash: bool = False

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.asked]

    def refuse(
        self, where: str, status: int, detail: str, times: int = 1, **more: Any
    ) -> None:
        """Answer the next requests there with a problem."""
        problem = {"title": "-", "status": status, "detail": detail} | more
        headers = {"Content-Type": "application/problem+json"}
        if "retry_after" in more:
            headers["Retry-After"] = str(more["retry_after"])
        answer = (status, headers, json.dumps(problem).encode())
        self.instead.setdefault(where, []).extend([answer] * times)

    def break_down(self, where: str, body: bytes, status: int = 502) -> None:
        """Answer the next request there as some other program would."""
        self.instead.setdefault(where, []).append(
            (status, {"Content-Type": "text/html"}, body)
        )

    def item(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        sha256 = hashlib.sha256(content).hexdigest()
        return {
            "name": name,
            "description": "",
            "size": len(content),
            "sha256": "0" * 64 if self.lie_about_hash else sha256,
            "url": "",
        }


class Handler(BaseHTTPRequestHandler):
    """The routes that the command line uses."""

    protocol_version = "HTTP/1.1"
    server: FakeServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        fake, parts = self.server.fake, urlsplit(self.path)
        path = parts.path.removeprefix("/api/v1")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fake.asked.append((method, path, query | dict(self.headers)))
        for where, answers in fake.instead.items():
            if f"{method} {path}".startswith(where) and answers:
                self._answer(*answers.pop(0))
                return
        name, _, rest = path.removeprefix("/").partition("/")
        if not parts.path.startswith("/api/v1/"):
            self._problem(404, "not_found", "There is nothing here.")
        elif self._needs_token(method, path) and not self._has_token():
            self._problem(401, "unauthorized", "This token is not valid.")
        else:
            getattr(self, f"_{name}")(method, rest, query, body)

    def _needs_token(self, method: str, path: str) -> bool:
        open_paths = ("/tokens", "/competitions")
        private = ("submissions", "participation")
        return not path.startswith(open_paths) or path.endswith(private)

    def _has_token(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _me(self, *_: Any) -> None:
        self._json({"username": "ada", "display_name": "Ada"})

    def _tokens(
        self, method: str, rest: str, _query: dict[str, str], body: bytes
    ) -> None:
        if method == "DELETE":
            self.server.fake.revoked.append(int(rest))
            self._answer(204, {}, b"")
            return
        asked = json.loads(body)
        if (asked["login"], asked["password"]) != ("ada", "right"):
            self._problem(403, "not_allowed", "User name or password is wrong.")
            return
        self._json({"id": 7, "label": asked["label"], "token": TOKEN}, 201)

    def _competitions(
        self, method: str, rest: str, query: dict[str, str], body: bytes
    ) -> None:
        slug, _, part = rest.partition("/")
        fake = self.server.fake
        if not slug:
            self._page([competition(f"wine-{i}") for i in range(130)], query)
        elif slug != "wine":
            self._problem(404, "not_found", f"There is no {slug}. Did you mean wine?")
        elif not part:
            mine = {"submissions_left_today": 3}
            self._json(competition("wine") | {"me": mine, "program": None})
        elif part == "pages/rules":
            self._json({"name": "rules", "title": "Rules", "text": "## Fair\n\x1b[2J"})
        elif part == "participation":
            self._json({"joined": json.loads(body)["accept_rules"]})
        elif part == "data":
            self._json(
                {"items": [fake.item(name) for name in fake.files], "next": None}
            )
        elif part.startswith("data/"):
            self._file(part.removeprefix("data/"))
        elif part == "leaderboard":
            me = fake.boards[-1] if fake.boards else None
            self._page(fake.boards, query, {"me": me, "board": query["board"]})
        elif method == "POST":
            self._receive(query, body)
        else:
            self._page(fake.sent, query)

    def _receive(self, query: dict[str, str], body: bytes) -> None:
        submission = {
            "id": "s1",
            "created_at": "2026-07-01T12:00:00Z",
            "file_name": query["file_name"],
            "description": query.get("description", ""),
            "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "public_score": None,
            "private_score": None,
        }
        self.server.fake.sent.insert(0, submission | WAITING)
        self._json(submission | WAITING, 201)

    def _submissions(self, _method: str, rest: str, *_: Any) -> None:
        fake = self.server.fake
        state = fake.states.pop(0) if len(fake.states) > 1 else fake.states[0]
        self._json({"id": rest, "file_name": "mine.csv"} | state)

    def _file(self, name: str) -> None:
        """A file by ranges; ``cut_after`` breaks the connection in the middle."""
        fake = self.server.fake
        content, start = fake.files[name], 0
        asked = self.headers.get("Range")
        if asked and fake.ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            total = len(content)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.end_headers()
        rest = content[start:]
        if fake.cut_after:
            self.wfile.write(rest[: fake.cut_after.pop(0)])
            self.wfile.flush()
            self.close_connection = True
        else:
            self.wfile.write(rest)

    def _page(
        self,
        items: list[dict[str, Any]],
        query: dict[str, str],
        more: dict[str, Any] | None = None,
    ) -> None:
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", 50))
        end = start + limit
        cursor = str(end) if end < len(items) else None
        self._json({"items": items[start:end], "next": cursor} | (more or {}))

    def _json(self, data: dict[str, Any], status: int = 200) -> None:
        headers = {"Content-Type": "application/json"}
        self._answer(status, headers, json.dumps(data).encode())

    def _problem(self, status: int, kind: str, detail: str) -> None:
        data = {"title": "-", "status": status, "detail": detail, "kind": kind}
        headers = {"Content-Type": "application/problem+json"}
        self._answer(status, headers, json.dumps(data).encode())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class FakeServer(ThreadingHTTPServer):
    """The server of one Fake."""

    daemon_threads = True

    def __init__(self, fake: Fake) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.fake = fake


def competition(slug: str) -> dict[str, Any]:
    """A competition as lists show it."""
    return {
        "slug": slug,
        "title": f"{slug} \x1b[31mred",
        "stage": "open",
        "closes_at": "2030-12-31T23:59:59Z",
        "metric": {"name": "f1_macro", "title": "Macro F1", "higher_is_better": True},
        "teams": 3,
    }


def entry(rank: int) -> dict[str, Any]:
    """A row of a board."""
    return {
        "rank": rank,
        "team": {"id": f"t{rank}", "name": f"Team {rank}"},
        "score": 1 - rank / 1000,
        "rank_interval": [max(rank - 1, 1), rank],
        "submissions": 2,
        "last_at": "2026-07-01T12:00:00Z",
    }


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    """Serve it on a free port of this machine."""
    with FakeServer(fake) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
