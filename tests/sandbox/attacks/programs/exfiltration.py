"""Taking the labels out, by every way that an answer has. The labels are given."""

from __future__ import annotations

import os
import signal
import time

from tests.sandbox.attacks.programs.probing import SCORER, attack, tell

TO_THE_HOST = "what a scorer logs goes to the host alone; the answer has none of it"


@attack(held_by=TO_THE_HOST, ends={SCORER: "scored"}, labelled=True)
def by_the_log(labels: bytes) -> None:
    """Print the labels to standard error."""
    os.write(2, labels)


@attack(held_by=TO_THE_HOST, ends={SCORER: "failed"}, labelled=True)
def by_an_error(labels: bytes) -> None:
    """Fail with the labels in the error's text."""
    raise ValueError(labels.decode())


@attack(
    held_by="an exit code is told to the operator alone, and the job is tried again",
    ends={SCORER: "failed"},
    labelled=True,
)
def by_the_exit_code(labels: bytes) -> None:
    """End with a piece of a label as the exit code."""
    tell(code=labels[9])
    os._exit(labels[9])


@attack(
    held_by="how a scorer died is told to the operator alone",
    ends={SCORER: "failed"},
    labelled=True,
)
def by_the_signal(labels: bytes) -> None:
    """Die of a signal that a label chooses."""
    number = signal.SIGTERM if labels[9] % 2 else signal.SIGABRT
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os.abort()


@attack(
    held_by="an answer that is not one is shown to nobody",
    ends={SCORER: "failed"},
    labelled=True,
)
def by_the_output(labels: bytes) -> None:
    """Print the labels in the answer's place."""
    os.write(1, labels)


@attack(
    held_by="how long a job took is told to the host alone",
    ends={SCORER: "scored"},
    labelled=True,
)
def by_the_time(labels: bytes) -> None:
    """Take as many tens of milliseconds as a piece of a label says."""
    time.sleep(labels[9] / 1000)
    tell(slept=labels[9])


@attack(
    held_by="each submission yields one finite number; quota and rounding bound the rest",
    ends={SCORER: "scored"},
    labelled=True,
)
def by_the_scores_digits(labels: bytes) -> float:
    """Hide a piece of a label in the digits of the score."""
    hidden = int.from_bytes(labels[9:15], "big") / (1 << 48)
    tell(hidden=hidden)
    return hidden
