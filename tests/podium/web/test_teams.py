"""Teams, invitations, and the pages that others see."""

from __future__ import annotations

import re

from podium.accounts.models import User
from podium.accounts.service import by_username
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


def test_the_lead_is_handed_over_and_a_member_taken_out(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    bob, eve = make.user("bob"), make.user("eve")
    make.team(stars, ada, bob, eve, name="Comets")
    as_ada.post("/c/stars/team/remove", username="eve")
    page = as_ada.get("/c/stars/team").text
    assert "eve is no longer in the team." in page
    assert "@eve" not in page
    as_ada.post("/c/stars/team/lead", username="bob")
    page = as_ada.get("/c/stars/team").text
    assert "bob leads the team now." in page
    assert "Make leader" not in page
    assert "Make leader" in as_user(bob).get("/c/stars/team").text
    assert as_ada.post("/c/stars/team/lead", username="ada").status_code == 403


def test_a_link_is_made_followed_and_closed(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    make.team(stars, ada, name="Comets")
    as_ada.post("/c/stars/team/link/make")
    found = re.search(r"/join-team/[\w-]+", as_ada.get("/c/stars/team").text)
    assert found
    address = found.group()
    as_bob = as_user(make.user("bob"))
    assert "Accept the rules of Stars first" in as_bob.get(address).text
    with make.session() as session:
        bob = by_username(session, "bob")
    make.join(stars, bob)
    page = as_bob.get(address)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Join team" in page.text
    assert as_bob.post(address).location == "/c/stars/team"
    assert "You are in this team already" in as_bob.get(address).text
    as_ada.post("/c/stars/team/link/close")
    answer = as_user(make.user("eve")).get(address)
    assert answer.status_code == 409
    assert "no longer leads into a team" in answer.text


def test_a_visitor_with_a_link_is_asked_to_log_in_and_comes_back(
    stars: Competition, make: Factory, ada: User, as_ada: Person, visitor: Person
) -> None:
    make.team(stars, ada)
    as_ada.post("/c/stars/team/link/make")
    found = re.search(r"/join-team/[\w-]+", as_ada.get("/c/stars/team").text)
    assert found
    assert f"/log-in?next={found.group()}" in visitor.get(found.group()).text


def test_teams_ask_each_other_to_merge(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    bob, eve = make.user("bob"), make.user("eve")
    make.team(stars, ada, name="Comets")
    make.team(stars, bob, eve, name="Moons")
    answer = as_ada.post("/c/stars/team/merge", other="Sun")
    assert answer.status_code == 404
    assert "Stars has no team named “Sun”" in answer.text
    assert 'value="Sun"' in answer.text
    as_ada.post("/c/stars/team/merge", other=" moons ")
    assert "Moons" in as_ada.get("/c/stars/team").text
    assert "Your leader can answer." in as_user(eve).get("/c/stars/team").text
    as_bob = as_user(bob)
    assert "1 invitation" in as_bob.get("/").text
    waiting = as_bob.get("/invitations").text
    assert "asks to merge into your team “Moons”" in waiting
    assert "No invitations" not in waiting
    assert "asks to merge" not in as_user(eve).get("/invitations").text
    found = re.search(r"/merges/\w+/accept", as_bob.get("/c/stars/team").text)
    assert found
    as_bob.post(found.group())
    page = as_bob.get("/c/stars/team").text
    assert "“Comets” is now part of your team." in page
    assert "@ada" in page
    assert as_bob.post(found.group()).status_code == 404


def test_a_request_to_merge_is_declined(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    bob = make.user("bob")
    make.team(stars, ada, name="Comets")
    make.team(stars, bob, name="Moons")
    as_ada.post("/c/stars/team/merge", other="Moons")
    as_bob = as_user(bob)
    found = re.search(r"/merges/\w+/close", as_bob.get("/c/stars/team").text)
    assert found
    as_bob.post(found.group())
    assert "The request to merge is closed." in as_bob.get("/c/stars/team").text
    assert "You asked" not in as_ada.get("/c/stars/team").text


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


def test_somebody_asks_to_join_a_team_and_is_let_in(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    team, bob = make.team(stars, ada, name="Comets"), make.user("bob")
    make.join(stars, bob)
    as_bob, page = as_user(bob), f"/t/{team.public_id}"
    assert "Ask to join" not in as_bob.get(page).text
    as_ada.post("/c/stars/team/requests/open")
    assert "Ask to join" in as_bob.get(page).text
    assert as_bob.post(f"{page}/ask", message="I know stars.").location == (
        "/c/stars/team"
    )
    assert "You asked to join" in as_bob.get("/c/stars/team").text
    assert "1 invitation" in as_ada.get("/").text
    assert "asks to join your team “Comets”" in as_ada.get("/invitations").text
    waiting = as_ada.get("/c/stars/team").text
    assert "I know stars." in waiting
    found = re.search(r"/join-requests/\w+/accept", waiting)
    assert found
    as_ada.post(found.group())
    assert "@bob" in as_ada.get("/c/stars/team").text


def test_what_is_wrong_with_a_request_to_join_is_told_at_the_field(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    team, bob = make.team(stars, ada, name="Comets"), make.user("bob")
    make.join(stars, bob)
    as_ada.post("/c/stars/team/requests/open")
    answer = as_user(bob).post(f"/t/{team.public_id}/ask", message="x" * 301)
    assert answer.status_code == 422
    assert "at most 300 visible characters" in answer.text
    assert "x" * 301 in answer.text


def test_a_request_to_join_is_declined_or_taken_back(
    stars: Competition, make: Factory, ada: User, as_ada: Person, as_user: Visit
) -> None:
    team, bob = make.team(stars, ada, name="Comets"), make.user("bob")
    make.join(stars, bob)
    as_ada.post("/c/stars/team/requests/open")
    as_bob = as_user(bob)
    for person in (as_ada, as_bob):
        as_bob.post(f"/t/{team.public_id}/ask", message="")
        text = person.get("/c/stars/team").text
        found = re.search(r"/join-requests/\w+/close", text)
        assert found
        person.post(found.group())
        assert "The request to join is closed." in person.get("/c/stars/team").text
    as_ada.post("/c/stars/team/requests/close")
    assert "Ask to join" not in as_bob.get(f"/t/{team.public_id}").text
