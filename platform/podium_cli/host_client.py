"""What hosts ask of a Podium's API."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx

from podium_cli.answers import refusal, unreachable
from podium_cli.connection import (
    UPLOAD_CHUNK,
    Connection,
    Json,
    path_of,
    pauses,
)


class HostClient(Connection):
    """The competitions that one hosts."""

    def hosted(self) -> list[Json]:
        """The competitions that I host, drafts included."""
        items: list[Json] = self.call("GET", "/hosted")["items"]
        return items

    def hosting(self, slug: str) -> Json:
        """A competition that I host, with its checklist."""
        return self.call("GET", f"{path_of(slug)}/hosting")

    def push_bundle(
        self,
        slug: str,
        archive: Path,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Json:
        """Make or change a competition from the ZIP of its bundle."""
        return self.send("PUT", f"{path_of(slug)}/bundle", archive, progress)

    def pull_bundle(self, slug: str, target: Path) -> None:
        """Write the bundle of a competition that I host into a new ZIP."""
        try:
            with (
                self.http.stream("GET", f"{path_of(slug)}/bundle") as answer,
                target.open("xb") as file,
            ):
                if not answer.is_success:
                    answer.read()
                    raise refusal(self.url, answer)
                for chunk in answer.iter_bytes(UPLOAD_CHUNK):
                    file.write(chunk)
        except httpx.HTTPError as error:
            raise unreachable(self.url, error) from error

    def wait_until_prepared(self, slug: str, *, timeout_s: float = 600.0) -> Json:
        """The checklist once the scorer has read the newest solution, or at last."""
        started, rests = time.monotonic(), pauses()
        while True:
            found = self.hosting(slug)
            waits = any(item["mark"] == "waiting" for item in found["checklist"])
            if not waits or time.monotonic() - started > timeout_s:
                return found
            time.sleep(next(rests))

    def launch(self, slug: str, at: str | None = None) -> Json:
        """Show a draft to everybody, now or at a time in ISO form."""
        return self.call("POST", f"{path_of(slug)}/launch", json={"at": at})

    def call_off_launch(self, slug: str) -> Json:
        """Make a planned launch a draft again."""
        return self.call("DELETE", f"{path_of(slug)}/launch")

    def announce(self, slug: str, title: str, text: str) -> Json:
        """Tell everybody who takes part in a competition that I host."""
        body = {"title": title, "text": text}
        return self.call("POST", f"{path_of(slug)}/announcements", json=body)

    def delete_draft(self, slug: str) -> None:
        """Delete a draft."""
        self.call("DELETE", path_of(slug))
