"""From the first byte of an upload until the score can be seen, in one interleaved run.

A round sends the same 10,000-row CSV to a Podium that scores in locked-in processes and
to one that scores in containers, and starts a bare container beside them.
"""

from __future__ import annotations

import http.client
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from tests.bench import floor
from tests.bench.competition import write_bundle
from tests.bench.tables import Table, p50, p95
from tests.e2e.people import Participant
from tests.live import LivePodium, running, wait_for
from tests.machine import missing

SLUG = "bench-score"
ROWS = 10_000
ROUNDS, QUICK_ROUNDS, WARM_UP = 40, 4, 3
LOOK_EVERY_S = 0.002
PAUSE_S = 1.0  # between rounds: all pools refill meanwhile, as they do between people
STEPS = ("answered", "handed over", "taken", "recorded", "seen")
# Parts of Podium, and words of their command lines.
PARTS = {
    "site": "gunicorn",
    "worker": "podium.worker",
    "sandbox": "podium_sandbox",
    "queue": "valkey-server",
    "sweeper": "sweep",
}
FLOOR = "bare docker run --rm IMAGE true"


def run(*, quick: bool) -> Iterator[Table]:
    """The times to the score, and where they go."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with ExitStack() as stack:
        kinds = ["process"] if missing("docker") else ["process", "docker"]
        contestants = {kind: stack.enter_context(_Contestant(kind)) for kind in kinds}
        runs: dict[str, Callable[[], float]] = {
            f"Podium, {kind} runner": it.submit for kind, it in contestants.items()
        }
        if not missing("docker"):
            floor.make_image()
            stack.callback(floor.remove_image)
            runs[FLOOR] = floor.run_once
        _interleaved(runs, WARM_UP)
        for contestant in contestants.values():
            contestant.begin()
        times = _interleaved(runs, rounds)
        yield _totals(times, rounds)
        yield _steps(contestants)
        yield _processor(contestants, rounds)


def _interleaved(
    runs: dict[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, once in runs.items():
            times[name].append(1000 * once())
            time.sleep(PAUSE_S)
    return times


def _totals(times: dict[str, list[float]], rounds: int) -> Table:
    table = Table(
        f"Submit -> score visible, {ROWS:,} rows of CSV",
        ("", "p50 ms", "p95 ms", "p50 / floor", "p95 / floor"),
    )
    floor_ms = times.get(FLOOR)
    for name, each in times.items():
        ratios = (
            (p50(each) / p50(floor_ms), p95(each) / p95(floor_ms))
            if floor_ms
            else ("-", "-")
        )
        table.add(name, p50(each), p95(each), *ratios)
    table.notes.append(f"{rounds} rounds, interleaved, after {WARM_UP} to warm up.")
    if floor_ms is None:
        table.notes.append(f"Without containers: {missing('docker')}.")
    return table


def _steps(contestants: dict[str, _Contestant]) -> Table:
    table = Table("Where the time goes, p50 of each step in ms", ("runner", *STEPS))
    for kind, contestant in contestants.items():
        steps = contestant.steps
        table.add(kind, *(p50([each[name] for each in steps]) for name in STEPS))
    table.notes += [
        "answered: the upload's 201 arrived. The others count from the upload's begin:",
        "handed over to RQ, taken by a worker, recorded in the database, seen by a GET",
        "that is sent once it is recorded.",
    ]
    return table


def _processor(contestants: dict[str, _Contestant], rounds: int) -> Table:
    table = Table("Processor time per submission in ms", ("runner", *PARTS))
    for kind, contestant in contestants.items():
        spent = contestant.spent()
        table.add(kind, *(1000 * spent[name] / rounds for name in PARTS))
    table.notes.append("With ended children: the sandbox's scorers (not containers).")
    return table


class _Contestant:
    """A Podium with one participant, who sends the same file again and again."""

    def __init__(self, kind: str) -> None:
        self.steps: list[dict[str, float]] = []
        self._kind = kind
        self._stack = ExitStack()

    def __enter__(self) -> _Contestant:
        self._live = self._stack.enter_context(running(sandbox=self._kind))
        self._file = import_competition(self._live, SLUG, rows=ROWS)
        self._person = Participant(self._live.url).sign_up().enter(SLUG)
        path = self._live.data_dir / "podium.db"
        self._database = sqlite3.connect(path, timeout=20, isolation_level=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._stack.close()

    def begin(self) -> None:
        """Forget what came before."""
        self.steps.clear()
        self._spent = self._processor_s()

    def spent(self) -> dict[str, float]:
        """Seconds of processor time since ``begin``, by part."""
        now = self._processor_s()
        return {name: now[name] - self._spent[name] for name in PARTS}

    def _processor_s(self) -> dict[str, float]:
        return {
            name: sum(sum(each.cpu_times()[:4]) for each in self._live.named(word))
            for name, word in PARTS.items()
        }

    def submit(self) -> float:
        """Seconds from the upload's begin until its score was seen."""
        wall, begun = time.time(), time.perf_counter()
        path = f"/competitions/{SLUG}/submissions?file_name=predictions.csv"
        found = self._ask("POST", path, self._file)
        answered = time.perf_counter() - begun
        moments = self._when_recorded(found["id"])
        found = self._ask("GET", f"/submissions/{found['id']}")
        seconds = time.perf_counter() - begun
        if found["public_score"] is None:
            raise RuntimeError(f"the file was not scored: {found}")
        steps = {
            name: 1000 * (moment - wall)
            for name, moment in zip(STEPS[1:4], moments, strict=True)
        }
        self.steps.append(
            {"answered": 1000 * answered, **steps, "seen": 1000 * seconds}
        )
        return seconds

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._person.token}",
            "Content-Type": "application/octet-stream",
        }
        link = http.client.HTTPConnection("127.0.0.1", self._live.port)
        link.request(method, f"/api/v1{path}", body, headers)
        answer = link.getresponse()
        content: dict[str, Any] = json.loads(answer.read())
        link.close()
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{method} {path}: {answer.status} {content}")
        return content

    def _when_recorded(self, public_id: str) -> list[float]:
        """Wait for the end; when it was handed over, taken and recorded.

        This looks into the database, since asking the site all the time would take the
        processor from those who are measured.
        """
        row = wait_for(lambda: self._ended(public_id), "a score", every_s=LOOK_EVERY_S)
        return [datetime.fromisoformat(f"{each}+00:00").timestamp() for each in row]

    def _ended(self, public_id: str) -> tuple[str, ...] | None:
        found: tuple[str, ...] | None = self._database.execute(
            "SELECT sent_at, started_at, finished_at FROM scores JOIN submissions"
            " ON submissions.id = submission_id"
            " WHERE submissions.public_id = ? AND finished_at IS NOT NULL",
            (public_id,),
        ).fetchone()
        return found


def import_competition(
    live: LivePodium, slug: str, *, rows: int, most_bytes: int = 10**8
) -> bytes:
    """Import a competition and wait until it can be entered; a submission to it."""
    bundle = live.folder / slug
    file = write_bundle(bundle, slug, rows=rows, most_bytes=most_bytes)
    answer = live.server("import-bundle", str(bundle))
    if answer.returncode:
        raise RuntimeError(answer.stderr)
    person = Participant(live.url)
    wait_for(
        lambda: person.call("GET", f"/competitions/{slug}")["ready"], f"{slug} to open"
    )
    return file
