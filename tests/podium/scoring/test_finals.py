"""Choosing finals: who, until when, how many, and what the private board makes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import NotAllowed, PodiumError, Refused
from podium.leaderboards import ranking
from podium.leaderboards.models import Board, Entry, Split
from podium.scoring import merging, service
from podium.scoring.service import Final
from podium.submissions.models import Status, Submission
from podium.teams.models import Team
from tests.podium.factories import DAY, Factory
from tests.podium.threads import answers, at_once, errors

NOW = clock.now()


class Play:
    """A team of two, with four submissions of which the second is best in private."""

    def __init__(self, make: Factory, **values: Any) -> None:
        self.make = make
        defaults = {"opens_at": NOW - 10 * DAY, "final_selections": 2}
        self.competition = make.competition("finals", **defaults | values)
        self.ada, self.bob = make.user("ada"), make.user("bob")
        self.team = make.team(self.competition, self.ada, self.bob)
        scores = ((0.5, 0.60), (0.6, 0.95), (0.8, 0.70), (0.9, 0.65))
        self.sent = [
            make.submission(
                self.team,
                self.ada,
                public=public,
                private=private,
                at=NOW - timedelta(hours=9 - number),
            )
            for number, (public, private) in enumerate(scores)
        ]

    def choose(
        self,
        number: int,
        *,
        by: User | None = None,
        final: bool = True,
        now: Any = NOW,
    ) -> None:
        with self.make.session() as session:
            service.choose(
                session,
                submission=session.get_one(Submission, self.sent[number].id),
                user=session.get_one(User, (by or self.ada).id),
                now=now,
                final=final,
            )

    def finals(self) -> dict[int, Final]:
        """By the places in ``sent``."""
        places = {each.id: place for place, each in enumerate(self.sent)}
        with self.make.session() as session:
            team = session.get_one(Team, self.team.id)
            found = service.finals_of(session, team=team)
        return {places[number]: final for number, final in found.items()}

    def on_board(self, split: Split = Split.PRIVATE) -> tuple[float, int]:
        with self.make.session() as session:
            (entry,) = session.scalars(
                select(Entry)
                .join(Board, Entry.board_id == Board.id)
                .where(
                    Board.competition_id == self.competition.id, Board.split == split
                )
            )
            return entry.score, entry.submissions


@pytest.fixture
def play(make: Factory) -> Play:
    return Play(make)


def test_without_a_choice_the_best_public_ones_count(play: Play) -> None:
    assert play.finals() == {2: Final.AUTOMATIC, 3: Final.AUTOMATIC}
    assert play.on_board() == (0.70, 4)


def test_what_is_chosen_counts_and_the_rest_is_filled(play: Play) -> None:
    play.choose(1)
    assert play.finals() == {1: Final.CHOSEN, 3: Final.AUTOMATIC}
    assert play.on_board() == (0.95, 4)
    play.choose(0, by=play.bob)
    assert play.finals() == {0: Final.CHOSEN, 1: Final.CHOSEN}
    assert play.on_board(Split.PUBLIC) == (0.9, 4)


def test_a_choice_is_taken_back(play: Play) -> None:
    play.choose(1)
    for _ in range(2):  # again changes nothing
        play.choose(1, final=False)
    assert play.finals() == {2: Final.AUTOMATIC, 3: Final.AUTOMATIC}
    assert play.on_board() == (0.70, 4)


def test_no_more_are_chosen_than_there_are_places(play: Play) -> None:
    play.choose(0)
    play.choose(1)
    play.choose(1)  # again changes nothing
    with pytest.raises(Refused, match="chosen 2 of 2 finals already"):
        play.choose(2)


def test_after_the_end_the_choice_stays(play: Play) -> None:
    play.choose(1)
    later = NOW + 20 * DAY
    for number, final in ((2, True), (1, False)):
        with pytest.raises(Refused, match="the finals stay as they are"):
            play.choose(number, final=final, now=later)


def test_only_the_team_chooses(play: Play) -> None:
    with pytest.raises(NotAllowed, match="may choose it"):
        play.choose(0, by=play.make.user())


@pytest.mark.parametrize("status", [Status.REJECTED, Status.FAILED, Status.CUT_OFF])
def test_what_has_no_score_is_not_chosen(play: Play, status: Status) -> None:
    play.sent.append(play.make.submission(play.team, play.ada, status=status))
    with pytest.raises(Refused, match=f"no score .{status}."):
        play.choose(4)


def test_one_that_waits_is_chosen_and_counts_once_it_is_scored(play: Play) -> None:
    play.sent.append(play.make.submission(play.team, play.ada))
    play.choose(4)
    assert play.finals()[4] is Final.CHOSEN
    assert play.on_board() == (0.70, 4)


def test_a_withdrawn_final_frees_its_place(play: Play) -> None:
    play.choose(1)
    with play.make.session() as session:
        service.withdraw(
            session,
            submission=session.get_one(Submission, play.sent[1].id),
            user=session.get_one(User, play.ada.id),
            now=NOW,
        )
    assert play.finals() == {2: Final.AUTOMATIC, 3: Final.AUTOMATIC}
    with pytest.raises(Refused, match=r"no score .withdrawn."):
        play.choose(1)


def test_where_all_count_none_is_chosen(make: Factory) -> None:
    play = Play(make, final_selections=0)
    assert play.finals() == {}
    assert play.on_board() == (0.95, 4)
    with pytest.raises(Refused, match="every submission counts"):
        play.choose(0)


def test_a_team_that_merges_into_another_chooses_anew(make: Factory) -> None:
    play = Play(make, team_max_size=3)
    play.choose(1)
    other = make.team(play.competition, make.user("kim"))
    with make.session() as session:
        request = merging.ask(
            session,
            team=session.get_one(Team, play.team.id),
            other=session.get_one(Team, other.id),
            by=session.get_one(User, play.ada.id),
            now=NOW,
        )
        leader = session.get_one(User, other.leader_id)
        merging.accept(session, request=request, by=leader, now=NOW)
    play.team = other
    assert play.finals() == {2: Final.AUTOMATIC, 3: Final.AUTOMATIC}
    assert play.on_board() == (0.70, 4)


def test_the_definition_says_the_same(play: Play) -> None:
    play.choose(0)
    scored = [
        ranking.Scored(each.id, play.team.id, -public, each.created_at)
        for each, public in zip(play.sent, (0.5, 0.6, 0.8, 0.9), strict=True)
    ]
    expected = ranking.finals(scored, selected={play.sent[0].id}, most=2)
    assert {play.sent[place].id for place in play.finals()} == expected


@pytest.mark.database
def test_members_who_choose_at_once_do_not_take_more_places_than_there_are(
    make: Factory,
) -> None:
    play = Play(make)
    calls = [
        lambda n=number, u=user: play.choose(n, by=u)
        for number in range(4)
        for user in (play.ada, play.bob)
    ]
    results = at_once(calls)
    assert all(isinstance(each, PodiumError) for each in errors(results))
    assert len(answers(results)) >= 2
    with make.session() as session:
        competition = session.get_one(Competition, play.competition.id)
        chosen = session.scalars(
            select(Submission).where(Submission.selected_at.is_not(None))
        ).all()
        assert len(chosen) == competition.final_selections
