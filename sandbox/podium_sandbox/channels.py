"""A program's standard streams: three pipes, or the engine's one connection.

No call blocks; ``protocol.Conversation`` waits on the descriptors.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

from podium_sandbox.errors import BadAnswer

CHUNK_BYTES = 1 << 20
_FRAME = struct.Struct(">BxxxL")  # of the engine's stream: which stream, how many bytes


class Stream(IntEnum):
    """Which of a program's streams bytes came from (the engine's own numbers)."""

    OUT = 1
    ERR = 2


class Channel(Protocol):
    """A program's standard streams; no call of it blocks."""

    def readers(self) -> Sequence[int]:
        """The descriptors to wait on for output; none when all of it has ended."""

    def writer(self) -> int:
        """The descriptor to wait on for input."""

    def read(self, descriptor: int) -> list[tuple[Stream, bytes]]:
        """What has arrived; empty bytes say that a stream has ended."""

    def write(self, data: memoryview) -> int:
        """How many bytes were taken; raises BrokenPipeError where none ever will be."""

    def close(self) -> None:
        """Close every descriptor; may be called twice."""


class PipeChannel:
    """Three pipes: a process's standard input, output and error."""

    def __init__(self, stdin: int, stdout: int, stderr: int) -> None:
        self._stdin: int | None = stdin
        self._streams = {stdout: Stream.OUT, stderr: Stream.ERR}
        for descriptor in (stdin, stdout, stderr):
            os.set_blocking(descriptor, False)

    def readers(self) -> Sequence[int]:
        return list(self._streams)

    def writer(self) -> int:
        if self._stdin is None:
            raise BrokenPipeError
        return self._stdin

    def read(self, descriptor: int) -> list[tuple[Stream, bytes]]:
        stream = self._streams[descriptor]
        try:
            data = os.read(descriptor, CHUNK_BYTES)
        except BlockingIOError:
            return []
        if not data:
            del self._streams[descriptor]
            os.close(descriptor)
        return [(stream, data)]

    def write(self, data: memoryview) -> int:
        try:
            return os.write(self.writer(), data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        for descriptor in self._streams:
            os.close(descriptor)
        self._streams.clear()
        if self._stdin is not None:
            os.close(self._stdin)
            self._stdin = None


class Demultiplexer:
    """Takes the engine's stream apart: frames of 8 bytes of header and a payload."""

    def __init__(self) -> None:
        self._header = b""
        self._stream = Stream.OUT
        self._left = 0

    def feed(self, data: bytes) -> list[tuple[Stream, bytes]]:
        """The payloads in ``data``; raises BadAnswer for an unknown stream.

        Neighbours of one stream come as one, so that a flood of frames of one byte costs
        no more than its bytes.
        """
        parts: list[tuple[Stream, bytearray]] = []
        at = 0
        while at < len(data):
            if self._left:
                part = data[at : at + self._left]
                self._left -= len(part)
                if not parts or parts[-1][0] is not self._stream:
                    parts.append((self._stream, bytearray()))
                parts[-1][1].extend(part)
            else:
                part = data[at : at + _FRAME.size - len(self._header)]
                self._header += part
                if len(self._header) == _FRAME.size:
                    self._open_frame()
            at += len(part)
        return [(stream, bytes(part)) for stream, part in parts]

    def _open_frame(self) -> None:
        number, self._left = _FRAME.unpack(self._header)
        self._header = b""
        try:
            self._stream = Stream(number)
        except ValueError as error:
            raise BadAnswer(f"the engine sent a frame of stream {number}") from error


class AttachedChannel:
    """A container's streams over the engine's one connection."""

    def __init__(self, link: socket.socket) -> None:
        self._link: socket.socket | None = link
        self._frames = Demultiplexer()

    def readers(self) -> Sequence[int]:
        return [] if self._link is None else [self._link.fileno()]

    def writer(self) -> int:
        if self._link is None:
            raise BrokenPipeError
        return self._link.fileno()

    def read(self, descriptor: int) -> list[tuple[Stream, bytes]]:
        if self._link is None or descriptor != self._link.fileno():
            return [(Stream.OUT, b"")]
        try:
            data = self._link.recv(CHUNK_BYTES)
        except BlockingIOError:
            return []
        except ConnectionResetError:
            data = b""
        return self._frames.feed(data) if data else [(Stream.OUT, b"")]

    def write(self, data: memoryview) -> int:
        if self._link is None:
            raise BrokenPipeError
        try:
            return self._link.send(data)
        except BlockingIOError:
            return 0

    def ended(self) -> bool:
        """Whether the other side has hung up or spoken unasked, without waiting."""
        if self._link is None:
            return True
        try:
            self._link.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
