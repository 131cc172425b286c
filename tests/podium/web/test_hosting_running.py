"""An organizer's pages of a running competition: submissions, announcements."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.submissions.models import Status, Submission
from tests.podium.factories import Factory
from tests.podium.web.people import Person


@pytest.fixture
def stars(make: Factory, ada: User) -> tuple[Competition, Submission, Submission]:
    """A competition that Ada hosts, with a score and a fault of the metric."""
    stars = make.competition("stars", host_id=ada.id)
    bob = make.user("bob")
    comets = make.team(stars, bob, name="Comets")
    scored = make.submission(comets, bob, public=0.75, private=0.123456789)
    broken = make.submission(
        comets, bob, status=Status.HOST_ERROR, file_name="broken.csv"
    )
    with make.session() as session:
        score = session.get_one(Submission, broken.id).scores[-1]
        score.host_message = "KeyError: 'y' <in metric.py>"
    return stars, scored, broken


def test_a_host_sees_what_came_in_and_why_it_has_no_score(
    as_ada: Person, stars: tuple[Competition, Submission, Submission]
) -> None:
    _, scored, broken = stars
    page = as_ada.get("/c/stars/host/submissions").text
    assert "predictions.csv" in page
    assert "broken.csv" in page
    assert "0.7500" in page
    assert "0.1234" not in page
    only = as_ada.get("/c/stars/host/submissions?status=host_error&q=com").text
    assert "broken.csv" in only
    assert "predictions.csv" not in only
    assert (
        "No submission fits."
        in as_ada.get("/c/stars/host/submissions?q=nobody&status=nonsense").text
    )
    one = as_ada.get(f"/c/stars/host/submissions/{broken.public_id}").text
    assert "KeyError: &#39;y&#39; &lt;in metric.py&gt;" in one
    assert "Score it again" in one
    other = as_ada.get(f"/c/stars/host/submissions/{scored.public_id}").text
    assert "Score it again" not in other
    assert "0.1234" not in other
    sent = as_ada.get(f"/c/stars/host/submissions/{scored.public_id}/file")
    assert sent.status_code == 200


def test_a_host_takes_a_submission_off_and_the_team_reads_why(
    app: Flask,
    as_ada: Person,
    visitor: Person,
    stars: tuple[Competition, Submission, Submission],
    make: Factory,
) -> None:
    _, scored, broken = stars
    path = f"/c/stars/host/submissions/{scored.public_id}"
    assert "the team reads it" in as_ada.post(f"{path}/remove").text
    assert as_ada.post(f"{path}/remove", reason="Copied from Moons.").location == path
    assert "Comets" not in visitor.get("/c/stars/leaderboard").text
    with make.session() as session:
        bob = session.scalars(select(User).where(User.username == "bob")).one()
    team = Person(app, bob)
    told = team.get(f"/c/stars/submissions/{scored.public_id}").text
    assert "took this submission off the boards: Copied from Moons." in told
    assert as_ada.post(f"{path}/restore").location == path
    assert "Comets" in visitor.get("/c/stars/leaderboard").text
    again = f"/c/stars/host/submissions/{broken.public_id}"
    assert as_ada.post(f"{again}/again").location == again
    assert "Waiting" in as_ada.get(again).text
    refused = as_ada.post(f"{again}/again")
    assert refused.status_code == 409
    assert "scores everything anew" in refused.text


def test_nobody_else_sees_a_hosts_submissions(
    app: Flask,
    make: Factory,
    visitor: Person,
    stars: tuple[Competition, Submission, Submission],
) -> None:
    _, scored, _ = stars
    eve = Person(app, make.user("eve"))
    with make.session() as session:
        bob = session.scalars(select(User).where(User.username == "bob")).one()
    path = "/c/stars/host/submissions"
    for each in (path, f"{path}/{scored.public_id}", f"{path}/{scored.public_id}/file"):
        assert eve.get(each).status_code == 403
        assert Person(app, bob).get(each).status_code == 403
        assert visitor.get(each).location.startswith("/log-in")
    for what in ("remove", "restore", "again"):
        answer = eve.post(f"{path}/{scored.public_id}/{what}", reason="x")
        assert answer.status_code == 403


def test_a_submission_of_another_competition_is_not_found(
    as_ada: Person,
    make: Factory,
    stars: tuple[Competition, Submission, Submission],
) -> None:
    other = make.competition("other")
    user = make.user()
    sent = make.submission(make.team(other, user), user, public=0.5)
    path = f"/c/stars/host/submissions/{sent.public_id}"
    assert as_ada.get(path).status_code == 404
    assert as_ada.get(f"{path}/file").status_code == 404
    assert as_ada.post(f"{path}/remove", reason="x").status_code == 404


# Announcements


def test_what_is_announced_is_read_by_those_who_take_part(
    app: Flask,
    as_ada: Person,
    visitor: Person,
    stars: tuple[Competition, Submission, Submission],
    make: Factory,
) -> None:
    path = "/c/stars/host/announcements"
    refused = as_ada.post(path, title=" ", text="")
    assert refused.status_code == 422
    assert "Give it a title" in refused.text
    assert "Write 1 to 20,000 characters." in refused.text
    text = "There is *more* data. <script>x</script>"
    assert as_ada.post(path, title="More & more", text=text).location == path
    for page in ("/c/stars", "/c/stars/announcements"):
        shown = visitor.get(page).text
        assert "More &amp; more" in shown
        assert "<em>more</em>" in shown
        assert "<script>x" not in shown
    with make.session() as session:
        bob = session.scalars(select(User).where(User.username == "bob")).one()
    assert "More &amp; more" in Person(app, bob).get("/").text
    assert "More &amp; more" not in Person(app, make.user("eve")).get("/").text
    feed = visitor.get("/c/stars/announcements.atom")
    assert feed.content_type.startswith("application/atom+xml")
    root = ElementTree.fromstring(feed.data)  # noqa: S314  # our own
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert root.findtext("a:entry/a:title", namespaces=atom) == "More & more"
    content = root.findtext("a:entry/a:content", namespaces=atom) or ""
    assert "<em>more</em>" in content
    assert "<script" not in content
    for entry in (root, *root.findall("a:entry", atom)):
        assert entry.findtext("a:id", namespaces=atom)
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
            entry.findtext("a:updated", namespaces=atom) or "",
        )
    found = re.search(r"/host/announcements/(\w+)/delete", as_ada.get(path).text)
    assert found
    assert as_ada.post(f"{path}/{found[1]}/delete").location == path
    assert "More" not in visitor.get("/c/stars/announcements").text
    assert as_ada.post(f"{path}/{found[1]}/delete").status_code == 404
