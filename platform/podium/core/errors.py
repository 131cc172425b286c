"""The endings of a request that are not a success, each with a sentence for the user."""

from __future__ import annotations


class PodiumError(Exception):
    """Base of the errors a user may see; its text is a sentence for them.

    ``kind`` is a stable short word for programs, ``fields`` names faults by form field.
    """

    status = 400

    def __init__(
        self,
        sentence: str,
        *,
        kind: str = "refused",
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.kind = kind
        self.fields = fields or {}


class Refused(PodiumError):
    """The rules don't allow it; the sentence says why and what to do."""

    status = 409


class Invalid(PodiumError):
    """The input has faults; ``fields`` holds all of them."""

    status = 422


class NotFound(PodiumError):
    """There is no such thing, or not for this viewer."""

    status = 404


class NotAllowed(PodiumError):
    """This viewer may not do that."""

    status = 403


class TooMany(PodiumError):
    """Too many requests; ``retry_after_s`` says when to try again."""

    status = 429

    def __init__(self, sentence: str, *, retry_after_s: int) -> None:
        super().__init__(sentence, kind="too_many")
        self.retry_after_s = retry_after_s


class TooLarge(PodiumError):
    """The file is larger than allowed."""

    status = 413
