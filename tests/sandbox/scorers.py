"""Scorers for the tests: programs that run in the real scorer's place.

Each is Python source that a runner starts inside its sandbox. They speak the contract, as
far as their purpose lets them: ``misbehaving`` makes one that does something after it has
read its job.
"""

from __future__ import annotations

import textwrap

_START = """
import json, os, sys
from podium_scorer.contract import (AnswerHeader, JobHeader, Outcome, Report)
from podium_scorer.wire import HEADER_BYTES

sys.stdout.write(json.dumps({"ready": 1, "scorer": "for-tests"}) + "\\n")
sys.stdout.flush()
line = sys.stdin.buffer.readline(HEADER_BYTES)
if not line:
    sys.exit(0)
header = JobHeader.from_line(line)
try:
    files = {name: sys.stdin.buffer.read(size) for name, size in header.sizes}
except MemoryError:
    os._exit(5)

def answer(report, sizes=(), body=b"", nonce=None):
    head = AnswerHeader(nonce=nonce or header.nonce, report=report, sizes=sizes)
    sys.stdout.buffer.write(head.to_line() + body)
    sys.stdout.buffer.flush()

def score(public, **more):
    answer(Report(status=Outcome.SCORED, public=public, **more))
"""

# The score is the number of the submission's bytes; an index is the solution reversed.
HONEST = (
    _START
    + """
if header.job.kind == "prepare":
    index = files["solution"][::-1]
    answer(Report(status=Outcome.PREPARED), (("index", len(index)),), index)
else:
    score(float(len(files["submission"])), rows={"public": len(files["index"])})
sys.exit(0)
"""
)


def misbehaving(code: str) -> str:
    """A scorer that runs ``code`` once it has its job; ``score(number)`` answers."""
    return _START + textwrap.dedent(code)


def attempting(code: str) -> str:
    """A scorer that tries ``code`` and scores 1 if it worked, 0 if it was refused.

    The message of the report says how it was refused.
    """
    body = textwrap.indent(textwrap.dedent(code).strip(), "    ")
    return misbehaving(
        f"try:\n{body}\n"
        "except (OSError, MemoryError, ValueError) as error:\n"
        "    score(0.0, message=f'{type(error).__name__}: {error}')\n"
        "else:\n"
        "    score(1.0)\n"
    )
