"""The worker's lines say which submission they are about, and the sandbox is told."""

from __future__ import annotations

import json
import logging

import pytest

from podium.scoring import run
from podium.submissions.models import Score
from podium_sandbox import logs
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Works


def test_a_scores_line_carries_its_submission(
    works: Works, sandbox: FakeSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(logs.JsonLines())
    caplog.set_level(logging.INFO)
    told: list[dict[str, object]] = []
    sandbox.meanwhile = lambda _: told.append(logs.about())
    score_id = works.submitted()
    with works.services.database.reading() as session:
        public_id = session.get_one(Score, score_id).submission.public_id
    works.work(score_id)
    lines = map(json.loads, caplog.handler.stream.getvalue().splitlines())  # type: ignore[attr-defined]
    (line,) = [line for line in lines if line["message"] == "a score ended"]
    assert (line["submission"], line["score"]) == (public_id, score_id)
    assert (line["outcome"], line["attempt"]) == ("scored", 1)
    assert told[-1] == {"submission": public_id, "score": score_id}


def test_a_check_of_a_solution_carries_its_revision(
    works: Works, sandbox: FakeSandbox
) -> None:
    told: list[dict[str, object]] = []
    sandbox.meanwhile = lambda _: told.append(logs.about())
    run.prepare(works.services, works.revision(works.competition("stars"), number=2))
    assert told[0] == {"revision": "stars/2"}
