"""How a conversation with a scorer can end without an answer."""

from __future__ import annotations

from podium_scorer.contract import CutOff


class ConversationError(Exception):
    """The conversation ended without an answer; the text is for the operator."""


class BadAnswer(ConversationError):
    """The scorer said something that the contract does not allow."""


class StreamEnded(ConversationError):
    """The scorer's standard output ended before its answer was complete."""


class Abandoned(ConversationError):
    """Whoever asked for the job is gone."""


class SourceError(ConversationError):
    """A file of the job could not be read as it was announced."""


class LimitReached(ConversationError):
    """A limit was reached; ``reason`` says which."""

    def __init__(self, reason: CutOff, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
