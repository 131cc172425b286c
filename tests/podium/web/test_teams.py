"""Teams, invitations, and the pages that others see."""

from __future__ import annotations

import re

from podium.accounts.models import User
from podium.competitions.models import Competition
from tests.podium.factories import Factory
from tests.podium.web.conftest import Visit
from tests.podium.web.people import Person


def test_the_team_tab_asks_to_join_first(stars: Competition, as_ada: Person) -> None:
    assert "Your team will be here" in as_ada.get("/c/stars/team").text


def test_a_team_is_made_and_renamed(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    make.join(stars, ada)
    assert "Name your team" in as_ada.get("/c/stars/team").text
    as_ada.post("/c/stars/team", name="Comets")
    assert "Comets" in as_ada.get("/c/stars/team").text
    as_ada.post("/c/stars/team/rename", name="Meteors")
    page = as_ada.get("/c/stars/team").text
    assert "Your team is now called “Meteors”." in page
    assert "Comets" not in page


def test_a_name_that_is_taken_is_told_beside_the_field(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    make.team(stars, make.user(), name="Comets")
    make.join(stars, ada)
    answer = as_ada.post("/c/stars/team", name="comets")
    assert answer.status_code == 409
    assert 'aria-invalid="true"' in answer.text
    assert "Another team is called “comets”" in answer.text
    assert 'value="comets"' in answer.text


def test_inviting_accepting_and_declining(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    team = make.team(stars, ada, name="Comets")
    bob, eve = make.user("bob"), make.user("eve")
    for name in ("bob", "eve"):
        as_ada.post("/c/stars/team/invite", username=name)
    as_bob, as_eve = as_user(bob), as_user(eve)
    assert "1 invitation" in as_bob.get("/").text
    assert "Comets" in as_bob.get("/invitations").text
    make.join(stars, bob)
    answer = as_bob.post(_answer(as_bob, "accept"))
    assert answer.location == "/c/stars/team"
    assert "You are now in the team “Comets”." in as_bob.get("/c/stars/team").text
    assert as_eve.post(_answer(as_eve, "decline")).location == "/invitations"
    assert "No invitations" in as_eve.get("/invitations").text
    page = as_ada.get(f"/t/{team.public_id}").text
    assert "@bob" in page
    assert "@eve" not in page


def test_accepting_without_having_joined_says_what_to_do(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    make.team(stars, ada)
    as_bob = as_user(make.user("bob"))
    as_ada.post("/c/stars/team/invite", username="bob")
    answer = as_bob.post(_answer(as_bob, "accept"))
    assert answer.status_code == 409
    assert "Accept its rules first" in answer.text


def test_an_invitation_is_taken_back(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    make.team(stars, ada)
    as_bob = as_user(make.user("bob"))
    as_ada.post("/c/stars/team/invite", username="bob")
    address = re.search(r"/invitations/\w+/cancel", as_ada.get("/c/stars/team").text)
    assert address
    as_ada.post(address.group())
    assert "No invitations" in as_bob.get("/invitations").text


def test_inviting_somebody_unknown_is_told_beside_the_field(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    make.team(stars, ada)
    answer = as_ada.post("/c/stars/team/invite", username="nobody")
    assert answer.status_code == 404
    assert "There is no user named “nobody”" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_nobody_answers_the_invitation_of_another(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    make.team(stars, ada)
    as_bob, as_eve = as_user(make.user("bob")), as_user(make.user("eve"))
    as_ada.post("/c/stars/team/invite", username="bob")
    assert as_eve.post(_answer(as_bob, "accept")).status_code == 404


def test_a_team_page_shows_rank_score_and_members(
    stars: Competition, make: Factory, ada: User, visitor: Person
) -> None:
    team = make.team(stars, ada, name="Comets")
    assert "No score yet" in visitor.get(f"/t/{team.public_id}").text
    make.submission(team, ada, public=0.87654, private=0.8)
    page = visitor.get(f"/t/{team.public_id}").text
    assert "0.87654" in page
    assert "95 % interval 0.85654 to 0.89654" in page
    assert "Ada Quill" in page


def test_a_user_page_shows_results(
    stars: Competition, make: Factory, ada: User, visitor: Person
) -> None:
    assert "has not taken part" in visitor.get("/u/ada").text
    make.submission(make.team(stars, ada, name="Comets"), ada, public=0.9, private=0.8)
    page = visitor.get("/u/ada").text
    assert "Stars" in page
    assert "0.90000" in page
    assert "ada@private.example" not in page


def test_pages_of_nobody_are_not_found(visitor: Person) -> None:
    assert visitor.get("/u/nobody").status_code == 404
    assert visitor.get("/t/zzzzzzzzzz").status_code == 404


def _answer(person: Person, word: str) -> str:
    page = person.get("/invitations").text
    found = re.search(rf"/invitations/\w+/{word}", page)
    assert found, page
    return found.group()
