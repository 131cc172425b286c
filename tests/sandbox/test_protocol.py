"""The conversation with a scorer that lies, floods, stutters or dies."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium_sandbox.channels import Demultiplexer, PipeChannel, Stream
from podium_sandbox.errors import (
    Abandoned,
    BadAnswer,
    LimitReached,
    SourceError,
    StreamEnded,
)
from podium_sandbox.protocol import (
    AnswerReader,
    Conversation,
    LogKeeper,
    ReadyReader,
    Source,
    frames,
)
from podium_scorer.contract import (
    AnswerHeader,
    CutOff,
    Fault,
    Job,
    JobHeader,
    MetricSpec,
    Outcome,
    PrepareJob,
    Report,
    ScoreJob,
)
from podium_scorer.wire import HEADER_BYTES

METRIC = MetricSpec(name="rmse")
SCORE = ScoreJob(metric=METRIC, submission_name="s.csv")
PREPARE = PrepareJob(metric=METRIC)
SCORED = Report(status=Outcome.SCORED, public=0.5)
PREPARED = Report(status=Outcome.PREPARED)
NONCE = "0123456789abcdef"


def line(report: Report = SCORED, nonce: str = NONCE, **more: int) -> bytes:
    return AnswerHeader(nonce=nonce, report=report, sizes=tuple(more.items())).to_line()


def reader(
    job: Job = SCORE, output_bytes: int = 1000
) -> tuple[AnswerReader, list[bytes]]:
    pieces: list[bytes] = []
    made = AnswerReader(job, NONCE, output_bytes=output_bytes, sink=pieces.append)
    return made, pieces


def test_an_answer_is_read_in_one_piece() -> None:
    answer, _ = reader()
    assert answer.feed(line()) is True
    assert answer.report == SCORED


def test_an_answer_is_read_byte_by_byte() -> None:
    answer, pieces = reader(PREPARE)
    data = line(PREPARED, index=5) + b"hello"
    done = [answer.feed(bytes([byte])) for byte in data]
    assert done.index(True) == len(data) - 1
    assert b"".join(pieces) == b"hello"


def test_rejections_keep_their_faults() -> None:
    report = Report(
        status=Outcome.REJECTED,
        errors=(Fault(kind="x", message="Not a number.", advice="Mend it."),),
    )
    answer, _ = reader()
    assert answer.feed(line(report))
    assert answer.report == report


@pytest.mark.parametrize(
    "said",
    [
        b"\n",
        b"{}\n",
        b"null\n",
        b"[]\n",
        b'"scored"\n',
        b"\x00\xff\xfe\n",
        b"[" * 30_000 + b"\n",
        b'{"nonce":"0123456789abcdef","report":{"status":"scored"},"files":[]}\n',
        line().replace(b"0.5", b"NaN"),
        line().replace(b"0.5", b"Infinity"),
        line().replace(b"0.5", b"1e999"),
        line().replace(b"0.5", b'"0.5"'),
        line().replace(b"0.5", b"true"),
        line().replace(b"0.5", b"9" * 400),
        line().replace(b'"public"', b'"public":1,"public"'),
        line().replace(b'"public"', b'"rank":1,"public"'),
        line().replace(b"scored", b"failed"),
        line().replace(b"scored", b"cut_off"),
        line().replace(b"scored", b"won"),
        line().replace(b'"public"', b'"message":"\\u0000","public"'),
        line().replace(b'"public"', b'"scorer":"\\ud800","public"'),
        line(nonce="another"),
        line(PREPARED),
        line(index=3),
        line() + b"more",
    ],
)
def test_what_the_contract_does_not_allow_is_no_answer(said: bytes) -> None:
    answer, _ = reader()
    with pytest.raises(BadAnswer):
        answer.feed(said)


@pytest.mark.parametrize(
    "said",
    [
        line(SCORED),
        line(PREPARED),
        line(PREPARED, outdex=3),
        line(PREPARED, index=3, more=3),
        line(PREPARED, index=3).replace(b",3]", b",-3]"),
        line(PREPARED, index=3).replace(b",3]", b",3.5]"),
        line(PREPARED, index=3).replace(b",3]", b",true]"),
        line(PREPARED, index=3) + b"four",
    ],
)
def test_a_prepare_job_answers_with_exactly_its_index(said: bytes) -> None:
    answer, _ = reader(PREPARE)
    with pytest.raises(BadAnswer):
        answer.feed(said)


def test_a_header_without_an_end_is_cut_off() -> None:
    answer, _ = reader()
    pieces = HEADER_BYTES // 1024
    assert not any(answer.feed(b"x" * 1024) for _ in range(pieces - 1))
    with pytest.raises(LimitReached) as limit:
        answer.feed(b"x" * 1024)
    assert limit.value.reason is CutOff.OUTPUT


def test_a_header_of_the_greatest_length_is_read_and_one_byte_more_is_not() -> None:
    spaces = HEADER_BYTES - len(line())
    longest = line()[:-1] + b" " * spaces + b"\n"
    answer, _ = reader()
    assert answer.feed(longest)
    answer, _ = reader()
    with pytest.raises(LimitReached):
        answer.feed(longest[:-1] + b" \n")


def test_an_output_above_its_limit_is_cut_off_before_a_byte_of_it_is_kept() -> None:
    answer, pieces = reader(PREPARE, output_bytes=1000)
    with pytest.raises(LimitReached) as limit:
        answer.feed(line(PREPARED, index=1001) + b"x" * 500)
    assert limit.value.reason is CutOff.OUTPUT
    assert pieces == []


def test_an_output_exactly_at_its_limit_is_taken() -> None:
    answer, pieces = reader(PREPARE, output_bytes=1000)
    assert answer.feed(line(PREPARED, index=1000) + b"x" * 1000)
    assert len(b"".join(pieces)) == 1000


@pytest.mark.parametrize("said", [b"hello\n", b"[]\n", b'{"ready": 2}\n', b"{" * 5000])
def test_a_first_line_that_is_not_the_ready_line_is_refused(said: bytes) -> None:
    with pytest.raises(BadAnswer):
        ReadyReader().feed(said)


def test_a_scorer_that_speaks_before_it_is_asked_is_refused() -> None:
    with pytest.raises(BadAnswer, match="before it was asked"):
        ReadyReader().feed(b'{"ready":1}\n' + line())


def test_the_ready_line_may_come_in_pieces() -> None:
    ready = ReadyReader()
    assert not ready.feed(b'{"ready":1,')
    assert ready.feed(b'"scorer":"2.1"}\n')
    assert ready.scorer == "2.1"


def test_the_log_keeps_its_head_and_tail() -> None:
    log = LogKeeper(kept_bytes=20, killed_bytes=10_000)
    for number in range(100):
        log.feed(b"%04d " % number)
    assert log.text() == "0000 0001 \n[480 bytes left out]\n0098 0099 "


def test_a_short_log_is_whole() -> None:
    log = LogKeeper(kept_bytes=20, killed_bytes=100)
    log.feed(b"0123456789")
    log.feed(b"abcde")
    assert log.text() == "0123456789abcde"


def test_a_flood_of_the_log_is_cut_off() -> None:
    log = LogKeeper(kept_bytes=20, killed_bytes=100)
    log.feed(b"x" * 100)
    with pytest.raises(LimitReached) as limit:
        log.feed(b"x")
    assert limit.value.reason is CutOff.LOG


def test_control_characters_and_broken_text_do_not_survive_in_the_log() -> None:
    log = LogKeeper(kept_bytes=100, killed_bytes=100)
    log.feed(b"a\x00b\x1b[31mc\xff\n\td\r\x9b")
    assert log.text() == "a\ufffdb\ufffd[31mc\ufffd\n\td\ufffd\ufffd"


def framed(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def test_the_engines_frames_come_apart_at_any_cut() -> None:
    data = framed(1, b"hello ") + framed(2, b"oh") + framed(1, b"") + framed(1, b"you")
    for cut in range(len(data)):
        frames_ = Demultiplexer()
        parts = frames_.feed(data[:cut]) + frames_.feed(data[cut:])
        joined = {
            stream: b"".join(part for s, part in parts if s is stream)
            for stream in Stream
        }
        assert joined == {Stream.OUT: b"hello you", Stream.ERR: b"oh"}


def test_thousands_of_frames_of_one_byte_are_one_piece() -> None:
    data = framed(2, b"x") * 50_000 + framed(1, b"y") * 3
    assert Demultiplexer().feed(data) == [
        (Stream.ERR, b"x" * 50_000),
        (Stream.OUT, b"yyy"),
    ]


def test_a_frame_of_an_unknown_stream_is_refused() -> None:
    with pytest.raises(BadAnswer):
        Demultiplexer().feed(framed(7, b"x"))


def source(folder: Path, data: bytes) -> Iterator[Source]:
    path = folder / "file"
    path.write_bytes(data)
    with path.open("rb") as file:
        file.seek(3)  # a job's files are read from their start all the same
        yield Source(name="file", descriptor=file.fileno(), size=len(data))


def test_a_job_goes_over_as_its_header_and_the_bytes_of_its_files(
    tmp_path: Path,
) -> None:
    data = os.urandom(2_500_000)
    for file in source(tmp_path, data):
        header = JobHeader(
            nonce=NONCE, job=SCORE, sizes=(("index", len(data)), ("submission", 0))
        )
        sent = b"".join(frames(header, [file]))
        assert sent == header.to_line() + data


def test_a_file_that_shrinks_meanwhile_ends_the_job(tmp_path: Path) -> None:
    header = JobHeader(nonce=NONCE, job=SCORE, sizes=(("index", 10), ("submission", 0)))
    for file in source(tmp_path, b"0123456789"):
        os.truncate(tmp_path / "file", 4)
        with pytest.raises(SourceError, match="shorter"):
            list(frames(header, [file]))


class Scorer:
    """The other end of a channel, in the hands of a test."""

    def __init__(self) -> None:
        self.stdin, stdin = os.pipe()
        stdout, self.stdout = os.pipe()
        stderr, self.stderr = os.pipe()
        self.channel = PipeChannel(stdin, stdout, stderr)
        self.log = LogKeeper(kept_bytes=100, killed_bytes=1000)

    def talk(self, time_s: float = 5, asker: int | None = None) -> Conversation:
        deadline = time.monotonic() + time_s
        return Conversation(self.channel, self.log, deadline=deadline, asker=asker)

    def close(self) -> None:
        self.channel.close()
        for descriptor in (self.stdin, self.stdout, self.stderr):
            os.close(descriptor)


@pytest.fixture
def scorer() -> Iterator[Scorer]:
    made = Scorer()
    yield made
    made.close()


def test_sending_and_receiving_go_on_at_the_same_time(scorer: Scorer) -> None:
    """Both pipes are smaller than what goes through them, so one alone would block."""
    sent = [memoryview(os.urandom(1 << 20)) for _ in range(3)]
    received = bytearray()

    def echo() -> None:
        os.write(scorer.stdout, line(PREPARED, index=3 << 20))
        while len(received) < 3 << 20:
            piece = os.read(scorer.stdin, 1 << 16)
            received.extend(piece)
            left = memoryview(piece)
            while left:
                left = left[os.write(scorer.stdout, left) :]

    thread = threading.Thread(target=echo)
    thread.start()
    answer, pieces = reader(PREPARE, output_bytes=3 << 20)
    scorer.talk().run(answer, iter(sent))
    thread.join()
    assert b"".join(pieces) == b"".join(sent)


def test_a_silent_scorer_is_cut_off_in_time(scorer: Scorer) -> None:
    answer, _ = reader()
    began = time.monotonic()
    with pytest.raises(LimitReached) as limit:
        scorer.talk(0.2).run(answer, iter(()))
    assert limit.value.reason is CutOff.TIME
    assert 0.2 <= time.monotonic() - began < 1


def test_a_scorer_that_drips_bytes_for_ever_is_cut_off_in_time(scorer: Scorer) -> None:
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            os.write(scorer.stderr, b".")

    thread = threading.Thread(target=drip)
    thread.start()
    answer, _ = reader()
    try:
        with pytest.raises(LimitReached) as limit:
            scorer.talk(0.3).run(answer, iter(()))
    finally:
        stop.set()
        thread.join()
    assert limit.value.reason is CutOff.TIME


def test_a_scorer_that_reads_nothing_may_still_answer(scorer: Scorer) -> None:
    os.write(scorer.stdout, line())
    answer, _ = reader()
    scorer.talk().run(answer, iter([memoryview(bytes(5 << 20))]))
    assert answer.report == SCORED


def test_an_answer_counts_though_the_scorer_closed_its_input(scorer: Scorer) -> None:
    os.close(scorer.stdin)
    scorer.stdin = os.open(os.devnull, os.O_RDONLY)
    os.write(scorer.stdout, line())
    answer, _ = reader()
    scorer.talk().run(answer, iter([memoryview(bytes(5 << 20))]))
    assert answer.report == SCORED


def test_an_end_without_an_answer_is_told_as_such(scorer: Scorer) -> None:
    os.write(scorer.stdout, line()[:-5])
    os.close(scorer.stdout)
    scorer.stdout = os.open(os.devnull, os.O_RDONLY)
    answer, _ = reader()
    with pytest.raises(StreamEnded):
        scorer.talk().run(answer, iter(()))


def test_the_last_words_are_heard_though_the_output_ended_first(scorer: Scorer) -> None:
    os.write(scorer.stderr, b"out of luck")
    os.close(scorer.stdout)
    scorer.stdout = os.open(os.devnull, os.O_RDONLY)
    answer, _ = reader()
    with pytest.raises(StreamEnded):
        scorer.talk().run(answer, iter(()))
    assert scorer.log.text() == "out of luck"


def test_the_log_that_was_written_before_the_answer_is_kept(scorer: Scorer) -> None:
    os.write(scorer.stderr, b"rows left out: 3")
    os.write(scorer.stdout, line())
    answer, _ = reader()
    talk = scorer.talk()
    talk.run(answer, iter(()))
    talk.hear_last_words()
    assert scorer.log.text() == "rows left out: 3"


def test_a_log_that_the_answer_overtook_is_heard_to_its_end(scorer: Scorer) -> None:
    os.write(scorer.stdout, line())
    answer, _ = reader()
    talk = scorer.talk()
    talk.run(answer, iter(()))

    def print_late() -> None:
        os.write(scorer.stderr, b"called")
        for descriptor in (scorer.stdout, scorer.stderr):
            os.close(descriptor)
        scorer.stdout = os.open(os.devnull, os.O_RDONLY)
        scorer.stderr = os.open(os.devnull, os.O_RDONLY)

    late = threading.Timer(0.2, print_late)
    late.start()
    talk.hear_out(60)
    late.join()
    assert scorer.log.text() == "called"


def test_who_never_ends_is_not_waited_for(scorer: Scorer) -> None:
    os.write(scorer.stdout, line())
    answer, _ = reader()
    talk = scorer.talk()
    talk.run(answer, iter(()))
    os.write(scorer.stderr, b"called")
    talk.hear_out(0.05)
    assert scorer.log.text() == "called"


def test_nothing_goes_on_when_the_asker_hangs_up(scorer: Scorer) -> None:
    here, there = socket.socketpair()
    there.close()
    answer, _ = reader()
    with here, pytest.raises(Abandoned):
        scorer.talk(asker=here.fileno()).run(answer, iter(()))


def test_the_ready_line_is_json_as_the_contract_says() -> None:
    assert ReadyReader().feed(json.dumps({"ready": 1, "scorer": "1"}).encode() + b"\n")
