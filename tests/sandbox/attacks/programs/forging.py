"""Speaking for somebody else: forged answers, frames, files and identities."""

from __future__ import annotations

import json
import os
import struct
import sys

from tests.sandbox.attacks.programs.probing import CODE, SCORER, attack, tell

FORGED = 0.987654321
OWN_CHANNEL = (
    "an answer counts only from the scorer's own channel, with the job's nonce"
)
FAILS = {SCORER: "failed", CODE: "finished 0"}
GOES_ON = {SCORER: "scored", CODE: "finished 0"}


def _answer(nonce: str = "0" * 32) -> bytes:
    report = {"status": "scored", "public": FORGED}
    return json.dumps({"nonce": nonce, "report": report, "files": []}).encode() + b"\n"


@attack(held_by=OWN_CHANNEL, ends=FAILS, least={"forged": 1})
def answer_on_output() -> None:
    """Print a perfect score the way the scorer answers, with a guessed nonce."""
    os.write(1, _answer())
    tell(forged=1)


@attack(held_by=OWN_CHANNEL, ends=FAILS, least={"forged": 1})
def ready_line() -> None:
    """Print the line by which a scorer says that it is ready, and an answer."""
    os.write(1, b'{"ready": 1, "scorer": "forged"}\n' + _answer())
    tell(forged=1)


@attack(
    held_by="the engine wraps what is written; a header within it is only text",
    ends=FAILS,
    least={"forged": 1},
)
def engine_frames() -> None:
    """Print the frames by which the engine tells output from errors."""
    answer = _answer()
    for stream in (0, 1, 2, 3, 255):
        os.write(1, struct.pack(">BxxxL", stream, len(answer)) + answer)
    tell(forged=1)


@attack(
    held_by="nothing that is written to standard error is an answer",
    ends=GOES_ON,
    least={"forged": 1},
)
def answer_on_errors() -> None:
    """Print a perfect score and frames of the engine to standard error."""
    os.write(2, _answer() + struct.pack(">BxxxL", 1, 4) + b"\n")
    tell(forged=1)


@attack(held_by="a score is never read from a file", ends=GOES_ON, least={"forged": 1})
def score_files() -> None:
    """Leave files that look like scores, wherever it may write."""
    names = ("score", "scores", "report", "verdict", "result", "answer", "exit_code")
    for folder in ("/tmp", "/output", "/dev/shm", os.getcwd()):
        if os.access(folder, os.W_OK):
            for name in names:
                with open(f"{folder}/{name}.json", "wb") as file:
                    file.write(_answer())
    tell(forged=1)


@attack(
    held_by="the harness can't be looked into, and the streams are its own",
    ends={CODE: "finished 0"},
    least={"tried": 5},
)
def answer_by_other_doors() -> None:
    """Write an answer to every descriptor of every process that can be found."""
    tried, opened = 0, []
    for process in sorted(p for p in os.listdir("/proc") if p.isdigit()):
        for number in range(20):
            path = f"/proc/{process}/fd/{number}"
            tried += 1
            if int(process) == os.getpid():
                continue
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue
            opened.append(path)
            os.write(descriptor, _answer())
            os.close(descriptor)
    tell(tried=tried, opened=opened)
    sys.stderr.flush()
