"""Competitions, people and scores for the tests of the API, made as the services do."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from podium.accounts import service as accounts
from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions.models import (
    Competition,
    DataFile,
    Page,
    Revision,
    RevisionState,
)
from podium.core.queue import Job
from podium.leaderboards import service as leaderboards
from podium.submissions import service as submissions
from podium.submissions.models import Status, Submission
from podium.teams import service as teams

V1 = "/api/v1"
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TRAIN = b"id,x,y\n1,0.5,1\n2,0.1,0\n"
RULES = "# Rules\n\nBe **fair**. <script>alert(1)</script>\n"


class FakeJobs:
    """A queue that remembers what it was given; ``away`` is a Redis that is down."""

    def __init__(self) -> None:
        self.sent: list[Job] = []
        self.away = False

    def send(self, job: Job) -> bool:
        """Take a job."""
        if not self.away:
            self.sent.append(job)
        return not self.away

    def waiting(self) -> set[str] | None:
        """What waits: everything that was sent."""
        return None if self.away else {job.id for job in self.sent}

    def workers(self) -> int:
        """One worker."""
        return 1


class Caller:
    """Somebody who calls the API: with a token, or anonymous."""

    def __init__(self, client: FlaskClient, token: str = "") -> None:
        self._client = client
        self.token = token

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request to an address below /api/v1."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        # Buffered: the answer is read to its end and closed, as a server does.
        return self._client.open(
            V1 + path, method=method.upper(), headers=headers, buffered=True, **options
        )

    def upload(
        self, slug: str, content: bytes = b"id,y\n1,0\n", **query: str
    ) -> TestResponse:
        """Send a submission."""
        query = {"file_name": "predictions.csv"} | query
        return self(
            "post",
            f"/competitions/{slug}/submissions",
            query_string=query,
            input_stream=io.BytesIO(content),
            content_length=len(content),
            content_type="application/octet-stream",
        )


class World:
    """Makes things in the database of the services under test."""

    def __init__(self, services: Services, client: FlaskClient) -> None:
        self.services = services
        self.client = client
        self.anonymous = Caller(client)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that is committed at the end."""
        with self.services.database.session() as session:
            yield session
            session.commit()

    def user(self, username: str = "", password: str = "") -> User:
        """A user; hashing takes its time, so a password only where one is given."""
        username = username or f"user{uuid.uuid4().hex[:8]}"
        with self.session() as session:
            user = User(
                username=username,
                email=f"{username}@private.example",
                password=accounts.hasher().hash(password) if password else None,
                fs_uniquifier=uuid.uuid4().hex,
            )
            session.add(user)
        return user

    def caller(self, user: User | None = None) -> Caller:
        """Somebody with a token."""
        with self.session() as session:
            owner = session.merge(user or self.user(), load=True)
            _, secret = accounts.make_token(session, user=owner, label="test")
        return Caller(self.client, secret)

    def competition(
        self, slug: str = "stars", *, ready: bool = True, **changes: Any
    ) -> Competition:
        """An open competition with pages, a data file and, if ready, a live revision."""
        data = self.services.storage.put(_stream(TRAIN), most_bytes=10_000)
        values = {
            "slug": slug,
            "title": slug.title(),
            "subtitle": "Which of them shine?",
            "tags": ["astronomy", "tabular"],
            "host_name": "The Observatory",
            "opens_at": NOW - 10 * DAY,
            "closes_at": NOW + 10 * DAY,
            "submissions_per_day": 5,
            "submissions_total": None,
            "submission_max_bytes": 1_000_000,
            "submission_formats": ["csv", "csv.gz", "zip", "parquet"],
            "team_max_size": 2,
            "licence_name": "CC BY 4.0",
            "licence_url": "https://creativecommons.org/licenses/by/4.0/",
        }
        with self.session() as session:
            competition = Competition(**values | changes)
            competition.pages = [
                Page(name="overview", title="Overview", position=0, text="Look *up*."),
                Page(name="rules", title="Rules", position=1, text=RULES),
            ]
            competition.data_files = [
                DataFile(
                    name="train.csv",
                    description="To learn from.",
                    sha256=data.sha256,
                    size=data.size,
                )
            ]
            session.add(competition)
            session.flush()
            if ready:
                session.add(revision := self._revision(competition))
                session.flush()
                competition.live_revision_id = revision.id
        return competition

    def _revision(self, competition: Competition) -> Revision:
        return Revision(
            competition_id=competition.id,
            number=1,
            judges_sha256="1" * 64,
            solution_sha256="2" * 64,
            sample_sha256="3" * 64,
            id_column="id",
            metric="roc_auc",
            higher_is_better=True,
            state=RevisionState.READY,
            index_sha256="4" * 64,
            public_rows=30,
            private_rows=70,
        )

    def join(self, slug: str, user: User) -> None:
        """Accept the rules."""
        with self.session() as session:
            competition = self._competition(session, slug)
            teams.join(
                session,
                competition=competition,
                user=session.merge(user),
                now=competition.opens_at,
            )

    def participant(self, slug: str, username: str = "") -> tuple[User, Caller]:
        """A user who has joined, and their token."""
        user = self.user(username)
        self.join(slug, user)
        return user, self.caller(user)

    def submission(
        self, slug: str, user: User, *, at: datetime | None = None
    ) -> Submission:
        """A submission that waits, made without the API."""
        at = at or NOW - DAY
        blob = self.services.storage.put(_stream(b"id,y\n1,0.5\n"), most_bytes=10_000)
        with self.session() as session:
            return submissions.submit(
                session,
                competition=self._competition(session, slug),
                user=session.merge(user),
                blob=blob,
                file_name="predictions.csv",
                description="",
                now=at,
                rejections_per_hour=30,
            )

    def scored(
        self,
        slug: str,
        user: User,
        public: float,
        private: float,
        *,
        at: datetime | None = None,
    ) -> Submission:
        """A submission with scores, on the boards."""
        submission = self.submission(slug, user, at=at)
        with self.session() as session:
            row = session.get_one(Submission, submission.id)
            for score in row.scores:
                score.status = Status.SCORED
                score.public, score.private = public, private
                score.public_low, score.public_high = public - 0.01, public + 0.01
                score.private_low, score.private_high = private - 0.01, private + 0.01
                score.started_at = score.finished_at = row.created_at
            session.flush()
            leaderboards.refresh_team(
                session, competition=row.competition, team_id=row.team_id
            )
        return submission

    def change(self, slug: str, **changes: Any) -> None:
        """Change a competition."""
        with self.session() as session:
            competition = self._competition(session, slug)
            for name, value in changes.items():
                setattr(competition, name, value)

    def end(self, slug: str) -> None:
        """Let a competition have ended an hour ago."""
        self.change(slug, closes_at=NOW - timedelta(hours=1))

    def _competition(self, session: Session, slug: str) -> Competition:
        return session.query(Competition).filter_by(slug=slug).one()


def _stream(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)
