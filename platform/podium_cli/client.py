"""A Podium's API as Python: what the site offers to participants, over HTTP.

Answers are the API's JSON as dictionaries and lists. Everything that fails raises a
``PodiumError`` whose text is the server's own sentence where it gave one.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias
from urllib.parse import quote

import httpx2 as httpx

from podium_cli.answers import read_json, refusal, unreachable
from podium_cli.credentials import Credentials, site_url
from podium_cli.download import Downloaded, Progress, fetch
from podium_cli.errors import PodiumError, Refused, StillWaiting, Unreachable

Json: TypeAlias = dict[str, Any]

WAITING = frozenset({"queued", "running"})
UPLOAD_CHUNK = 1 << 20
PAGE_ROWS = 100
# Ask often at first: most submissions are scored within seconds.
POLL_FIRST_S, POLL_MOST_S, POLL_FACTOR = 0.3, 5.0, 1.4
TROUBLES_MOST = 20
SUBMIT_TRIES, SUBMIT_PAUSE_S = 3, 1.0


class Client:
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
        self._http = httpx.Client(
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
        self._http.close()

    def me(self) -> Json:
        """The user whose token this is."""
        return self._call("GET", "/me")

    def make_token(self, login: str, password: str, label: str) -> Json:
        """A new token for that user, its secret under ``token``."""
        body = {"login": login, "password": password, "label": label}
        return self._call("POST", "/tokens", json=body)

    def revoke_token(self, token_id: int) -> None:
        """Make a token invalid."""
        self._call("DELETE", f"/tokens/{token_id}")

    def competitions(
        self, *, stage: str = "", search: str = "", limit: int | None = None
    ) -> Iterator[Json]:
        """The competitions, newest first; ``stage``: open, upcoming or ended."""
        return self._items(
            "/competitions", limit=limit, query={"stage": stage, "search": search}
        )

    def competition(self, slug: str) -> Json:
        """A competition with its timeline, limits and, with a token, my part in it."""
        return self._call("GET", _at(slug))

    def page(self, slug: str, name: str) -> Json:
        """A page of a competition; ``text`` is its Markdown."""
        return self._call("GET", f"{_at(slug)}/pages/{quote(name, safe='')}")

    def join(self, slug: str) -> Json:
        """Accept a competition's rules and take part."""
        body = {"accept_rules": True}
        return self._call("PUT", f"{_at(slug)}/participation", json=body)

    def data(self, slug: str) -> list[Json]:
        """The data files of a competition."""
        items: list[Json] = self._call("GET", f"{_at(slug)}/data")["items"]
        return items

    def download(
        self,
        slug: str,
        *,
        name: str | None = None,
        folder: Path = Path(),
        force: bool = False,
        progress: Progress | None = None,
    ) -> list[Downloaded]:
        """Download one data file, or all of them, into a folder.

        What is there already with the right hash is left; what was cut off goes on where
        it stopped. Raises Refused where another file of that name would be replaced and
        ``force`` is not set.
        """
        items = self.data(slug)
        chosen = [item for item in items if name in {None, item["name"]}]
        if not chosen:
            names = ", ".join(item["name"] for item in items) or "none yet"
            raise Refused(
                f"{slug} has no data file “{name}”. Its files: {names}."
                if name
                else f"{slug} has no data files yet."
            )
        return [
            fetch(
                self._http,
                f"{_at(slug)}/data/{quote(item['name'], safe='')}",
                item,
                folder,
                force=force,
                progress=progress,
            )
            for item in chosen
        ]

    def submit(
        self,
        slug: str,
        file: Path,
        message: str = "",
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Json:
        """Send a file of predictions; the submission as it was received.

        ``progress`` is told bytes sent and bytes in all.
        """
        query = {"file_name": file.name, "description": message}
        # Sent again with the same key it is the same submission, should it have arrived.
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        for left in reversed(range(SUBMIT_TRIES)):
            try:
                return self._send(
                    "POST",
                    f"{_at(slug)}/submissions",
                    file,
                    progress,
                    headers,
                    params={key: value for key, value in query.items() if value},
                )
            except Unreachable as error:
                if not left:
                    raise Unreachable(
                        f"{error} It was tried {SUBMIT_TRIES} times. Whether the file "
                        f"arrived is not known: look with podium submissions {slug} "
                        "before you send it again."
                    ) from error
                time.sleep(SUBMIT_PAUSE_S)
        raise AssertionError("the last try either answers or raises")

    def hosted(self) -> list[Json]:
        """The competitions that I host, drafts included."""
        items: list[Json] = self._call("GET", "/hosted")["items"]
        return items

    def hosting(self, slug: str) -> Json:
        """A competition that I host, with its checklist."""
        return self._call("GET", f"{_at(slug)}/hosting")

    def push_bundle(
        self,
        slug: str,
        archive: Path,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Json:
        """Make or change a competition from the ZIP of its bundle."""
        return self._send("PUT", f"{_at(slug)}/bundle", archive, progress)

    def pull_bundle(self, slug: str, target: Path) -> None:
        """Write the bundle of a competition that I host into a new ZIP."""
        try:
            with (
                self._http.stream("GET", f"{_at(slug)}/bundle") as answer,
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
        started, pause = time.monotonic(), POLL_FIRST_S
        while True:
            found = self.hosting(slug)
            waits = any(item["mark"] == "waiting" for item in found["checklist"])
            if not waits or time.monotonic() - started > timeout_s:
                return found
            time.sleep(pause)
            pause = min(pause * POLL_FACTOR, POLL_MOST_S)

    def launch(self, slug: str, at: str | None = None) -> Json:
        """Show a draft to everybody, now or at a time in ISO form."""
        return self._call("POST", f"{_at(slug)}/launch", json={"at": at})

    def call_off_launch(self, slug: str) -> Json:
        """Make a planned launch a draft again."""
        return self._call("DELETE", f"{_at(slug)}/launch")

    def announcements(self, slug: str) -> list[Json]:
        """What a competition's host announced, newest first."""
        items: list[Json] = self._call("GET", f"{_at(slug)}/announcements")["items"]
        return items

    def announce(self, slug: str, title: str, text: str) -> Json:
        """Tell everybody who takes part in a competition that I host."""
        body = {"title": title, "text": text}
        return self._call("POST", f"{_at(slug)}/announcements", json=body)

    def delete_draft(self, slug: str) -> None:
        """Delete a draft."""
        self._call("DELETE", _at(slug))

    def submission(self, submission_id: str) -> Json:
        """A submission of my team."""
        return self._call("GET", f"/submissions/{quote(submission_id, safe='')}")

    def submissions(self, slug: str, *, limit: int | None = None) -> Iterator[Json]:
        """My team's submissions, newest first."""
        return self._items(f"{_at(slug)}/submissions", limit=limit)

    def choose(self, submission_id: str, *, final: bool = True) -> Json:
        """Make a submission one of my team's finals, or no longer one."""
        path = f"/submissions/{quote(submission_id, safe='')}/final"
        return self._call("PUT" if final else "DELETE", path)

    def withdraw(self, submission_id: str) -> None:
        """Take a submission back."""
        self._call("DELETE", f"/submissions/{quote(submission_id, safe='')}")

    def receipt(self, receipt_id: str) -> Json:
        """A receipt of my team, or of a finished board."""
        return self._call("GET", f"/receipts/{quote(receipt_id, safe='')}")

    def chain(self, slug: str, *, limit: int | None = None) -> Iterator[Json]:
        """The links of a competition's receipts, the oldest first."""
        return self._items(f"{_at(slug)}/receipts", limit=limit)

    def wait(
        self,
        submission_id: str,
        *,
        timeout_s: float | None = None,
        on_state: Callable[[Json], None] | None = None,
    ) -> Json:
        """The submission once it is no longer waiting; raises StillWaiting in the end.

        A server that is away for a moment, or asks to slow down, is asked again.
        ``on_state`` is told every state that was seen.
        """
        started, pause, troubles = time.monotonic(), POLL_FIRST_S, 0
        last: Json = {"id": submission_id}
        while True:
            rest = pause
            try:
                last, troubles = self.submission(submission_id), 0
            except (Unreachable, Refused) as error:
                troubles += 1
                if not _passes(error) or troubles > TROUBLES_MOST:
                    raise
                rest = max(pause, getattr(error, "retry_after_s", None) or 0.0)
            else:
                if on_state is not None:
                    on_state(last)
                if last["status"] not in WAITING:
                    return last
            if timeout_s is not None:
                left = started + timeout_s - time.monotonic()
                if left <= 0:
                    raise StillWaiting(
                        f"Submission {submission_id} was not scored within "
                        f"{timeout_s:g} s. It stays in the queue; nothing is lost.",
                        last,
                    )
                rest = min(rest, left)
            time.sleep(rest)
            pause = min(pause * POLL_FACTOR, POLL_MOST_S)

    def leaderboard(
        self, slug: str, *, board: str = "public", limit: int | None = None
    ) -> Json:
        """A board: its entries under ``items``, mine under ``me``."""
        pages = self._pages(
            f"{_at(slug)}/leaderboard", limit=limit, query={"board": board}
        )
        whole = next(pages)
        for page in pages:
            whole["items"] += page["items"]
        return whole | {"items": whole["items"][:limit]}

    def team(self, slug: str) -> Json:
        """My team, with its members and the invitations that wait."""
        return self._call("GET", f"{_at(slug)}/team")

    def name_team(self, slug: str, name: str) -> Json:
        """Make a team of this name, or rename mine."""
        try:
            self.team(slug)
        except Refused as error:
            if error.status != httpx.codes.NOT_FOUND or error.kind != "no_team":
                raise
            return self._call("POST", f"{_at(slug)}/team", json={"name": name})
        return self._call("PATCH", f"{_at(slug)}/team", json={"name": name})

    def invite(self, slug: str, username: str) -> Json:
        """Invite a user into my team."""
        path = f"{_at(slug)}/team/invitations"
        return self._call("POST", path, json={"username": username})

    def invitations(self) -> list[Json]:
        """The invitations that wait for my answer."""
        items: list[Json] = self._call("GET", "/invitations")["items"]
        return items

    def answer_invitation(self, invitation_id: str, *, accept: bool) -> Json:
        """Join the team that invited me, or decline."""
        word = "accept" if accept else "decline"
        path = f"/invitations/{quote(invitation_id, safe='')}/{word}"
        return self._call("POST", path)

    def hand_over(self, slug: str, username: str) -> Json:
        """Make another member the leader of my team."""
        path = f"{_at(slug)}/team/leader"
        return self._call("PUT", path, json={"username": username})

    def remove_member(self, slug: str, username: str) -> None:
        """Take a member out of my team."""
        self._call("DELETE", f"{_at(slug)}/team/members/{quote(username, safe='')}")

    def make_link(self, slug: str) -> Json:
        """A link by which others join my team."""
        return self._call("POST", f"{_at(slug)}/team/link")

    def close_link(self, slug: str) -> None:
        """Let nobody join by my team's link any more."""
        self._call("DELETE", f"{_at(slug)}/team/link")

    def join_by_link(self, link: str) -> Json:
        """Join a team by its link, or by the last part of it."""
        secret = link.rstrip("/").rpartition("/")[2]
        return self._call("POST", f"/team-links/{quote(secret, safe='')}")

    def take_requests(self, slug: str, *, is_open: bool) -> Json:
        """Let others ask to join my team, or no longer."""
        path = f"{_at(slug)}/team/openness"
        return self._call("PUT", path, json={"open_to_requests": is_open})

    def join_requests(self, slug: str) -> list[Json]:
        """Requests to join, to my team and of mine."""
        found = self._call("GET", f"{_at(slug)}/join-requests")
        items: list[Json] = found["items"]
        return items

    def ask_to_join(self, slug: str, name: str, message: str = "") -> Json:
        """Ask the team of this name to let me in."""
        body = {"name": name, "message": message}
        return self._call("POST", f"{_at(slug)}/join-requests", json=body)

    def accept_join(self, request_id: str) -> Json:
        """Let in who asked to join my team."""
        path = f"/join-requests/{quote(request_id, safe='')}/accept"
        return self._call("POST", path)

    def close_join(self, request_id: str) -> None:
        """Decline a request to join my team, or take my own back."""
        self._call("DELETE", f"/join-requests/{quote(request_id, safe='')}")

    def merge_requests(self, slug: str) -> list[Json]:
        """Requests to merge, to my team and of my team."""
        items: list[Json] = self._call("GET", f"{_at(slug)}/team/merge-requests")[
            "items"
        ]
        return items

    def ask_to_merge(self, slug: str, name: str) -> Json:
        """Ask the team of this name to become one with mine."""
        path = f"{_at(slug)}/team/merge-requests"
        return self._call("POST", path, json={"name": name})

    def accept_merge(self, request_id: str) -> Json:
        """Merge with the team that asked mine."""
        path = f"/merge-requests/{quote(request_id, safe='')}/accept"
        return self._call("POST", path)

    def close_merge(self, request_id: str) -> None:
        """Decline a request to merge, or take my team's own back."""
        self._call("DELETE", f"/merge-requests/{quote(request_id, safe='')}")

    def _items(
        self,
        path: str,
        *,
        limit: int | None = None,
        query: dict[str, str] | None = None,
    ) -> Iterator[Json]:
        given = 0
        for page in self._pages(path, limit=limit, query=query or {}):
            for item in page["items"]:
                if limit is not None and given >= limit:
                    return
                given += 1
                yield item

    def _pages(
        self, path: str, *, limit: int | None, query: dict[str, str]
    ) -> Iterator[Json]:
        """The pages of a list up to the one that fills ``limit``."""
        params = {key: value for key, value in query.items() if value}
        params["limit"] = str(min(PAGE_ROWS, limit or PAGE_ROWS))
        given = 0
        while True:
            page = self._call("GET", path, params=params)
            yield page
            given += len(page["items"])
            if not page.get("next") or (limit is not None and given >= limit):
                return
            params["cursor"] = page["next"]

    def _send(
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
                return self._call(
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

    def _call(self, method: str, path: str, **options: Any) -> Json:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise unreachable(self.url, error) from error
        return read_json(self.url, answer)


def _at(slug: str) -> str:
    return f"/competitions/{quote(slug, safe='')}"


def _passes(error: PodiumError) -> bool:
    """Whether the same question may be answered in a moment."""
    if isinstance(error, Refused):
        return error.status == 429 or (error.status or 0) >= 500
    return True


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
