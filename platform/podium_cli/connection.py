"""One Podium's API over HTTP: connecting, lists in pages, files, and what fails.

Answers are the API's JSON as dictionaries and lists. Everything that fails raises a
``PodiumError`` whose text is the server's own sentence where it gave one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias
from urllib.parse import quote

import httpx2 as httpx

from podium_cli.answers import read_json, unreachable
from podium_cli.credentials import Credentials, site_url
from podium_cli.errors import Refused

Json: TypeAlias = dict[str, Any]

UPLOAD_CHUNK = 1 << 20
PAGE_ROWS = 100
# Ask often at first: most submissions are scored within seconds.
POLL_FIRST_S, POLL_MOST_S, POLL_FACTOR = 0.3, 5.0, 1.4


class Connection:
    """A connection to one Podium.

    Without ``url`` the server and token of ``podium login`` (or of PODIUM_URL and
    PODIUM_TOKEN) are used; with ``url`` only the ``token`` given, if any.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout_s: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if url is None:
            login = Credentials.of_user().current()
            url, token = login.url, token or login.token
        self.url = site_url(url)
        headers = {"Accept": "application/json", "User-Agent": "podium-cli"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.http = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=min(10.0, timeout_s)),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def items(
        self,
        path: str,
        *,
        limit: int | None = None,
        query: dict[str, str] | None = None,
    ) -> Iterator[Json]:
        """The items of a list, page by page, up to ``limit``."""
        given = 0
        for page in self.pages(path, limit=limit, query=query or {}):
            for item in page["items"]:
                if limit is not None and given >= limit:
                    return
                given += 1
                yield item

    def pages(
        self, path: str, *, limit: int | None, query: dict[str, str]
    ) -> Iterator[Json]:
        """The pages of a list up to the one that fills ``limit``."""
        params = {key: value for key, value in query.items() if value}
        params["limit"] = str(min(PAGE_ROWS, limit or PAGE_ROWS))
        given = 0
        while True:
            page = self.call("GET", path, params=params)
            yield page
            given += len(page["items"])
            if not page.get("next") or (limit is not None and given >= limit):
                return
            params["cursor"] = page["next"]

    def send(
        self,
        method: str,
        path: str,
        file: Path,
        progress: Callable[[int, int], None] | None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Json:
        """Send a file as the body; raises Refused where it can't be read."""
        try:
            size = file.stat().st_size
            with file.open("rb") as stream:
                return self.call(
                    method,
                    path,
                    content=_chunks(stream, size, progress),
                    headers={
                        "Content-Type": "application/octet-stream",
                        "Content-Length": str(size),
                        **(headers or {}),
                    },
                    **options,
                )
        except OSError as error:
            raise Refused(f"{file} can't be read: {error.strerror}.") from error

    def call(self, method: str, path: str, **options: Any) -> Json:
        """What the API answers; raises a PodiumError for anything but a success."""
        try:
            answer = self.http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise unreachable(self.url, error) from error
        return read_json(self.url, answer)


def path_of(slug: str) -> str:
    """The address of a competition in the API."""
    return f"/competitions/{quote(slug, safe='')}"


def pauses() -> Iterator[float]:
    """The seconds to rest before each next question about something that takes a while."""
    pause = POLL_FIRST_S
    while True:
        yield pause
        pause = min(pause * POLL_FACTOR, POLL_MOST_S)


def _chunks(
    stream: BinaryIO, size: int, progress: Callable[[int, int], None] | None
) -> Iterator[bytes]:
    """The file's first ``size`` bytes, so that one that grows is not sent wrongly."""
    sent = 0
    while sent < size and (chunk := stream.read(min(UPLOAD_CHUNK, size - sent))):
        yield chunk
        sent += len(chunk)
        if progress is not None:
            progress(sent, size)
