"""Where attacks play: in a job of each profile, and in containers that hold nothing.

A program is the text of its module and of ``probing`` put together: it needs nothing of
this repository where it runs.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from podium_sandbox.docker_runner import DockerRunner, DockerWorker
from podium_sandbox.inputs import archive
from podium_sandbox.limits import Limits, Profile, limits_of_a_shell
from podium_sandbox.programs import Task, harness, run_program
from podium_scorer.contract import Verdict
from tests.sandbox.attacks.host import Trace, remains, trace
from tests.sandbox.attacks.programs.probing import Attack, told
from tests.sandbox.attacks.programs.reading import CANARY, GIVEN, LABEL
from tests.sandbox.conftest import (
    IMAGE,
    SCORE,
    engine_at_hand,
    limits,
    running,
    wait_until,
)
from tests.sandbox.scorers import misbehaving

PACKAGE = "tests.sandbox.attacks.programs"
LABELS = f"id,y\n1,{LABEL}\n".encode()
LOG_BYTES = 64 * 1024
MB = 1 << 20
# The engine may hand an answer over before the log that was written before it.
_ANSWER = """
import time; time.sleep(0.1)
result = globals().get("result")
score(result if isinstance(result, float) else 1.0)
"""
NOTHING: Mapping[str, float] = {}
INPUTS = f"id,x\n1,{GIVEN}\n".encode()
SUBMISSION = b"id,y\n1,0.5\n"
_LOADER = """
import sys, types
for name, text in {texts!r}.items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
themes = types.SimpleNamespace(
    **{{name.rsplit(".", 1)[1]: sys.modules[name] for name in {names!r}}}
)
"""


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a job with an attack in it ended, and what it left.

    ``ends`` is its outcome and reason (a program's: its exit code), ``answer`` all that
    came back but log and files, ``left`` what of it was still on the host when it should
    have been gone, ``changed`` which of its files; ``output`` has a program's files.
    """

    ends: str
    answer: str
    log: str
    left: Sequence[str]
    changed: Sequence[str]
    limits: Limits
    output: Path | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What the attack told; of a fact that was told twice, the last."""
        return {name: value for fact in told(self.log) for name, value in fact.items()}


def assert_harmless(played: Played) -> None:
    """What holds after every attack, however its job ended."""
    assert played.left == []
    assert played.changed == []
    assert LABEL not in played.answer
    assert CANARY not in played.answer + played.log
    for path in played.output.rglob("*") if played.output is not None else ():
        assert path.is_dir() or b"root:" not in path.read_bytes()[:MB]
    # A mark in the middle says how much was left out.
    assert len(played.log.encode()) <= LOG_BYTES + 100


def program(themes: Iterable[str], act: str) -> str:
    """The text of a program that does ``act`` with the attacks of some themes."""
    names = [f"{PACKAGE}.{theme}" for theme in ("probing", *sorted(set(themes)))]
    modules = [importlib.import_module(name) for name in names]
    texts = {m.__name__: Path(str(m.__file__)).read_text("utf-8") for m in modules}
    return _LOADER.format(texts=texts, names=names) + act + "\n"


def probes_program(names: Sequence[str]) -> str:
    """A program that tries probes and tells of each."""
    return program(map(theme, names), f"themes.probing.try_probes({list(names)!r})")


def controls_program(names: Sequence[str]) -> str:
    """A program that lets attacks do what they do, as far as they are bounded."""
    return program(map(theme, names), f"themes.probing.try_attacks({list(names)!r})")


def attack_program(attack: Attack, **arguments: object) -> str:
    """A program that is one attack."""
    act = f"result = themes.probing.ATTACKS[{attack.name!r}].run(**{arguments!r})"
    return program([theme(attack.name)], act)


def theme(name: str) -> str:
    """The module of an attack."""
    return name.split(".")[0]


class ScorerStage:
    """An attack in the scorer's place: it has the labels and the engine's streams."""

    ends_well = "scored"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def play(
        self, text: str, *, wall_s: float = 20, changes: Mapping[str, float] = NOTHING
    ) -> Played:
        """Run a job whose scorer is ``text``; it then answers with a score."""
        return self._play(text, 1, wall_s=wall_s, changes=changes, pool=0)[0]

    def play_again(self, text: str, times: int) -> list[Played]:
        """Run several jobs one after the other, in containers from a warm pool."""
        return self._play(text, times, wall_s=20, changes=NOTHING, pool=1)

    def _play(
        self,
        text: str,
        times: int,
        *,
        wall_s: float,
        changes: Mapping[str, float],
        pool: int,
    ) -> list[Played]:
        given = limits(**changes)
        files = _Files(self._folder, {"index": LABELS, "submission": SUBMISSION})
        runner, traces = watched(given, misbehaving(text + _ANSWER))
        verdicts = []
        with running(runner, given, pool=pool) as service, files.opened() as handed:
            for _ in range(times):
                assert wait_until(lambda: service.client.status().pool_idle == pool)
                verdicts.append(service.client.run(SCORE, handed, wall_s=wall_s))
                assert verdicts[-1].sandbox == f"docker({'warm' if pool else 'cold'})"
        left, changed = left_of(traces), files.changed()
        return [_played(verdict, given, left, changed) for verdict in verdicts]


def _played(
    verdict: Verdict, given: Limits, left: list[str], changed: list[str]
) -> Played:
    return Played(
        ends=f"{verdict.outcome} {verdict.reason or ''}".strip(),
        answer=json.dumps(replace(verdict, log="").to_json()),
        log=verdict.log,
        left=left,
        changed=changed,
        limits=given,
    )


class CodeStage:
    """An attack as a participant's program: it has inputs, and no label anywhere."""

    ends_well = "finished 0"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def play(
        self, text: str, *, wall_s: float = 20, changes: Mapping[str, float] = NOTHING
    ) -> Played:
        """Run ``text`` as a participant's program."""
        given = replace(limits_of_a_shell(Profile.CODE, changes), wall_s=wall_s)
        inputs, output = (
            Path(tempfile.mkdtemp(prefix=name, dir=self._folder))
            for name in ("input-", "output-")
        )
        files = _Files(inputs, {"main.py": text.encode(), "test.csv": INPUTS})
        runner, traces = watched(given, harness(), Profile.CODE)
        command = ["python3", "-I", "/input/main.py"]
        packed = archive(inputs, most_bytes=given.input_mb << 20)
        task = Task(command=command, inputs=packed, output=output, wall_s=wall_s)
        verdict = run_program(runner, task, given)
        ends = f"{verdict.outcome} {verdict.reason or verdict.exit_code}"
        return Played(
            ends=ends,
            answer=json.dumps(replace(verdict, log="").to_json()),
            log=verdict.log,
            left=left_of(traces),
            changed=files.changed(),
            limits=given,
            output=output,
        )

    def play_again(self, text: str, times: int) -> list[Played]:
        """Run the same program several times, one run after the other."""
        return [self.play(text) for _ in range(times)]


class _Files:
    """The files of a job, on disk, and whether they are still what they were."""

    def __init__(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        self._contents = {folder / name: data for name, data in contents.items()}
        for path, data in self._contents.items():
            path.write_bytes(data)

    @contextlib.contextmanager
    def opened(self) -> Iterator[list[BinaryIO]]:
        """The files, open for reading, in their order."""
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(path.open("rb")) for path in self._contents]

    def changed(self) -> list[str]:
        """The names of files that have other bytes than at first."""
        return [p.name for p, data in self._contents.items() if p.read_bytes() != data]


def watched(
    given: Limits, code: str | None, profile: Profile = Profile.SCORER
) -> tuple[DockerRunner, list[Trace]]:
    """A runner of ``code`` (None: the scorer), and the traces of all its containers."""
    engine = engine_at_hand()
    runner = DockerRunner(
        given,
        engine=engine,
        image=IMAGE,
        address=f"tests/{secrets.token_hex(8)}",
        code=code,
        profile=profile,
    )
    traces: list[Trace] = []
    start, hold = runner.start, runner.hold_inputs

    def noting(inputs: str | None = None) -> DockerWorker:
        worker = start(inputs)
        traces.append(trace(engine, worker.container))
        return worker

    def noting_inputs(archive: Iterable[bytes]) -> str:
        holder = hold(archive)
        traces.append(trace(engine, holder))
        return holder

    runner.start = noting  # type: ignore[method-assign]
    runner.hold_inputs = noting_inputs  # type: ignore[method-assign]
    return runner, traces


def left_of(traces: list[Trace]) -> list[str]:
    """What is left of containers a few seconds after their job's end."""
    engine = engine_at_hand()
    assert traces, "the attack met no container"
    wait_until(lambda: not remains(engine, traces))
    return remains(engine, traces)
