"""A submission that is sent again with its key is the same one."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import PodiumError, Refused
from podium.submissions import service
from podium.submissions.models import Submission
from podium.teams.models import Team
from tests.podium.factories import Factory
from tests.podium.threads import at_once, errors


class Sender:
    """Somebody in a competition with few submissions a day."""

    def __init__(self, make: Factory, per_day: int = 5) -> None:
        self.make = make
        self.stars = make.competition("stars", submissions_per_day=per_day)
        self.ada = make.user("ada")
        self.team = make.team(self.stars, self.ada)

    def send(
        self, key: str, content: bytes = b"id,y\n1,0\n", user: User | None = None
    ) -> str:
        blob = self.make.services.storage.put(io.BytesIO(content), most_bytes=1000)
        with self.make.session() as session:
            return service.submit(
                session,
                competition=session.get_one(Competition, self.stars.id),
                user=session.get_one(User, (user or self.ada).id),
                blob=blob,
                file_name="a.csv",
                description="",
                now=clock.now(),
                rejections_per_hour=1000,
                request_key=key,
            ).public_id

    def count(self) -> tuple[int, int]:
        """Submissions that are there, and those that the team is said to have made."""
        with self.make.session() as session:
            there = session.scalar(select(func.count()).select_from(Submission)) or 0
            return there, session.get_one(Team, self.team.id).submissions_made


@pytest.mark.database
def test_the_same_key_is_the_same_submission(make: Factory) -> None:
    sender = Sender(make)
    first = sender.send("one")
    assert sender.send("one") == first
    assert sender.send("two") != first
    assert sender.count() == (2, 2)


def test_without_a_key_each_is_one_of_its_own(make: Factory) -> None:
    sender = Sender(make)
    assert len({sender.send("") for _ in range(3)}) == 3


@pytest.mark.database
def test_sent_three_times_at_once_it_is_there_once(make: Factory) -> None:
    sender = Sender(make, per_day=1)
    for number in range(3):
        with make.session() as session:
            session.get_one(Competition, sender.stars.id).submissions_per_day = (
                number + 1
            )
        results = at_once([lambda n=number: sender.send(f"key {n}")] * 3)
        assert errors(results) == []
        assert len(set(map(str, results))) == 1
        assert sender.count() == (number + 1, number + 1)


def test_it_is_answered_when_the_days_limit_is_reached(make: Factory) -> None:
    sender = Sender(make, per_day=1)
    first = sender.send("one")
    assert sender.send("one") == first
    with pytest.raises(PodiumError):
        sender.send("two")


def test_another_file_with_the_same_key_is_refused(make: Factory) -> None:
    sender = Sender(make)
    sender.send("one")
    with pytest.raises(Refused, match="came with another file before"):
        sender.send("one", b"id,y\n1,1\n")
    assert sender.count() == (1, 1)


def test_a_key_is_its_senders_alone(make: Factory) -> None:
    sender = Sender(make)
    bob = make.user("bob")
    make.team(sender.stars, bob, name="Moons")
    assert sender.send("one") != sender.send("one", user=bob)
