"""People who call the API, and a world for them to act in."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from podium.accounts import service as accounts
from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions.models import Competition
from podium.submissions.models import Submission
from podium.teams import service as teams
from podium.teams.models import Team
from tests.podium.factories import DAY, Factory

V1 = "/api/v1"
NOW = datetime.now(UTC)
TRAIN = b"id,x,y\n1,0.5,1\n2,0.1,0\n"
RULES = "# Rules\n\nBe **fair**. <script>alert(1)</script>\n"


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


class World(Factory):
    """A factory that names competitions by their slug and gives people tokens."""

    def __init__(self, services: Services, client: FlaskClient) -> None:
        super().__init__(services)
        self.client = client
        self.anonymous = Caller(client)

    def competition(self, slug: str = "stars", **values: Any) -> Competition:
        """An open competition with two pages and a data file."""
        defaults: dict[str, Any] = {
            "pages": {"overview": "Look *up*.", "rules": RULES},
            "data": {"train.csv": TRAIN},
            "tags": ["astronomy", "tabular"],
            "team_max_size": 2,
        }
        return super().competition(slug, **defaults | values)

    def caller(self, user: User | None = None) -> Caller:
        """Somebody with a token."""
        owner = user or self.user()
        with self.session() as session:
            _, secret = accounts.make_token(
                session, user=session.get_one(User, owner.id), label="test"
            )
        return Caller(self.client, secret)

    def participant(self, slug: str, username: str = "") -> tuple[User, Caller]:
        """A user who has joined, and their token."""
        user = self.user(username)
        self.join(self.named(slug), user)
        return user, self.caller(user)

    def sent(self, slug: str, user: User, **values: Any) -> Submission:
        """A submission of yesterday, by the user's team; it waits, or has a score."""
        with self.session() as session:
            team: Team = teams.team_or_new(
                session,
                competition=session.get_one(Competition, self.named(slug).id),
                user=session.get_one(User, user.id),
                now=NOW - DAY,
            )
        return self.submission(team, user, **{"at": NOW - DAY, "margin": 0.01} | values)

    def change(self, slug: str, **changes: Any) -> None:
        """Change a competition."""
        with self.session() as session:
            competition = session.get_one(Competition, self.named(slug).id)
            for name, value in changes.items():
                setattr(competition, name, value)

    def end(self, slug: str) -> None:
        """Let a competition have ended an hour ago."""
        self.change(slug, closes_at=NOW - DAY / 24)

    def named(self, slug: str) -> Competition:
        """The competition of that slug."""
        with self.session() as session:
            return session.scalars(
                select(Competition).where(Competition.slug == slug)
            ).one()
