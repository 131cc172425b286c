"""A participant as the tests see one: an account, a token, and the public API."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

from tests.live import wait_for

PASSWORD = "sparrow-lantern-47"
WAITING = {"queued", "running"}
_NUMBERS = itertools.count(1)


def new_name(kind: str = "user") -> str:
    """A user or team name that no other test uses."""
    return f"{kind}{os.getpid()}x{next(_NUMBERS)}"


@dataclass
class Participant:
    """Somebody with an account; every call is one of the public API's."""

    url: str
    username: str = field(default_factory=new_name)
    token: str = ""

    def sign_up(self) -> Participant:
        """Make the account and a token."""
        self.call(
            "POST",
            "/users",
            json={
                "username": self.username,
                "email": f"{self.username}@example.org",
                "password": PASSWORD,
            },
        )
        made = self.call(
            "POST",
            "/tokens",
            json={"login": self.username, "password": PASSWORD, "label": "tests"},
        )
        self.token = made["token"]
        return self

    def enter(self, slug: str, team: str = "") -> Participant:
        """Accept the rules and make a team."""
        self.call(
            "PUT", f"/competitions/{slug}/participation", json={"accept_rules": True}
        )
        self.call(
            "POST",
            f"/competitions/{slug}/team",
            json={"name": team or new_name("Team ")},
        )
        return self

    def send(
        self, slug: str, content: bytes, name: str = "predictions.csv", words: str = ""
    ) -> dict[str, Any]:
        """Hand a file in; the submission as it stands right after."""
        sent: dict[str, Any] = self.call(
            "POST",
            f"/competitions/{slug}/submissions",
            params={"file_name": name, "description": words},
            content=content,
            headers={"Content-Type": "application/octet-stream"},
        )
        return sent

    def outcome(self, submission: dict[str, Any], within_s: float = 60.0) -> Any:
        """The submission once it no longer waits."""
        path = f"/submissions/{submission['id']}"

        def settled() -> Any:
            found = self.call("GET", path)
            return None if found["status"] in WAITING else found

        return wait_for(settled, f"submission {submission['id']}", within_s)

    def left_today(self, slug: str) -> int:
        """How many submissions the team may still send today."""
        left: int = self.call("GET", f"/competitions/{slug}")["me"][
            "submissions_left_today"
        ]
        return left

    def items(self, path: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor = None
        while True:
            page = self.call("GET", path, params={"cursor": cursor} if cursor else {})
            yield from page["items"]
            if (cursor := page["next"]) is None:
                return

    def call(self, method: str, path: str, **options: Any) -> Any:
        """A call that must succeed; its JSON."""
        answer = self.ask(method, path, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call that may be refused."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return httpx.request(
            method,
            f"{self.url}/api/v1{path}",
            headers=headers,
            timeout=60.0,
            **options,
        )
