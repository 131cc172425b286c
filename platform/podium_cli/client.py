"""A Podium's API as Python: what the site offers to participants and hosts, over HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from podium_cli.connection import Json, path_of, pauses
from podium_cli.download import Downloaded, Progress, fetch
from podium_cli.errors import PodiumError, Refused, StillWaiting, Unreachable
from podium_cli.host_client import HostClient
from podium_cli.team_client import TeamClient

WAITING = frozenset({"queued", "running"})
TROUBLES_MOST = 20
SUBMIT_TRIES, SUBMIT_PAUSE_S = 3, 1.0


class Client(TeamClient, HostClient):
    """A connection to one Podium.

    Without ``url`` the server and token of ``podium login`` (or of PODIUM_URL and
    PODIUM_TOKEN) are used; with ``url`` only the ``token`` given, if any.
    """

    def me(self) -> Json:
        """The user whose token this is."""
        return self.call("GET", "/me")

    def export(self) -> Json:
        """Everything that is kept of the user whose token this is."""
        return self.call("GET", "/me/export")

    def make_token(self, login: str, password: str, label: str) -> Json:
        """A new token for that user, its secret under ``token``."""
        body = {"login": login, "password": password, "label": label}
        return self.call("POST", "/tokens", json=body)

    def revoke_token(self, token_id: int) -> None:
        """Make a token invalid."""
        self.call("DELETE", f"/tokens/{token_id}")

    def competitions(
        self, *, stage: str = "", search: str = "", limit: int | None = None
    ) -> Iterator[Json]:
        """The competitions, newest first; ``stage``: open, upcoming or ended."""
        return self.items(
            "/competitions", limit=limit, query={"stage": stage, "search": search}
        )

    def competition(self, slug: str) -> Json:
        """A competition with its timeline, limits and, with a token, my part in it."""
        return self.call("GET", path_of(slug))

    def page(self, slug: str, name: str) -> Json:
        """A page of a competition; ``text`` is its Markdown."""
        return self.call("GET", f"{path_of(slug)}/pages/{quote(name, safe='')}")

    def join(self, slug: str) -> Json:
        """Accept a competition's rules and take part."""
        body = {"accept_rules": True}
        return self.call("PUT", f"{path_of(slug)}/participation", json=body)

    def data(self, slug: str) -> list[Json]:
        """The data files of a competition."""
        items: list[Json] = self.call("GET", f"{path_of(slug)}/data")["items"]
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
                self.http,
                f"{path_of(slug)}/data/{quote(item['name'], safe='')}",
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
                return self.send(
                    "POST",
                    f"{path_of(slug)}/submissions",
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

    def announcements(self, slug: str) -> list[Json]:
        """What a competition's host announced, newest first."""
        items: list[Json] = self.call("GET", f"{path_of(slug)}/announcements")["items"]
        return items

    def submission(self, submission_id: str) -> Json:
        """A submission of my team."""
        return self.call("GET", f"/submissions/{quote(submission_id, safe='')}")

    def submissions(self, slug: str, *, limit: int | None = None) -> Iterator[Json]:
        """My team's submissions, newest first."""
        return self.items(f"{path_of(slug)}/submissions", limit=limit)

    def choose(self, submission_id: str, *, final: bool = True) -> Json:
        """Make a submission one of my team's finals, or no longer one."""
        path = f"/submissions/{quote(submission_id, safe='')}/final"
        return self.call("PUT" if final else "DELETE", path)

    def withdraw(self, submission_id: str) -> None:
        """Take a submission back."""
        self.call("DELETE", f"/submissions/{quote(submission_id, safe='')}")

    def receipt(self, receipt_id: str) -> Json:
        """A receipt of my team, or of a finished board."""
        return self.call("GET", f"/receipts/{quote(receipt_id, safe='')}")

    def chain(self, slug: str, *, limit: int | None = None) -> Iterator[Json]:
        """The links of a competition's receipts, the oldest first."""
        return self.items(f"{path_of(slug)}/receipts", limit=limit)

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
        started, rests, troubles = time.monotonic(), pauses(), 0
        last: Json = {"id": submission_id}
        while True:
            rest = next(rests)
            try:
                last, troubles = self.submission(submission_id), 0
            except (Unreachable, Refused) as error:
                troubles += 1
                if not _passes(error) or troubles > TROUBLES_MOST:
                    raise
                rest = max(rest, getattr(error, "retry_after_s", None) or 0.0)
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

    def leaderboard(
        self, slug: str, *, board: str = "public", limit: int | None = None
    ) -> Json:
        """A board: its entries under ``items``, mine under ``me``."""
        pages = self.pages(
            f"{path_of(slug)}/leaderboard", limit=limit, query={"board": board}
        )
        whole = next(pages)
        for page in pages:
            whole["items"] += page["items"]
        return whole | {"items": whole["items"][:limit]}


def _passes(error: PodiumError) -> bool:
    """Whether the same question may be answered in a moment."""
    if isinstance(error, Refused):
        return error.status == 429 or (error.status or 0) >= 500
    return True
