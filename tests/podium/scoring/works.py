"""What tests of scoring start from, and how they look at what became of it."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions.models import Competition, Revision, RevisionState
from podium.core import clock
from podium.leaderboards.models import Board, Entry, Split
from podium.scoring import run
from podium.scoring import service as scoring
from podium.scoring.dispatch import dispatch
from podium.submissions import service as submissions
from podium.submissions.models import Score, Submission
from podium.teams.models import Team
from tests.podium.factories import CSV, Factory, FakeJobs

SOLUTION = b"id,y,Usage\n1,0,Public\n2,1,Private\n"
LONG_AGO = timedelta(days=1)


@dataclass(frozen=True)
class Place:
    """A team's row on a board."""

    team_id: int
    score: float
    submissions: int


class Works:
    """A scoring machine over fake sandbox and queue."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.make = Factory(services)
        assert isinstance(services.jobs, FakeJobs)
        self.jobs = services.jobs

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that is committed at the end."""
        with self.make.session() as session:
            yield session

    def store(self, content: bytes) -> str:
        """The hash of a stored content."""
        blob = self.services.storage.put(io.BytesIO(content), most_bytes=10**6)
        return blob.sha256

    def competition(self, slug: str = "stars", **values: Any) -> Competition:
        """An open competition that can score."""
        competition = self.make.competition(slug, **values)
        with self.session() as session:
            session.execute(
                update(Revision)
                .where(Revision.competition_id == competition.id)
                .values(index_sha256=self.store(b"an index"))
            )
        return competition

    def revision(self, competition: Competition, number: int = 2, **values: Any) -> int:
        """A further revision that waits to be prepared; its id."""
        solution = self.store(SOLUTION)
        defaults: dict[str, Any] = {
            "judges_sha256": f"{number:064}",
            "solution_sha256": solution,
            "sample_sha256": self.store(CSV),
            "id_column": "id",
            "metric": "roc_auc",
            "higher_is_better": True,
        }
        with self.session() as session:
            revision = Revision(
                competition_id=competition.id, number=number, **defaults | values
            )
            session.add(revision)
            session.flush()
            return revision.id

    def team(self, competition: Competition) -> tuple[Team, User]:
        """A team of one."""
        user = self.make.user()
        return self.make.team(competition, user), user

    def submit(self, team: Team, user: User, count: int = 1) -> list[int]:
        """Waiting submissions of a team; the ids of their scores."""
        made = []
        for _ in range(count):
            with self.session() as session:
                submission = submissions.submit(
                    session,
                    competition=session.get_one(Competition, team.competition_id),
                    user=session.get_one(User, user.id),
                    blob=self.services.storage.put(
                        io.BytesIO(CSV), most_bytes=len(CSV)
                    ),
                    file_name="predictions.csv",
                    description="",
                    now=clock.now(),
                    rejections_per_hour=10**6,
                )
                made.append(submission.scores[0].id)
        return made

    def submitted(self, **values: Any) -> int:
        """The waiting score of a new team in a new competition."""
        team, user = self.team(self.competition(**values))
        return self.submit(team, user)[0]

    def change(self, score_id: int, **values: Any) -> None:
        """Change a score behind everybody's back."""
        with self.session() as session:
            session.execute(update(Score).where(Score.id == score_id).values(values))

    def later(self) -> None:
        """Let enough time pass for whatever waits or lapses: everything is long ago."""
        past = clock.now() - LONG_AGO
        with self.session() as session:
            for model in (Score, Revision):
                for column in ("sent_at", "lease_until", "not_before"):
                    value: dict[str, datetime] = {column: past}
                    session.execute(
                        update(model)
                        .where(getattr(model, column).is_not(None))
                        .values(value)
                    )

    def score(self, score_id: int) -> Score:
        """A score as it stands in the database."""
        with self.session() as session:
            return session.get_one(Score, score_id)

    def submission_of(self, score_id: int) -> Submission:
        """The submission of a score."""
        with self.session() as session:
            return session.get_one(Submission, self.score(score_id).submission_id)

    def team_of(self, score_id: int) -> Team:
        """The team of a score."""
        with self.session() as session:
            return session.get_one(Team, self.score(score_id).team_id)

    def get_revision(self, revision_id: int) -> Revision:
        """A revision as it stands in the database."""
        with self.session() as session:
            return session.get_one(Revision, revision_id)

    def live(self, competition: Competition) -> int | None:
        """The live revision's id."""
        with self.session() as session:
            return session.get_one(Competition, competition.id).live_revision_id

    def withdraw(self, score_id: int, user: User) -> None:
        """Take the submission of a score back."""
        with self.session() as session:
            scoring.withdraw(
                session,
                submission=session.get_one(
                    Submission, session.get_one(Score, score_id).submission_id
                ),
                user=session.get_one(User, user.id),
                now=clock.now(),
            )

    def work(self, score_id: int) -> None:
        """Do what a worker does with a score."""
        run.score(self.services, score_id)

    def prepare(self, revision_id: int) -> None:
        """Do what a worker does with a revision."""
        run.prepare(self.services, revision_id)

    def work_off(self, most: int = 1000) -> list[str]:
        """Be the only worker until nothing is left; the jobs' ids in their order."""
        done = []
        dispatch(self.services)
        while self.jobs.sent and len(done) < most:
            job = self.jobs.sent.pop(0)
            done.append(job.id)
            kind = job.function.rpartition(".")[2]
            (self.work if kind == "score" else self.prepare)(job.row_id)
        return done

    def board(
        self, competition: Competition, split: Split = Split.PUBLIC
    ) -> list[Place]:
        """The rows of a board, best first."""
        with self.session() as session:
            rows = session.scalars(
                select(Entry)
                .join(Board, Entry.board_id == Board.id)
                .where(Board.competition_id == competition.id, Board.split == split)
                .order_by(Entry.sort_key, Entry.at, Entry.team_id)
            )
            return [Place(each.team_id, each.score, each.submissions) for each in rows]

    def version(self, competition: Competition, split: Split = Split.PUBLIC) -> int:
        """A board's version; 0 where there is none."""
        with self.session() as session:
            return (
                session.scalar(
                    select(Board.version).where(
                        Board.competition_id == competition.id, Board.split == split
                    )
                )
                or 0
            )

    def with_settings(self, **values: Any) -> Works:
        """The same works with other settings."""
        settings = dataclasses.replace(self.services.settings, **values)
        return Works(dataclasses.replace(self.services, settings=settings))

    def set_state(self, revision_id: int, state: RevisionState, **values: Any) -> None:
        """Change a revision behind everybody's back."""
        with self.session() as session:
            session.execute(
                update(Revision)
                .where(Revision.id == revision_id)
                .values(state=state, **values)
            )
