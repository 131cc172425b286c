"""Things for tests, made as the services make them: users, competitions, teams, scores."""

from __future__ import annotations

import io
import itertools
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from podium.accounts import service as accounts
from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions import service as competitions
from podium.competitions.models import (
    Competition,
    DataFile,
    Page,
    Revision,
    RevisionState,
)
from podium.core import clock
from podium.core.queue import Job
from podium.leaderboards import service as leaderboards
from podium.receipts import service as receipts
from podium.receipts.models import Receipt
from podium.submissions import service as submissions
from podium.submissions.models import Score, Status, Submission
from podium.teams import service as teams
from podium.teams.models import Team
from podium_scorer.contract import Outcome, Report

PASSWORD = "correct horse battery"
PASSWORD_HASH = accounts.hasher().hash(PASSWORD)  # slow, so made once
DAY = timedelta(days=1)
CSV = b"id,y\n1,0.25\n2,0.75\n"
_numbers = itertools.count(1)


class FakeJobs:
    """A queue that remembers what it was given; ``away`` is a Redis that is down.

    It takes ``breaks_after`` more jobs and then none; one that ``forgets`` says that
    nothing waits, as it does to all who ask at the same moment.
    """

    def __init__(self) -> None:
        self.sent: list[Job] = []
        self.away = False
        self.breaks_after: int | None = None
        self.forgets = False
        self.known_workers = 1

    def send(self, job: Job) -> bool:
        """Take a job."""
        if self.away or self.breaks_after == 0:
            return False
        if self.breaks_after is not None:
            self.breaks_after -= 1
        self.sent.append(job)
        return True

    def waiting(self) -> set[str] | None:
        """What waits: everything that was sent."""
        if self.away:
            return None
        return set() if self.forgets else {job.id for job in self.sent}

    def workers(self) -> int:
        """How many workers there are."""
        return 0 if self.away else self.known_workers


class Factory:
    """Makes things in the database and storage of the services under test."""

    def __init__(self, services: Services) -> None:
        self.services = services

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that is committed at the end."""
        with self.services.database.session() as session:
            yield session
            session.commit()

    def user(self, username: str = "", **values: Any) -> User:
        """A user with the password ``PASSWORD``."""
        username = username or f"user{next(_numbers)}"
        with self.session() as session:
            user = User(
                username=username,
                email=f"{username}@private.example",
                password=PASSWORD_HASH,
                fs_uniquifier=uuid.uuid4().hex,
                **values,
            )
            session.add(user)
        return user

    def competition(
        self,
        slug: str = "stars",
        *,
        pages: Mapping[str, str] | None = None,
        data: Mapping[str, bytes] | None = None,
        live: bool = True,
        metric: str = "roc_auc",
        **values: Any,
    ) -> Competition:
        """An open competition; with ``live``, one that can score."""
        now = clock.now()
        pages = (
            {"overview": "Look *up*.", "rules": "Be fair."} if pages is None else pages
        )
        data = {"train.csv": CSV} if data is None else data
        defaults = {
            "title": slug.replace("-", " ").title(),
            "subtitle": "Which of them shine?",
            "tags": ["astronomy"],
            "host_name": "The Observatory",
            "opens_at": now - 10 * DAY,
            "closes_at": now + 10 * DAY,
            "submissions_per_day": 5,
            "submissions_total": None,
            "submission_max_bytes": 5_000_000,
            "submission_formats": ["csv", "csv.gz", "zip", "parquet"],
            "team_max_size": 3,
            "launched_at": now - 10 * DAY,
            "ranked": True,
        }
        with self.session() as session:
            competition = Competition(slug=slug, **defaults | values)
            competition.pages = [
                Page(name=name, title=name.title(), position=place, text=text)
                for place, (name, text) in enumerate(pages.items())
            ]
            competition.data_files = [
                self._data_file(name, content) for name, content in data.items()
            ]
            session.add(competition)
            session.flush()
            if live:
                self.make_live(session, competition, metric=metric)
        return competition

    def make_live(
        self, session: Session, competition: Competition, *, metric: str = "roc_auc"
    ) -> Revision:
        """Give the competition a revision that judges."""
        revision = Revision(
            competition_id=competition.id,
            number=1,
            judges_sha256="1" * 64,
            solution_sha256="2" * 64,
            sample_sha256="3" * 64,
            id_column="id",
            metric=metric,
            higher_is_better=metric in {"roc_auc", "accuracy", "f1", "macro_f1"},
            state=RevisionState.READY,
            index_sha256="4" * 64,
            public_rows=30,
            private_rows=70,
        )
        session.add(revision)
        session.flush()
        competition.live_revision_id = revision.id
        return revision

    def join(self, competition: Competition, *users: User) -> None:
        """Accept the rules."""
        with self.session() as session:
            for user in users:
                teams.join(
                    session,
                    competition=session.get_one(Competition, competition.id),
                    user=session.get_one(User, user.id),
                    now=competition.opens_at,
                )

    def team(self, competition: Competition, *users: User, name: str = "") -> Team:
        """A team of users, who join the competition if they have not."""
        self.join(competition, *users)
        first, *rest = users
        now = competition.opens_at
        with self.session() as session:
            held = session.get_one(Competition, competition.id)
            leader = session.get_one(User, first.id)
            team = teams.create_team(
                session,
                competition=held,
                user=leader,
                name=name or f"Team {next(_numbers)}",
                now=now,
            )
            for user in rest:
                invitation = teams.invite(
                    session, team=team, by=leader, username=user.username, now=now
                )
                other = session.get_one(User, user.id)
                teams.accept(session, invitation=invitation, user=other, now=now)
        return team

    def submission(
        self,
        team: Team,
        user: User,
        *,
        at: datetime | None = None,
        public: float | None = None,
        private: float | None = None,
        status: Status | None = None,
        margin: float = 0.02,
        content: bytes = CSV,
        **values: Any,
    ) -> Submission:
        """A submission of the team: scored where it has a score, else of that status."""
        at = at or clock.now()
        outcome = status or (Status.QUEUED if public is None else Status.SCORED)
        with self.session() as session:
            competition = session.get_one(Competition, team.competition_id)
            submission = submissions.submit(
                session,
                competition=competition,
                user=session.get_one(User, user.id),
                blob=self.services.storage.put(io.BytesIO(content), most_bytes=10**9),
                file_name=values.pop("file_name", "predictions.csv"),
                description=values.pop("description", ""),
                now=at,
                rejections_per_hour=1000,
            )
            submission.counted = values.pop("counted", True)
            for score in submission.scores:
                _finish(score, outcome, at, public, private, margin, values)
            session.flush()
            if outcome is Status.SCORED:
                leaderboards.refresh_team(
                    session, competition=competition, team_id=team.id
                )
        return submission

    def receipt(self, submission: Submission) -> Receipt:
        """The receipt of a scored submission."""
        with self.session() as session:
            score = session.get_one(Submission, submission.id).scores[-1]
            return receipts.issue(
                session,
                competition=competitions.lock(session, score.competition_id),
                score=score,
                report=Report(
                    status=Outcome.SCORED, public=score.public, scorer="1.0", seed=7
                ),
                settings=self.services.settings,
            )

    def _data_file(self, name: str, content: bytes) -> DataFile:
        blob = self.services.storage.put(io.BytesIO(content), most_bytes=10**9)
        return DataFile(
            name=name,
            description=f"What {name} holds.",
            sha256=blob.sha256,
            size=blob.size,
        )


def _finish(
    score: Score,
    status: Status,
    at: datetime,
    public: float | None,
    private: float | None,
    margin: float,
    values: Mapping[str, Any],
) -> None:
    score.status = status
    for name, value in values.items():
        setattr(score, name, value)
    if status is Status.QUEUED:
        return
    score.attempt, score.started_at = 1, at
    if status is Status.RUNNING:
        score.lease_until = at + timedelta(hours=1)
        return
    score.finished_at = at + timedelta(seconds=2)
    if public is not None:
        score.public, score.private = public, private
        score.public_low, score.public_high = public - margin, public + margin
        if private is not None:
            score.private_low, score.private_high = private - margin, private + margin
