"""What can go wrong, each with a sentence for the user and an exit code for scripts."""

from __future__ import annotations

from typing import Any


class PodiumError(Exception):
    """Base of all that the client raises; its text is a sentence for the user.

    ``kind`` is a short stable word for programs.
    """

    exit_code = 1
    kind = "refused"


class Refused(PodiumError):
    """The server answered with a refusal, or this program refuses before it asks.

    ``status`` is the HTTP status (None where the server was not asked), ``fields`` says
    what is wrong by field, ``retry_after_s`` when to try again, where the server said it.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        kind: str = "refused",
        fields: dict[str, str] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.kind = kind
        self.fields = fields or {}
        self.retry_after_s = retry_after_s


class NotLoggedIn(Refused):
    """The command needs a token, or the token is not valid any more."""

    exit_code = 6

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, status=401, kind="unauthorized")


class Unreachable(PodiumError):
    """No Podium answers at the address, or the connection broke."""

    exit_code = 3
    kind = "unreachable"


class StillWaiting(PodiumError):
    """A submission was not scored in the time given; ``submission`` is its last state."""

    exit_code = 5
    kind = "still_waiting"

    def __init__(self, sentence: str, submission: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.submission = submission
