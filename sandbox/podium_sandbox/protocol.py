"""The conversation with a scorer: frames in, one bounded answer out.

The other side is hostile: it has read a participant's file. Whatever it sends is bounded
in size, in count and in time here, and only an answer that keeps to the contract, carries
the job's nonce and fits the job is believed.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from podium_sandbox.channels import CHUNK_BYTES, Channel, Stream
from podium_sandbox.errors import (
    Abandoned,
    BadAnswer,
    LimitReached,
    SourceError,
    StreamEnded,
)
from podium_scorer.contract import AnswerHeader, CutOff, Job, JobHeader, Outcome, Report
from podium_scorer.wire import HEADER_BYTES, ContractError

READY_BYTES = 4096
COLLECTED_BYTES = 64 * 1024
_LAST_READS = 16


class LogKeeper:
    """Keeps the first and the last half of what a program logs, and ends floods."""

    def __init__(self, *, kept_bytes: int, killed_bytes: int) -> None:
        self._half = kept_bytes // 2
        self._killed = killed_bytes
        self._head = b""
        self._tail = bytearray()
        self.total = 0

    def feed(self, data: bytes) -> None:
        """Take some of the log; raises LimitReached when it became too much."""
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:  # seldom, for a flood comes byte by byte
            del self._tail[: -self._half]
        if self.total > self._killed:
            raise LimitReached(
                CutOff.LOG, f"more than {self._killed} bytes on standard error"
            )

    def text(self) -> str:
        """The log as text without control characters, the gap marked."""
        tail = bytes(self._tail[-self._half :])
        left_out = self.total - len(self._head) - len(tail)
        gap = f"\n[{left_out} bytes left out]\n".encode() if left_out else b""
        text = (self._head + gap + tail).decode(errors="replace")
        return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


class Receiver(Protocol):
    """Takes standard output piece by piece."""

    def feed(self, data: bytes) -> bool:
        """Take a piece; True when nothing more is expected."""


class ReadyReader:
    """Reads the one line in which a scorer says that it is ready."""

    def __init__(self) -> None:
        self._line = b""
        self.scorer = ""

    def feed(self, data: bytes) -> bool:
        self._line += data
        if b"\n" not in self._line:
            if len(self._line) > READY_BYTES:
                raise BadAnswer("the scorer's ready line has no end")
            return False
        line, rest = self._line.split(b"\n", 1)
        if rest:
            raise BadAnswer("the scorer spoke before it was asked")
        self.scorer = self._version(line)
        return True

    @staticmethod
    def _version(line: bytes) -> str:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadAnswer("the scorer's ready line is not JSON") from error
        if not isinstance(data, dict) or data.get("ready") != 1:
            raise BadAnswer("the scorer's first line does not say that it is ready")
        return str(data.get("scorer", ""))[:80]


class Collector:
    """Keeps all of a program's output, at most COLLECTED_BYTES of it."""

    def __init__(self) -> None:
        self.data = b""

    def feed(self, data: bytes) -> bool:
        self.data += data
        if len(self.data) > COLLECTED_BYTES:
            raise LimitReached(CutOff.OUTPUT, f"more than {COLLECTED_BYTES} bytes")
        return False


class AnswerReader:
    """Reads one answer: a header line, then the bytes of its files into ``sink``.

    ``sink`` is called with pieces of the only file that an answer can have.
    """

    def __init__(
        self,
        job: Job,
        nonce: str,
        *,
        output_bytes: int,
        sink: Callable[[bytes], None] | None = None,
    ) -> None:
        self._job = job
        self._nonce = nonce
        self._output_bytes = output_bytes
        self._sink = sink
        self._line = b""
        self._left = 0
        self.report: Report | None = None

    def feed(self, data: bytes) -> bool:
        if self.report is None:
            data = self._feed_header(data)
        if self.report is None:
            return False
        if len(data) > self._left:
            raise BadAnswer("bytes after the end of the answer")
        if data and self._sink is not None:
            self._sink(data)
        self._left -= len(data)
        return self._left == 0

    def _feed_header(self, data: bytes) -> bytes:
        self._line += data
        line, feed, rest = self._line.partition(b"\n")
        if len(line) >= HEADER_BYTES:
            raise LimitReached(CutOff.OUTPUT, "the answer's header line is too long")
        if not feed:
            return b""
        try:
            header = AnswerHeader.from_line(line + feed)
        except ContractError as error:
            raise BadAnswer(str(error)) from error
        self._check(header)
        self._line = b""
        self.report = header.report
        return rest

    def _check(self, header: AnswerHeader) -> None:
        if header.nonce != self._nonce:
            raise BadAnswer("the answer does not belong to this job")
        status, prepares = header.report.status, bool(self._job.outputs)
        if status is (Outcome.SCORED if prepares else Outcome.PREPARED):
            raise BadAnswer(f"a {self._job.kind} job can't end as {status}")
        expected = self._job.outputs if status is Outcome.PREPARED else ()
        if tuple(name for name, _ in header.sizes) != expected:
            raise BadAnswer(f"the answer's files are not {list(expected)}")
        self._left = sum(size for _, size in header.sizes)
        if self._left > self._output_bytes:
            raise LimitReached(
                CutOff.OUTPUT,
                f"an output of {self._left} bytes, {self._output_bytes} are allowed",
            )


@dataclass(frozen=True, kw_only=True)
class Source:
    """A regular file of a job, by an open descriptor; read from its start."""

    name: str
    descriptor: int
    size: int


def frames(header: JobHeader, sources: Sequence[Source]) -> Iterator[memoryview]:
    """The bytes of a job in pieces; raises SourceError if a file has become shorter."""
    yield memoryview(header.to_line())
    for source in sources:
        offset = 0
        while offset < source.size:
            wanted = min(CHUNK_BYTES, source.size - offset)
            data = os.pread(source.descriptor, wanted, offset)
            if not data:
                raise SourceError(f"the file {source.name} became shorter meanwhile")
            offset += len(data)
            yield memoryview(data)


class Conversation:
    """Moves bytes both ways until the receiver is content or something ends it."""

    def __init__(
        self,
        channel: Channel,
        log: LogKeeper,
        *,
        deadline: float,
        asker: int | None = None,
    ) -> None:
        """``deadline`` is a time.monotonic(); ``asker`` hangs up when nobody waits."""
        self._channel = channel
        self._log = log
        self._deadline = deadline
        self._asker = asker
        self._outgoing: Iterator[memoryview] = iter(())
        self._piece = memoryview(b"")
        self._sending = False
        self.sent_bytes = 0

    def run(self, receiver: Receiver, outgoing: Iterator[memoryview]) -> None:
        """Send ``outgoing`` and feed the receiver until it has what it wants.

        Raises a ConversationError, of the class that says how it ended.
        """
        self._outgoing, self._sending = outgoing, True
        self._next_piece()
        while True:
            for descriptor, events in self._wait():
                if descriptor == self._asker:
                    raise Abandoned("whoever asked for the job is gone")
                if self._sending and descriptor == self._channel.writer():
                    self._send(events)
                if descriptor in self._channel.readers() and self._read(
                    descriptor, receiver
                ):
                    return

    def _wait(self) -> list[tuple[int, int]]:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise LimitReached(CutOff.TIME, "the time limit was reached")
        wanted = dict.fromkeys(self._channel.readers(), select.POLLIN)
        if self._sending:
            writer = self._channel.writer()
            wanted[writer] = wanted.get(writer, 0) | select.POLLOUT
        poller = select.poll()
        for descriptor, events in wanted.items():
            poller.register(descriptor, events)
        if self._asker is not None:
            poller.register(self._asker, select.POLLRDHUP)
        return poller.poll(left_s * 1000 + 1)

    def _send(self, events: int) -> None:
        if not events & (select.POLLOUT | select.POLLERR | select.POLLHUP):
            return
        try:
            taken = self._channel.write(self._piece)
        except (BrokenPipeError, ConnectionResetError):
            self._sending = False  # it may have answered all the same
            return
        self.sent_bytes += taken
        self._piece = self._piece[taken:]
        if not self._piece:
            self._next_piece()

    def _next_piece(self) -> None:
        self._piece = next(self._outgoing, memoryview(b""))
        self._sending = bool(self._piece)

    def _read(self, descriptor: int, receiver: Receiver) -> bool:
        done = False
        for stream, data in self._channel.read(descriptor):
            if stream is Stream.ERR:
                self._log.feed(data)
            elif not data:
                self.hear_last_words()
                raise StreamEnded("the scorer ended without an answer")
            else:
                done = receiver.feed(data)
        return done

    def hear_last_words(self) -> None:
        """Take the log that is there already, though it was not looked at yet.

        To be called after ``run``: an answer may be read before the log that was written
        before it. Raises LimitReached.
        """
        for descriptor in list(self._channel.readers()):
            for _ in range(_LAST_READS):
                parts = self._channel.read(descriptor)
                for stream, data in parts:
                    if stream is Stream.ERR:
                        self._log.feed(data)
                if not parts or not parts[-1][1]:
                    break

    def hear_out(self, most_s: float) -> None:
        """Take the log until the program has closed its streams, or time is up.

        To be called after ``run``, for what a program printed before it answered: the
        engine carries the two streams apart, and the answer may overtake the log. Raises
        LimitReached.
        """
        until = time.monotonic() + most_s
        open_ones = set(self._channel.readers())
        while open_ones and (left_s := until - time.monotonic()) > 0:
            poller = select.poll()
            for descriptor in open_ones:
                poller.register(descriptor, select.POLLIN)
            for descriptor, _ in poller.poll(left_s * 1000 + 1):
                for stream, data in self._channel.read(descriptor):
                    if not data:
                        open_ones.discard(descriptor)
                    elif stream is Stream.ERR:
                        self._log.feed(data)
