"""Everybody's place: from the final boards that count, and from nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.leaderboards.merit import Medal, Tier, points
from podium.scoring import reviewing
from podium.showcase import service
from podium.submissions.models import Submission
from tests.podium.factories import DAY, Factory
from tests.podium.web.people import Person


class Field:
    """A competition of ten teams of one: p0 is first, then p1, ..."""

    def __init__(self, make: Factory, slug: str = "stars", size: int = 10) -> None:
        self.make = make
        self.competition = make.competition(slug)
        self.users = [make.user(f"{slug}-p{n}") for n in range(size)]
        self.sent = [
            make.submission(
                make.team(self.competition, user, name=f"Team {n}"),
                user,
                public=0.5,
                private=0.9 - n / 100,
            )
            for n, user in enumerate(self.users)
        ]

    def end(self, **values: object) -> None:
        with self.make.session() as session:
            found = session.get_one(Competition, self.competition.id)
            found.closes_at = clock.now() - timedelta(seconds=1)
            for name, value in values.items():
                setattr(found, name, value)

    def ranking(self) -> list[tuple[int, str, float]]:
        with self.make.session() as session:
            return [
                (each.rank, each.user.username, each.merit.points)
                for each in service.ranking(session, now=clock.now())
            ]


@pytest.mark.database
def test_final_ranks_give_points_and_medals(make: Factory) -> None:
    field = Field(make)
    assert field.ranking() == []  # it still runs
    field.end()
    found = field.ranking()
    assert [name for _, name, _ in found] == [u.username for u in field.users]
    for rank, _, value in found:
        assert value == pytest.approx(points(rank=rank, teams=10), rel=1e-4)
    with make.session() as session:
        first = session.get_one(User, field.users[0].id)
        merit = service.merit_of(session, user=first, now=clock.now())
        last = session.get_one(User, field.users[9].id)
        none = service.merit_of(session, user=last, now=clock.now())
    assert merit.medals == {Medal.GOLD: 1, Medal.SILVER: 0, Medal.BRONZE: 0}
    assert (none.tier, none.results, sum(none.medals.values())) == (
        Tier.CONTRIBUTOR,
        1,
        0,
    )


@pytest.mark.parametrize(
    "values", [{"ranked": False}, {"launched_at": None}], ids=["uncounted", "draft"]
)
def test_what_does_not_count_adds_nothing(
    make: Factory, values: dict[str, object]
) -> None:
    field = Field(make)
    field.end(**values)
    assert field.ranking() == []


def test_a_board_that_changes_after_the_end_changes_the_ranking(make: Factory) -> None:
    field = Field(make)
    field.end()
    assert field.ranking()[0][1] == "stars-p0"
    with make.session() as session:
        reviewing.remove(
            session,
            submission=session.get_one(Submission, field.sent[0].id),
            reason="Copied.",
            now=clock.now(),
        )
    assert field.ranking()[0][1] == "stars-p1"
    assert len(field.ranking()) == 9


def test_an_end_that_is_moved_is_the_one_that_points_fade_from(make: Factory) -> None:
    field = Field(make)
    field.end()
    assert field.ranking()[0][2] == pytest.approx(points(rank=1, teams=10), rel=1e-4)
    with make.session() as session:
        found = session.get_one(Competition, field.competition.id)
        found.closes_at = clock.now() - 365 * DAY
    assert field.ranking()[0][2] == pytest.approx(
        points(rank=1, teams=10, days=365), rel=1e-4
    )


def test_members_share_and_equals_share_a_rank(make: Factory) -> None:
    stars = make.competition("stars")
    ada, bob, eve, kim = (make.user(name) for name in ("ada", "bob", "eve", "kim"))
    pair = make.team(stars, ada, bob, name="Pair")
    make.submission(pair, ada, public=0.5, private=0.9)
    for user in (eve, kim):
        make.submission(make.team(stars, user), user, public=0.5, private=0.8)
    with make.session() as session:
        session.get_one(Competition, stars.id).closes_at = clock.now()
        found = service.ranking(session, now=clock.now() + DAY)
    assert [(each.rank, each.user.username) for each in found] == [
        (1, "ada"),
        (1, "bob"),
        (3, "eve"),
        (3, "kim"),
    ]
    assert found[0].merit.points == pytest.approx(
        points(rank=1, teams=3, members=2, days=1), rel=1e-4
    )
    assert found[2].merit.points == pytest.approx(
        points(rank=2, teams=3, days=1), rel=1e-4
    )


def test_the_pages_show_it(app: Flask, make: Factory) -> None:
    visitor = Person(app)
    assert "No final ranks yet" in visitor.get("/rankings").text
    field = Field(make)
    assert "Tier" not in visitor.get("/u/stars-p0").text
    field.end()
    page = visitor.get("/rankings").text
    assert page.index("stars-p0") < page.index("stars-p1")
    assert "gold medal" in page
    person = visitor.get("/u/stars-p0").text
    assert "Contributor" in person
    assert "top 10 %" in person
    assert "gold medal" in person
    assert visitor.get("/rankings?page=99").status_code == 200
    assert visitor.get("/rankings?page=x").status_code == 200
    answer = app.test_client().get("/api/v1/users/stars-p0").json
    assert answer is not None
    assert answer["medals"] == {"gold": 1, "silver": 0, "bronze": 0}
    assert answer["tier"] == "contributor"
    assert answer["results"][0]["medal"] == "gold"
    assert answer["points"] == pytest.approx(points(rank=1, teams=10), rel=1e-4)


def test_only_an_administrator_says_what_counts(app: Flask, make: Factory) -> None:
    host = make.user("hope")
    stars = make.competition("stars", host_id=host.id, ranked=False)
    refused = Person(app, host).post("/c/stars/host/count")
    assert refused.status_code == 403
    assert "Only administrators say" in refused.text
    with make.session() as session:
        assert session.get_one(Competition, stars.id).ranked is False
