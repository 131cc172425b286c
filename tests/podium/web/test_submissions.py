"""Handing in by form and by script, and what the pages say of it afterwards."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions.models import Competition
from podium.core import clock
from podium.submissions.models import Status, Submission
from podium.teams.models import Team
from tests.podium.factories import CSV, DAY, Factory, FakeJobs
from tests.podium.web.conftest import Visit
from tests.podium.web.people import Person

SUBMIT = "/c/stars/submit"


@pytest.fixture
def team(stars: Competition, make: Factory, ada: User) -> Team:
    return make.team(stars, ada, name="Comets")


def send(person: Person, content: bytes = CSV, name: str = "mine.csv") -> TestResponse:
    """Send a file by the form."""
    head = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in (
            ("csrf_token", person.token("/settings/profile")),
            ("description", "Try"),
        )
    )
    head += (
        f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    )
    body = head.encode() + content + b"\r\n--b--\r\n"
    return person.client.post(
        SUBMIT,
        input_stream=io.BytesIO(body),
        content_length=len(body),
        content_type="multipart/form-data; boundary=b",
    )


def send_raw(
    person: Person, content: bytes = CSV, token: str | None = None, **query: str
) -> TestResponse:
    """Send a file as a script of the page does."""
    token = person.token("/settings/profile") if token is None else token
    return person.client.post(
        SUBMIT,
        query_string={"file_name": "mine.csv"} | query,
        input_stream=io.BytesIO(content),
        content_length=len(content),
        content_type="application/octet-stream",
        headers={"X-CSRFToken": token},
    )


def count(services: Services) -> int:
    with services.database.session() as session:
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def test_a_file_is_sent_by_the_form(
    team: Team, as_ada: Person, services: Services, jobs: FakeJobs
) -> None:
    answer = send(as_ada)
    assert answer.status_code == 303
    page = as_ada.get(answer.location).text
    assert "mine.csv" in page
    assert "1st in line" in page
    assert len(jobs.sent) == 1
    with services.database.session() as session:
        kept = session.scalars(select(Submission)).one()
    assert (kept.size, kept.description) == (len(CSV), "Try")
    with services.storage.open(kept.sha256) as file:
        assert file.read() == CSV


@pytest.mark.parametrize(
    ("formats", "words", "endings"),
    [
        (["csv"], ".csv, up to", ".csv"),
        (
            ["csv", "csv.gz", "zip", "npz"],
            ".csv, .csv.gz, .zip of one CSV or .npz, up to",
            ".csv,.gz,.zip,.npz",
        ),
    ],
)
def test_the_form_says_which_formats_are_taken(
    make: Factory,
    ada: User,
    as_ada: Person,
    formats: list[str],
    words: str,
    endings: str,
) -> None:
    make.team(make.competition("stars", submission_formats=formats), ada)
    page = as_ada.get(SUBMIT).text
    assert words in page
    assert f'accept="{endings}"' in page


def test_a_file_is_sent_by_a_script(team: Team, as_ada: Person) -> None:
    answer = send_raw(as_ada, description="Raw")
    assert answer.status_code == 201
    assert answer.json
    assert "Raw" in as_ada.get(answer.json["url"]).text


def test_a_large_form_is_not_held_in_memory(
    make: Factory, ada: User, as_ada: Person, services: Services
) -> None:
    big = make.competition("stars", submission_max_bytes=40_000_000)
    make.team(big, ada)
    content = b"id,y\n" + b"1,0.123456\n" * 2_500_000
    assert send(as_ada, content).status_code == 303
    with services.database.session() as session:
        assert session.scalars(select(Submission)).one().size == len(content)


@pytest.mark.parametrize("way", [send, send_raw])
def test_a_file_that_is_too_large_is_refused(
    make: Factory, ada: User, as_ada: Person, services: Services, way: object
) -> None:
    small = make.competition("stars", submission_max_bytes=1000)
    make.team(small, ada)
    answer = way(as_ada, b"x" * 2000)  # type: ignore[operator]
    assert answer.status_code in {413, 422}
    assert "Compress it" in answer.text
    assert count(services) == 0


@pytest.mark.parametrize("name", ["", " "])
def test_a_form_without_a_file_says_so(team: Team, as_ada: Person, name: str) -> None:
    answer = send(as_ada, b"", name)
    assert answer.status_code == 422
    assert "Choose" in answer.text


def test_a_description_that_is_too_long_is_told(team: Team, as_ada: Person) -> None:
    answer = send_raw(as_ada, description="x" * 501)
    assert answer.status_code == 422
    assert answer.json
    assert answer.json["fields"] == {
        "description": "Keep the description within 500 characters."
    }


@pytest.mark.parametrize("token", ["", "made up"])
def test_without_its_token_nothing_is_taken(
    team: Team, as_ada: Person, services: Services, token: str
) -> None:
    assert send_raw(as_ada, token=token).status_code == 403
    form = {"csrf_token": token, "file": (io.BytesIO(CSV), "mine.csv")}
    answer = as_ada.client.post(SUBMIT, data=form, content_type="multipart/form-data")
    assert answer.status_code == 403
    assert count(services) == 0


def test_a_form_that_breaks_off_is_refused(
    team: Team, as_ada: Person, services: Services
) -> None:
    token = as_ada.token("/settings/profile")
    body = (
        '--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n'
        f'{token}\r\n--b\r\nContent-Disposition: form-data; name="file"; '
        'filename="mine.csv"\r\n\r\nid,y\r\n1,0.5'
    ).encode()
    answer = as_ada.client.post(
        SUBMIT, data=body, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 400
    assert "stopped before its end" in answer.text
    assert count(services) == 0


def test_who_has_not_joined_is_told_to(stars: Competition, as_ada: Person) -> None:
    assert "Accept its rules first" in as_ada.get(SUBMIT).text
    answer = send(as_ada)
    assert answer.status_code == 409
    assert "Accept its rules first" in answer.text


def test_a_visitor_is_sent_to_log_in(stars: Competition, visitor: Person) -> None:
    answer = visitor.get(SUBMIT)
    assert answer.location == "/log-in?next=/c/stars/submit"


def test_the_daily_limit_says_when_it_ends(
    stars: Competition, team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    for _ in range(5):
        make.submission(team, ada, public=0.5, private=0.5)
    answer = send(as_ada)
    assert answer.status_code == 409
    assert "used its 5 submissions for today" in answer.text
    assert "00:00 UTC" in answer.text


def test_after_the_end_nothing_is_taken_where_the_host_says_so(
    make: Factory, ada: User, as_ada: Person, services: Services
) -> None:
    now = clock.now()
    ended = make.competition("stars", opens_at=now - 9 * DAY, late_submissions=False)
    make.team(ended, ada)
    with make.session() as session:
        session.get_one(Competition, ended.id).closes_at = now - timedelta(seconds=1)
    answer = send_raw(as_ada)
    assert answer.status_code == 409
    assert answer.json
    assert "submissions are closed" in answer.json["sentence"]
    assert count(services) == 0


def test_who_has_not_joined_before_the_end_is_not_told_to_join(
    make: Factory, as_ada: Person
) -> None:
    now = clock.now()
    make.competition("stars", opens_at=now - 9 * DAY, closes_at=now - DAY)
    page = as_ada.get("/c/stars/submit").text
    assert "Stars has ended, so it can&#39;t be joined." in page
    assert "press Join" not in page


def test_after_the_end_what_is_sent_is_late(
    make: Factory, ada: User, as_ada: Person
) -> None:
    now = clock.now()
    ended = make.competition("stars", opens_at=now - 9 * DAY)
    team = make.team(ended, ada)
    with make.session() as session:
        session.get_one(Competition, ended.id).closes_at = now - timedelta(seconds=1)
    assert "Submit late" in as_ada.get("/c/stars").text
    page = as_ada.get("/c/stars/submit").text
    assert "it is scored on both parts, and ranked nowhere" in page
    assert "5 late submissions left today" in page
    answer = send_raw(as_ada)
    assert answer.status_code == 201
    assert answer.json
    shown = as_ada.get(answer.json["url"]).text
    assert ">Late</span>" in shown
    assert "Withdraw</button>" not in shown
    late = make.submission(team, ada, public=0.8125, private=0.6875)
    shown = as_ada.get(f"/c/stars/submissions/{late.public_id}").text
    assert "ranked nowhere. The boards stay as they are" in shown
    assert "0.8125" in shown
    assert "0.6875" in shown
    assert as_ada.get("/c/stars/submissions").text.count(">Late</span>") == 2
    assert "2 submissions sent after the end: late, unranked" in (
        as_ada.get("/c/stars/team").text
    )
    assert "is late, and unranked" in as_ada.get(f"/t/{team.public_id}").text


def test_a_queue_that_is_away_does_not_matter(
    team: Team, as_ada: Person, jobs: FakeJobs, services: Services
) -> None:
    jobs.away = True
    assert send(as_ada).status_code == 303
    assert count(services) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.QUEUED, "1st in line"),
        (Status.RUNNING, "being scored now"),
        (Status.REJECTED, "The file was not accepted"),
        (Status.HOST_ERROR, "organizer has been told"),
        (Status.CUT_OFF, "reached a limit"),
        (Status.FAILED, "The fault is ours"),
    ],
)
def test_every_state_has_words(
    team: Team, make: Factory, ada: User, as_ada: Person, status: Status, words: str
) -> None:
    sent = make.submission(team, ada, status=status)
    page = as_ada.get(f"/c/stars/submissions/{sent.public_id}").text
    assert words in page


def test_faults_stand_in_a_table_with_lines_and_advice(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    fault = {
        "kind": "not_a_number",
        "message": "A prediction is not a number.",
        "advice": "Write a number <such as 0.25>.",
        "count": 7,
        "column": "y",
        "examples": [{"line": 17, "value": "n/a"}, {"line": 1200, "value": ""}],
    }
    sent = make.submission(
        team, ada, status=Status.REJECTED, errors=[fault], counted=False
    )
    page = as_ada.get(f"/c/stars/submissions/{sent.public_id}").text
    for words in (
        "A prediction is not a number.",
        "(7 times)",
        "line 17",
        "line 1,200",
        "and 5 more",
        "&lt;such as 0.25&gt;",
        "This did not count against your limit.",
    ):
        assert words in page


def test_a_waiting_row_asks_again_and_a_finished_one_does_not(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    waiting = make.submission(team, ada)
    done = make.submission(team, ada, public=0.9, private=0.8)
    for sent, asks in ((waiting, True), (done, False)):
        address = f"/c/stars/submissions/{sent.public_id}/row"
        for view in ("", "?view=outcome"):
            fragment = as_ada.get(address + view).text
            assert ('hx-trigger="load delay:300ms, every 8s"' in fragment) is asks
            assert "<html" not in fragment


def test_a_row_that_waits_long_asks_less_often(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    sent = make.submission(team, ada)
    address = f"/c/stars/submissions/{sent.public_id}/row"
    for later, delay in ((timedelta(seconds=6), "1500"), (timedelta(hours=1), "4000")):
        with time_machine.travel(sent.created_at + later, tick=False):
            assert f"load delay:{delay}ms" in as_ada.get(address).text


def test_a_score_is_shown_with_its_interval_and_rank(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    sent = make.submission(team, ada, public=0.91234, private=0.8)
    page = as_ada.get(f"/c/stars/submissions/{sent.public_id}").text
    assert "0.91234" in page
    assert "95 % interval 0.89234 to 0.93234" in page
    assert "of 1 team" in page


def test_the_own_file_is_downloaded(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    sent = make.submission(team, ada, file_name='my "best" ünit.csv')
    answer = as_ada.get(f"/submissions/{sent.public_id}/file")
    assert answer.data == CSV
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_withdrawing(team: Team, make: Factory, ada: User, as_ada: Person) -> None:
    sent = make.submission(team, ada, public=0.9, private=0.8)
    assert "Comets" in as_ada.get("/c/stars/leaderboard").text
    as_ada.post(f"/submissions/{sent.public_id}/withdraw")
    page = as_ada.get(f"/c/stars/submissions/{sent.public_id}").text
    assert "took this submission back" in page
    assert "Nobody is on the board yet" in as_ada.get("/c/stars/leaderboard").text
    again = as_ada.post(f"/submissions/{sent.public_id}/withdraw")
    assert again.status_code == 409


def test_finals_are_chosen_on_the_list_of_submissions(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    low, _, _ = (
        make.submission(
            team, ada, public=public, private=0.5, file_name=f"{public}.csv"
        )
        for public in (0.7, 0.8, 0.9)
    )
    page = as_ada.get("/c/stars/submissions").text
    assert "Finals: 0 of 2 chosen" in page
    assert page.count("automatic now") == 4  # for wide and for narrow windows
    as_ada.post(f"/submissions/{low.public_id}/choose")
    page = as_ada.get("/c/stars/submissions").text
    assert "“0.7.csv” is one of your finals." in page
    assert "Finals: 1 of 2 chosen" in page
    assert page.count("automatic now") == 2
    as_ada.post(f"/submissions/{low.public_id}/unchoose")
    assert "Finals: 0 of 2 chosen" in as_ada.get("/c/stars/submissions").text


def test_after_the_end_the_list_says_which_finals_counted(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    for public in (0.7, 0.8, 0.9):
        make.submission(team, ada, public=public, private=0.5)
    with make.session() as session:
        session.get_one(Competition, team.competition_id).closes_at = clock.now()
    page = as_ada.get("/c/stars/submissions").text
    assert page.count('<span class="tone">automatic</span>') == 4
    assert "/choose" not in page


def test_where_every_submission_counts_there_are_no_finals(
    make: Factory, ada: User, as_ada: Person
) -> None:
    competition = make.competition("all", final_selections=0)
    make.submission(make.team(competition, ada), ada, public=0.7, private=0.5)
    assert "Final" not in as_ada.get("/c/all/submissions").text


def test_others_see_nothing_of_a_submission(
    team: Team, make: Factory, ada: User, app: Flask, as_user: Visit, visitor: Person
) -> None:
    sent = make.submission(team, ada, public=0.9, private=0.8)
    eve = as_user(make.user("eve"))
    page = f"/c/stars/submissions/{sent.public_id}"
    for address in (page, f"{page}/row", f"/submissions/{sent.public_id}/file"):
        assert eve.get(address).status_code == 404
        assert visitor.get(address).status_code == 303
    assert eve.post(f"/submissions/{sent.public_id}/withdraw").status_code == 404


def test_a_submission_stands_only_under_its_own_competition(
    team: Team, make: Factory, ada: User, as_ada: Person
) -> None:
    make.competition("tides")
    sent = make.submission(team, ada)
    assert as_ada.get(f"/c/tides/submissions/{sent.public_id}").status_code == 404


def test_a_fragment_asked_for_without_a_session_leads_to_log_in(
    team: Team, make: Factory, ada: User, visitor: Person
) -> None:
    sent = make.submission(team, ada)
    answer = visitor.get(
        f"/c/stars/submissions/{sent.public_id}/row", headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/log-in")


def test_the_list_is_empty_helpfully(
    stars: Competition, visitor: Person, as_ada: Person, make: Factory, ada: User
) -> None:
    assert "Log in to see" in visitor.get("/c/stars/submissions").text
    assert "Join the competition" in as_ada.get("/c/stars/submissions").text
    make.join(stars, ada)
    assert "Nothing sent yet" in as_ada.get("/c/stars/submissions").text


def test_a_long_list_has_pages(make: Factory, ada: User, as_ada: Person) -> None:
    wide = make.competition("stars", submissions_per_day=100)
    team = make.team(wide, ada)
    for number in range(52):
        make.submission(team, ada, public=0.5, private=0.5, file_name=f"f{number}.csv")
    first = as_ada.get("/c/stars/submissions").text
    assert "f51.csv" in first
    assert "f1.csv" not in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    assert "f1.csv" in as_ada.get(following.group(1).replace("&amp;", "&")).text


@pytest.mark.parametrize(("number", "size"), [(150, 1), (15, 19_000)])
def test_a_form_of_many_fields_is_not_held_in_memory(
    team: Team, as_ada: Person, services: Services, number: int, size: int
) -> None:
    fields = {"csrf_token": as_ada.token("/settings/profile")}
    fields |= {f"f{each}": "x" * size for each in range(number)}
    answer = as_ada.client.post(
        SUBMIT, data=fields | {"file": (io.BytesIO(CSV), "mine.csv")}
    )
    assert answer.status_code == 400
    assert "more fields than this page" in answer.text
    assert count(services) == 0
