"""What RQ calls: a function by name, a row's id, and this process's services."""

from __future__ import annotations

from podium import bootstrap
from podium.scoring import lint as linter
from podium.scoring import run


def score(row_id: int) -> None:
    """Score the submission of a row of ``scores``."""
    run.score(bootstrap.services(), row_id)


def prepare(row_id: int) -> None:
    """Prepare the solution of a row of ``revisions``."""
    run.prepare(bootstrap.services(), row_id)


def lint(row_id: int) -> None:
    """Lint the files of a row of ``revisions``."""
    linter.look(bootstrap.services(), row_id)
