"""Handing in: the rules, one sentence each, and what is written down."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import Invalid, NotFound, Refused, TooMany
from podium.core.storage import Blob
from podium.scoring import service as scoring
from podium.submissions import intake, queries, service
from podium.submissions.models import Score, Status, Submission
from podium.teams import queries as teams
from podium.teams.models import Team
from tests.podium.factories import DAY, Factory

NOW = datetime(2026, 5, 6, 13, 0, tzinfo=UTC)
TODAY = datetime(2026, 5, 6, tzinfo=UTC)
BLOB = Blob("a" * 64, 1000)


@dataclasses.dataclass(frozen=True)
class Desk:
    """A user at a competition, handing in."""

    make: Factory
    competition: Competition
    user: User

    def submit(
        self, now: datetime = NOW, cap: int = 30, **values: object
    ) -> Submission:
        with self.make.session() as session:
            return service.submit(
                session,
                competition=session.get_one(Competition, self.competition.id),
                user=session.get_one(User, self.user.id),
                now=now,
                rejections_per_hour=cap,
                **{"blob": BLOB, "file_name": "p.csv", "description": ""} | values,
            )

    def withdraw(self, submission: Submission, now: datetime = NOW) -> None:
        with self.make.session() as session:
            scoring.withdraw(
                session,
                submission=session.get_one(Submission, submission.id),
                user=session.get_one(User, self.user.id),
                now=now,
            )

    def finish(self, submission: Submission, **values: object) -> None:
        with self.make.session() as session:
            for score in session.scalars(
                select(Score).where(Score.submission_id == submission.id)
            ):
                for name, value in values.items():
                    setattr(score, name, value)

    def refund(self, submission: Submission) -> None:
        with self.make.session() as session:
            found = session.get_one(Submission, submission.id)
            service.refund(session, submission=found)

    def team(self) -> Team:
        with self.make.session() as session:
            found = teams.team_of(session, competition=self.competition, user=self.user)
            assert found is not None
            return found

    def allowance(self, now: datetime = NOW) -> intake.Allowance:
        team = self.team()
        with self.make.session() as session:
            return service.allowance(
                session, team=team, competition=self.competition, now=now
            )

    def refused(self, now: datetime = NOW, **values: object) -> Refused:
        with pytest.raises(Refused) as caught:
            self.submit(now, **values)
        return caught.value


def desk(make: Factory, **values: object) -> Desk:
    """Somebody who has joined a competition that is open for ever."""
    always = {"opens_at": NOW - 100 * DAY, "closes_at": NOW + 100 * DAY}
    competition = make.competition(**always | values)
    user = make.user(display_name="Ada L.")
    make.join(competition, user)
    return Desk(make, competition, user)


@pytest.mark.database
def test_a_file_becomes_a_submission_with_a_waiting_score(make: Factory) -> None:
    here = desk(make)
    made = here.submit(file_name=" my p.csv ", description=" first \n try ")
    with make.session() as session:
        found = session.get_one(Submission, made.id)
        assert (found.file_name, found.description) == ("my p.csv", "first \n try")
        assert (found.sha256, found.size) == (BLOB.sha256, 1000)
        assert (found.user_id, found.created_at) == (here.user.id, NOW)
        assert found.counted
        (score,) = found.scores
        assert score.status is Status.QUEUED
        assert not score.background
        assert score.queued_at == NOW
        assert score.revision_id == here.competition.live_revision_id


def test_who_has_no_team_gets_one_under_their_name(make: Factory) -> None:
    here = desk(make)
    here.submit()
    assert here.team().name == "Ada L."


@pytest.mark.parametrize("name", ["ß" * 80, "x" * 80])
def test_a_name_too_long_for_a_team_still_gets_one(make: Factory, name: str) -> None:
    competition = make.competition()
    user = make.user("ada", display_name=name)
    make.join(competition, user)
    Desk(make, competition, user).submit(clock.now())
    with make.session() as session:
        team = session.scalars(select(Team)).one()
    assert team.name in {"ada", "x" * 76}


def test_a_stranger_is_told_to_join(make: Factory) -> None:
    here = dataclasses.replace(desk(make), user=make.user())
    error = here.refused()
    assert error.kind == "rules_not_accepted"
    assert "Accept its rules first" in error.sentence


def test_before_the_opening_the_time_of_it_is_told(make: Factory) -> None:
    here = desk(make, opens_at=NOW + timedelta(hours=1))
    error = here.refused()
    assert error.kind == "closed"
    assert "open on 06 May 2026 at 14:00 UTC" in error.sentence


def test_the_deadline_is_exact(make: Factory) -> None:
    here = desk(make, closes_at=NOW, late_submissions=False)
    here.submit(NOW - timedelta(microseconds=1))
    assert "ended on 06 May 2026 at 13:00 UTC" in here.refused().sentence


def test_a_deadline_that_was_moved_during_the_upload_counts(make: Factory) -> None:
    here = desk(make, late_submissions=False)
    with make.session() as session:
        loaded = session.get_one(Competition, here.competition.id)
        user = session.get_one(User, here.user.id)
        session.commit()  # as a view does before it takes the bytes
        with make.session() as host:
            host.get_one(Competition, here.competition.id).closes_at = NOW
        with pytest.raises(Refused, match="ended on"):
            service.submit(
                session,
                competition=loaded,
                user=user,
                blob=BLOB,
                file_name="p.csv",
                description="",
                now=NOW,
                rejections_per_hour=30,
            )


def test_while_nothing_can_judge_the_sentence_says_wait(make: Factory) -> None:
    here = desk(make, live=False)
    assert "still being set up" in here.refused().sentence


def test_the_daily_limit_begins_anew_at_midnight_utc(make: Factory) -> None:
    here = desk(make, submissions_per_day=2)
    here.submit(TODAY - timedelta(microseconds=1))
    here.submit(TODAY)
    here.submit(TODAY + timedelta(hours=23))
    error = here.refused(TODAY + timedelta(hours=23, minutes=59))
    assert error.kind == "quota"
    assert error.sentence == (
        "Your team has used its 2 submissions for today; "
        "the next one opens at 00:00 UTC on 07 May."
    )
    here.submit(TODAY + DAY)


def test_the_total_limit_is_for_ever(make: Factory) -> None:
    here = desk(make, submissions_total=2)
    here.submit(NOW - 10 * DAY)
    here.submit(NOW - 5 * DAY)
    assert "used all 2 submissions of this competition" in here.refused().sentence


def test_the_limit_is_the_teams_not_the_users(make: Factory) -> None:
    here = desk(make, submissions_per_day=2)
    friend = make.user()
    make.team(here.competition, here.user, friend)
    here.submit()
    dataclasses.replace(here, user=friend).submit()
    assert "used its 2" in here.refused().sentence


def test_the_allowance_says_what_is_left(make: Factory) -> None:
    here = desk(make, submissions_per_day=3, submissions_total=4)
    here.submit(NOW - DAY)
    here.submit()
    left = here.allowance()
    assert (left.left_today, left.left_total, left.left_now) == (2, 2, 2)
    assert left.next_reset_at == TODAY + DAY
    here.submit()
    assert here.allowance(NOW + DAY).left_now == 1


def test_a_refund_gives_back_day_and_total_once(make: Factory) -> None:
    here = desk(make, submissions_per_day=3, submissions_total=4)
    made = here.submit()
    here.refund(made)
    here.refund(made)
    left = here.allowance()
    assert (left.left_today, left.left_total) == (3, 4)
    assert here.team().submissions_made == 0


def test_free_rejections_have_a_cap_of_their_own(make: Factory) -> None:
    here = desk(make)
    for minute in range(3):
        here.refund(here.submit(NOW + timedelta(minutes=minute)))
    with pytest.raises(TooMany) as caught:
        here.submit(NOW + timedelta(minutes=59), cap=3)
    assert 0 < caught.value.retry_after_s <= 3600
    assert "check your file against" in caught.value.sentence
    here.submit(NOW + timedelta(minutes=61), cap=3)


def test_the_wait_for_the_cap_is_told_to_the_second(make: Factory) -> None:
    here = desk(make)
    for minute in range(3):
        here.refund(here.submit(NOW + timedelta(minutes=minute)))
    with pytest.raises(TooMany) as caught:
        here.submit(NOW + timedelta(minutes=10), cap=2)
    # Two of the three must be older than an hour: those of minutes 0 and 1.
    assert caught.value.retry_after_s == 51 * 60


FILES = [
    ({"file_name": ""}, "file"),
    ({"file_name": "x" * 256}, "file"),
    ({"file_name": "a\nb.csv"}, "file"),
    ({"file_name": "a\0.csv"}, "file"),
    ({"blob": Blob("a" * 64, 0)}, "file"),
    ({"blob": Blob("a" * 64, 5_000_001)}, "file"),
    ({"file_name": "p.parquet"}, "file"),
    ({"description": "x" * 501}, "description"),
    ({"description": "\0"}, "description"),
    ({"description": "\ud800"}, "description"),
]


@pytest.mark.parametrize(("values", "field"), FILES)
def test_a_file_that_cannot_be_taken(
    make: Factory, values: dict[str, object], field: str
) -> None:
    here = desk(make, submission_formats=["csv", "zip"])
    with pytest.raises(Invalid) as caught:
        here.submit(**values)
    assert set(caught.value.fields) == {field}
    with make.session() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 0


def test_faults_of_file_and_description_are_told_at_once(make: Factory) -> None:
    here = desk(make)
    with pytest.raises(Invalid) as caught:
        here.submit(file_name="", description="x" * 501)
    assert set(caught.value.fields) == {"file", "description"}


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("p.csv", True),
        ("P.CSV", True),
        ("p.csv.gz", False),
        ("p.zip", False),
        ("p.txt", True),
        ("p", True),
        ("csv.gz", True),
    ],
)
def test_the_ending_of_a_name_says_its_format(name: str, taken: bool) -> None:
    found = intake.file_refusal(
        file_name=name, size=1, most_bytes=10, formats=["csv"], description=""
    )
    assert (found == {}) is taken


def test_without_listed_formats_all_are_taken() -> None:
    for name in ("p.csv", "p.zip", "p.parquet", "p.csv.gz"):
        assert not intake.file_refusal(
            file_name=name, size=None, most_bytes=10, formats=[], description=""
        )


# Withdrawing


@pytest.mark.database
def test_what_is_withdrawn_in_the_queue_is_not_scored_and_costs_nothing(
    make: Factory,
) -> None:
    here = desk(make)
    made = here.submit()
    here.withdraw(made)
    with make.session() as session:
        found = session.get_one(Submission, made.id)
        assert found.withdrawn_at == NOW
        assert not found.counted
        assert [score.status for score in found.scores] == [Status.WITHDRAWN]
    assert here.team().submissions_made == 0


@pytest.mark.parametrize("status", [Status.RUNNING, Status.SCORED, Status.CUT_OFF])
def test_what_was_begun_stays_counted(make: Factory, status: Status) -> None:
    here = desk(make)
    made = here.submit()
    here.finish(made, status=status, attempt=1)
    here.withdraw(made)
    assert here.team().submissions_made == 1
    with make.session() as session:
        assert session.scalars(select(Score.status)).one() is status


def test_what_waits_again_after_our_failure_costs_nothing(make: Factory) -> None:
    here = desk(make)
    made = here.submit()
    here.finish(made, attempt=2, failures=2)
    here.withdraw(made)
    assert here.team().submissions_made == 0


def test_nothing_is_withdrawn_twice_or_after_the_end(make: Factory) -> None:
    here = desk(make)
    first, second = here.submit(), here.submit()
    here.withdraw(first)
    with pytest.raises(Refused, match="withdrawn already"):
        here.withdraw(first)
    with pytest.raises(Refused, match="has ended"):
        here.withdraw(second, here.competition.closes_at)


def test_a_stranger_withdraws_nothing(make: Factory) -> None:
    here = desk(make)
    made = here.submit()
    stranger = dataclasses.replace(here, user=make.user())
    with pytest.raises(Exception, match="Only members of the team"):
        stranger.withdraw(made)


def test_withdrawing_the_best_shows_the_next_best(make: Factory) -> None:
    competition = make.competition()
    user = make.user()
    team = make.team(competition, user)
    best = make.submission(team, user, public=0.9)
    make.submission(team, user, public=0.7)
    here = Desk(make, competition, user)
    here.withdraw(best, clock.now())
    with make.session() as session:
        place = scoring.header(
            session,
            competition=session.get_one(Competition, competition.id),
            viewer=session.get_one(User, user.id),
            now=clock.now(),
        )
    assert place.row is not None
    assert (place.row.score, place.row.submissions) == (0.7, 1)


# Reading


def test_a_submission_is_its_teams_only(make: Factory) -> None:
    here = desk(make)
    made, stranger = here.submit(), make.user()
    with make.session() as session:
        found = queries.by_public_id(
            session, public_id=made.public_id, viewer=here.user
        )
        assert found.id == made.id
        for viewer in (None, stranger):
            with pytest.raises(NotFound):
                queries.by_public_id(session, public_id=made.public_id, viewer=viewer)


def test_a_teams_submissions_come_newest_first_in_pages(make: Factory) -> None:
    here = desk(make)
    ids = [here.submit().id for _ in range(5)]
    team = here.team()
    with make.session() as session:
        first = queries.of_team(session, team=team, limit=3)
        rest = queries.of_team(session, team=team, limit=3, before_id=first[-1].id)
    assert [each.id for each in first + rest] == ids[::-1]


def test_nothing_private_shows_before_the_end(make: Factory) -> None:
    competition = make.competition()
    user = make.user()
    made = make.submission(make.team(competition, user), user, public=0.9, private=0.25)

    def standing() -> scoring.Standing:
        with make.session() as session:
            return scoring.standing(
                session,
                submission=session.get_one(Submission, made.id),
                settings=make.services.settings,
                now=clock.now(),
            )

    before = standing()
    assert (before.public, before.private, before.private_interval) == (0.9, None, None)
    with make.session() as session:
        session.get_one(Competition, competition.id).closes_at = clock.now()
    after = standing()
    assert after.private == 0.25
    assert after.private_interval == pytest.approx((0.23, 0.27))
