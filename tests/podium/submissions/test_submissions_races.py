"""Many who hand in at the same moment: the limit holds, and nobody is refused wrongly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import func, select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import NotAllowed, Refused
from podium.core.storage import Blob
from podium.scoring import service as scoring
from podium.submissions import service
from podium.submissions.models import Submission
from podium.teams import service as teams
from podium.teams.models import Participant, Team
from tests.podium.factories import Factory
from tests.podium.threads import answers, at_once, errors

pytestmark = pytest.mark.database
BLOB = Blob("a" * 64, 100)


def submit(
    make: Factory, competition: Competition, user: User, now: datetime | None = None
) -> Callable[[], int]:
    """A call that hands in, in a session of its own, as a request does."""

    def call() -> int:
        with make.session() as session:
            return service.submit(
                session,
                competition=session.get_one(Competition, competition.id),
                user=session.get_one(User, user.id),
                blob=BLOB,
                file_name="predictions.csv",
                description="",
                now=now or clock.now(),
                rejections_per_hour=1000,
            ).id

    return call


def count(make: Factory, model: type[Submission] | type[Team]) -> int:
    with make.session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def made(make: Factory) -> int:
    with make.session() as session:
        return session.scalars(select(Team)).one().submissions_made


def test_fifty_at_once_against_a_limit_of_five_leave_five(make: Factory) -> None:
    competition = make.competition(submissions_per_day=5)
    user = make.user()
    make.team(competition, user)
    results = at_once([submit(make, competition, user)] * 50)
    assert len(answers(results)) == 5
    assert {type(error) for error in errors(results)} == {Refused}
    assert count(make, Submission) == 5
    assert made(make) == 5


def test_fifty_first_submissions_of_one_user_make_one_team(make: Factory) -> None:
    competition = make.competition(submissions_per_day=5)
    user = make.user()
    make.join(competition, user)
    results = at_once([submit(make, competition, user)] * 50)
    assert len(answers(results)) == 5
    assert all("used its 5 submissions" in str(each) for each in errors(results))
    assert count(make, Team) == 1
    assert made(make) == 5


def test_the_total_limit_holds_too(make: Factory) -> None:
    competition = make.competition(submissions_per_day=50, submissions_total=3)
    ada, bob = make.user(), make.user()
    make.team(competition, ada, bob)
    both = [submit(make, competition, ada), submit(make, competition, bob)]
    results = at_once(both * 10)
    assert len(answers(results)) == 3
    assert made(make) == 3


def test_users_of_one_name_get_a_team_each(make: Factory) -> None:
    competition = make.competition()
    users = [make.user(display_name="Sam") for _ in range(8)]
    make.join(competition, *users)
    results = at_once([submit(make, competition, user) for user in users])
    assert errors(results) == []
    with make.session() as session:
        names = sorted(session.scalars(select(Team.name)))
    assert names == ["Sam", *(f"Sam {number}" for number in range(2, 9))]


def test_who_leaves_while_handing_in_does_one_or_the_other(make: Factory) -> None:
    competition = make.competition()
    users = [make.user() for _ in range(6)]
    make.join(competition, *users)

    def leave(user: User) -> Callable[[], int]:
        def call() -> int:
            with make.session() as session:
                teams.leave(
                    session,
                    competition=session.get_one(Competition, competition.id),
                    user=session.get_one(User, user.id),
                )
            return 0

        return call

    calls = [[submit(make, competition, user), leave(user)] for user in users]
    results = at_once([call for pair in calls for call in pair])
    assert {type(error) for error in errors(results)} <= {Refused, NotAllowed}
    with make.session() as session:
        here = set(session.scalars(select(Participant.user_id)))
        submitted = set(session.scalars(select(Submission.user_id)))
    assert submitted == here
    for number, user in enumerate(users):
        handed_in = results[2 * number]
        assert isinstance(handed_in, int) == (user.id in here)


def test_a_submission_withdrawn_twice_at_once_is_refunded_once(make: Factory) -> None:
    competition = make.competition()
    user = make.user()
    team = make.team(competition, user)
    first, _ = make.submission(team, user), make.submission(team, user)

    def withdraw() -> int:
        with make.session() as session:
            scoring.withdraw(
                session,
                submission=session.get_one(Submission, first.id),
                user=session.get_one(User, user.id),
                now=clock.now(),
            )
        return 0

    results = at_once([withdraw] * 8)
    assert len(answers(results)) == 1
    assert {type(error) for error in errors(results)} == {Refused}
    assert made(make) == 1
