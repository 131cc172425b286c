"""The linter on the site: when it looks, at which files, and what is kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import pytest

from podium.competitions.models import Competition, RevisionState
from podium.scoring import lint
from podium_sandbox.client import SandboxClient
from podium_scorer.contract import CutOff, LintJob, Outcome, Report, Verdict
from podium_scorer.lint import lint_job
from tests.podium.scoring.works import Works

LEAKING = b"id,answer\n" + b"".join(b"%d,%d\n" % (n, n * 7 % 2) for n in range(60))
SOLUTION = b"id,y,Usage\n" + b"".join(
    b"%d,%d,%s\n" % (n, n * 7 % 2, b"Public" if n % 3 else b"Private")
    for n in range(60)
)
SAMPLE = b"id,y\n" + b"".join(b"%d,0.5\n" % n for n in range(60))


class ScorerHere:
    """A sandbox whose scorer is this process; it remembers its jobs."""

    def __init__(self, ending: Verdict | None = None) -> None:
        self.jobs: list[LintJob] = []
        self.ending = ending

    def run(
        self,
        job: LintJob,
        files: Sequence[BinaryIO],
        *,
        output: BinaryIO,
        wall_s: float,
    ) -> Verdict:
        self.jobs.append(job)
        if self.ending is not None:
            return self.ending
        found = lint_job(job, [file.read() for file in files])
        output.write(json.dumps(found.to_json()).encode())
        report = Report(status=Outcome.PREPARED)
        return Verdict(outcome=Outcome.PREPARED, report=report, sandbox="here")


def with_scorer(works: Works, scorer: ScorerHere) -> Works:
    services = dataclasses.replace(works.services, sandbox=cast(SandboxClient, scorer))
    return Works(services)


def draft(works: Works, **values: Any) -> tuple[Competition, int]:
    competition = works.competition(launched_at=None, **values)
    revision_id = works.revision(competition)
    works.set_state(
        revision_id,
        RevisionState.READY,
        solution_sha256=works.store(SOLUTION),
        sample_sha256=works.store(SAMPLE),
        id_column="id",
    )
    return competition, revision_id


def looked(works: Works, revision_id: int) -> dict[str, Any]:
    lint.look(works.services, revision_id)
    found = works.get_revision(revision_id).lint
    assert found is not None
    return found


@pytest.mark.database
def test_findings_in_data_files_are_kept(works: Works) -> None:
    works = with_scorer(works, ScorerHere())
    _, revision_id = draft(works, data={"test.csv": LEAKING})

    found = looked(works, revision_id)

    leaks = [one for one in found["findings"] if one["code"] == "test-has-target"]
    assert [one["file"] for one in leaks] == ["test.csv"]
    assert found["counts"]["error"] >= 1
    with works.session() as session:
        revision = works.get_revision(revision_id)
        assert found["data_sha256"] == lint.data_sha256(session, revision=revision)


def test_what_is_too_large_is_left_out_and_said(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "MOST_BYTES", 100)
    scorer = ScorerHere()
    works = with_scorer(works, scorer)
    _, revision_id = draft(works, data={"test.csv": LEAKING, "small.csv": b"a\n1\n"})

    found = looked(works, revision_id)

    assert found["left_out"] == ["test.csv"]
    assert scorer.jobs[0].data_names == ("small.csv",)


def test_a_limit_that_ends_the_linter_is_said(works: Works) -> None:
    ending = Verdict(outcome=Outcome.CUT_OFF, reason=CutOff.MEMORY, sandbox="here")
    works = with_scorer(works, ScorerHere(ending))
    _, revision_id = draft(works)

    assert "limit: memory" in looked(works, revision_id)["trouble"]


def test_only_drafts_are_linted_by_themselves(works: Works) -> None:
    _, revision_id = draft(works)
    launched = works.competition("launched")
    other_id = works.revision(launched)
    works.set_state(other_id, RevisionState.READY)
    works.jobs.sent.clear()

    for each in (revision_id, other_id):
        lint.ask_for_draft(works.services, revision_id=each)

    assert [job.row_id for job in works.jobs.sent] == [revision_id]
