"""Sending, reading and withdrawing submissions."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, func, select
from werkzeug.test import TestResponse

from podium.competitions.models import Kind
from podium.submissions.models import Score, Status, Submission
from podium.teams.models import Team
from tests.podium.api.world import NOW, V1, Caller, World
from tests.podium.factories import DAY, FakeJobs

pytestmark = pytest.mark.database

SUBMISSIONS = "/competitions/stars/submissions"
CSV = b"id,y\n1,0.25\n2,0.75\n"


@pytest.fixture
def ada(world: World) -> Caller:
    """A participant."""
    world.competition("stars")
    return world.participant("stars", "ada")[1]


def _stored(world: World) -> int:
    folder = world.services.settings.storage_dir
    return sum(path.is_file() for path in folder.rglob("*"))


def _count(world: World) -> int:
    with world.session() as session:
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def test_a_submission_waits_to_be_scored(
    world: World, ada: Caller, jobs: FakeJobs
) -> None:
    answer = ada.upload("stars", CSV, file_name="first.csv", description="A try.")
    assert answer.status_code == 201
    made = answer.json
    assert answer.headers["Location"] == f"{V1}/submissions/{made['id']}"
    assert made["competition"] == {"slug": "stars", "title": "Stars"}
    assert made["team"]["name"] == "ada"
    assert made["submitted_by"]["username"] == "ada"
    assert (made["file_name"], made["description"]) == ("first.csv", "A try.")
    assert (made["size"], made["sha256"]) == (
        len(CSV),
        hashlib.sha256(CSV).hexdigest(),
    )
    assert (made["status"], made["counted"]) == ("queued", True)
    assert made["waiting"] == {"position": 1, "estimate_s": None}
    assert made["public_score"] is made["rank"] is None
    assert ada("get", f"/submissions/{made['id']}").json == made
    assert len(jobs.sent) == 1


def test_a_queue_that_is_away_loses_nothing(ada: Caller, jobs: FakeJobs) -> None:
    jobs.away = True
    answer = ada.upload("stars")
    assert answer.status_code == 201
    assert ada("get", f"/submissions/{answer.json['id']}").json["status"] == "queued"


def test_what_is_answered_holds_up_nobody_who_writes(world: World, ada: Caller) -> None:
    engine = world.services.database.engine
    only_reads: list[bool] = []

    def note(connection: Connection) -> None:
        options = connection.get_execution_options()
        only_reads.append(options.get("podium_read", False))

    event.listen(engine, "begin", note)
    assert ada.upload("stars").status_code == 201
    event.remove(engine, "begin", note)
    assert only_reads.count(False) > 1
    assert only_reads[-1]


def test_the_file_comes_back_as_it_was(ada: Caller) -> None:
    made = ada.upload("stars", CSV, file_name="größe 1.csv").json
    answer = ada("get", made["url"].removeprefix(V1))
    assert answer.data == CSV
    assert answer.headers["ETag"] == f'"{made["sha256"]}"'
    assert (
        "filename*=UTF-8''gr%C3%B6%C3%9Fe%201.csv"
        in (answer.headers["Content-Disposition"])
    )


def test_my_teams_submissions_newest_first_by_pages(ada: Caller) -> None:
    made = [ada.upload("stars", f"id,y\n1,{n}\n".encode()).json["id"] for n in range(3)]
    first = ada("get", f"{SUBMISSIONS}?limit=2").json
    assert [item["id"] for item in first["items"]] == made[:0:-1]
    rest = ada("get", f"{SUBMISSIONS}?limit=2&cursor={first['next']}").json
    assert [item["id"] for item in rest["items"]] == made[:1]
    assert rest["next"] is None


def test_without_a_team_the_list_is_empty(ada: Caller) -> None:
    assert ada("get", SUBMISSIONS).json == {"items": [], "next": None}


def test_the_cursor_of_another_team_is_refused(world: World, ada: Caller) -> None:
    for _ in range(2):
        ada.upload("stars")
    cursor = ada("get", f"{SUBMISSIONS}?limit=1").json["next"]
    _, other = world.participant("stars")
    other.upload("stars")
    assert other("get", f"{SUBMISSIONS}?cursor={cursor}").status_code == 422


def test_others_find_nothing(world: World, ada: Caller) -> None:
    made = ada.upload("stars").json
    _, rival = world.participant("stars")
    rival.upload("stars")
    for address in (f"/submissions/{made['id']}", f"/submissions/{made['id']}/file"):
        answer = rival("get", address)
        assert answer.status_code == 404
        assert made["file_name"] not in answer.text
    assert rival("delete", f"/submissions/{made['id']}").status_code == 404
    listed = rival("get", SUBMISSIONS).json["items"]
    assert made["id"] not in [item["id"] for item in listed]


def test_team_mates_see_it(world: World, ada: Caller) -> None:
    _, grace = world.participant("stars", "grace")
    made = ada.upload("stars").json
    invitation = ada(
        "post", "/competitions/stars/team/invitations", json={"username": "grace"}
    ).json
    grace("post", f"/invitations/{invitation['id']}/accept")
    assert grace("get", f"/submissions/{made['id']}").json["id"] == made["id"]


def test_who_has_not_joined_is_told_to(world: World) -> None:
    world.competition("stars")
    answer = world.caller().upload("stars")
    assert (answer.status_code, answer.json["kind"]) == (409, "rules_not_accepted")
    assert _stored(world) == 1  # the competition's data file


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"closes_at": NOW - DAY, "late_submissions": False}, "ended"),
        ({"closes_at": NOW - DAY, "kind": Kind.CODE}, "ended"),
        ({"opens_at": NOW + DAY}, "not opened yet"),
        ({"live_revision_id": None}, "being set up"),
    ],
)
def test_a_competition_that_takes_nothing_says_why(
    world: World, ada: Caller, changes: dict[str, object], words: str
) -> None:
    world.change("stars", **changes)
    answer = ada.upload("stars")
    assert (answer.status_code, answer.json["kind"]) == (409, "closed")
    assert words in answer.json["detail"]
    assert _stored(world) == 1


def test_the_limit_of_the_day(world: World, ada: Caller) -> None:
    world.change("stars", submissions_per_day=2)
    codes = [ada.upload("stars").status_code for _ in range(3)]
    assert codes == [201, 201, 409]
    answer = ada.upload("stars", b"id,y\n9,9\n")
    assert answer.json["kind"] == "quota"
    assert "00:00 UTC" in answer.json["detail"]
    assert _stored(world) == 2  # the data file and the submissions' one content


def test_the_limit_in_total(world: World, ada: Caller) -> None:
    world.change("stars", submissions_total=1)
    assert ada.upload("stars").status_code == 201
    answer = ada.upload("stars")
    assert (answer.status_code, answer.json["kind"]) == (409, "quota")


def test_too_large_a_file_is_refused_before_it_is_read(
    world: World, ada: Caller
) -> None:
    world.change("stars", submission_max_bytes=10)
    answer = ada.upload("stars", b"x" * 11)
    assert (answer.status_code, answer.json["kind"]) == (413, "too_large")
    assert "Compress it" in answer.json["detail"]
    assert (_stored(world), _count(world)) == (1, 0)


def test_too_large_a_file_of_unknown_size_leaves_nothing(
    world: World, ada: Caller
) -> None:
    world.change("stars", submission_max_bytes=10)
    answer = ada(
        "post",
        f"{SUBMISSIONS}?file_name=a.csv",
        data=b"x" * 11,
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )
    assert (answer.status_code, answer.json["kind"]) == (413, "too_large")
    assert (_stored(world), _count(world)) == (1, 0)


def test_a_file_larger_than_a_form_may_be_is_taken(world: World, ada: Caller) -> None:
    world.change("stars", submission_max_bytes=4_000_000)
    assert ada.upload("stars", b"1,2\n" * 900_000).status_code == 201


def test_an_empty_file(ada: Caller) -> None:
    answer = ada.upload("stars", b"")
    assert answer.status_code == 422
    assert "empty" in answer.json["fields"]["file"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "file_name"),
        ("file_name=", "file_name"),
        ("file_name=" + "x" * 256, "file_name"),
        ("file_name=a.csv&description=" + "x" * 501, "description"),
        ("file_name=a.csv&message=hello", "message"),
        ("file_name=a%00.csv", "file_name"),
        ("file_name=a%0A.csv", "file"),
    ],
)
def test_what_is_said_of_a_file_is_checked(ada: Caller, query: str, field: str) -> None:
    answer = ada("post", f"{SUBMISSIONS}?{query}", data=CSV)
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [field]


def test_a_format_that_is_not_taken(world: World, ada: Caller) -> None:
    world.change("stars", submission_formats=["csv"])
    answer = ada.upload("stars", file_name="model.parquet")
    assert answer.status_code == 422
    assert "Send one of: .csv" in answer.json["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"],
)
def test_a_form_is_told_how_to_send_a_file(ada: Caller, content_type: str) -> None:
    answer = ada(
        "post",
        f"{SUBMISSIONS}?file_name=a.csv",
        data=CSV,
        headers={"Content-Type": content_type},
    )
    assert (answer.status_code, answer.json["kind"]) == (415, "wrong_type")
    assert "--data-binary" in answer.json["detail"]


def test_a_score_and_its_rank(world: World, ada: Caller) -> None:
    user = world.user()
    world.join(world.named("stars"), user)
    world.sent("stars", user, public=0.8, private=0.5)
    with world.session() as session:
        leader = session.get_one(Team, 1)
        assert leader.name == user.username
    caller = world.caller(user)
    (item,) = caller("get", SUBMISSIONS).json["items"]
    assert item["status"] == "scored"
    assert item["public_score"] == 0.8
    assert item["public_interval"] == pytest.approx([0.79, 0.81])
    assert item["rank"] == 1
    assert item["waiting"] is None


def test_only_the_submission_that_stands_on_the_board_has_a_rank(world: World) -> None:
    world.competition("stars")
    user, caller = world.participant("stars", "ada")
    world.sent("stars", user, public=0.6, private=0.5)
    world.sent("stars", user, public=0.9, private=0.5)
    world.sent("stars", user, public=0.7, private=0.5)
    items = caller("get", SUBMISSIONS).json["items"]
    assert [(item["public_score"], item["rank"]) for item in items] == [
        (0.7, None),
        (0.9, 1),
        (0.6, None),
    ]


def test_a_rejected_file_tells_all_its_faults(world: World) -> None:
    world.competition("stars")
    user, caller = world.participant("stars", "ada")
    submission = world.sent("stars", user)
    faults = [
        {
            "kind": "missing_ids",
            "message": "3 ids of the sample submission are not in the file.",
            "advice": "Give one row for each id.",
            "count": 3,
            "column": "id",
            "examples": [{"line": 7, "value": "x"}, {"value": "y"}],
        },
        {"kind": "bom", "message": "A mark.", "advice": "Leave it out.", "count": 1},
    ]
    with world.session() as session:
        score = session.scalars(select(Score)).one()
        score.status, score.errors = Status.REJECTED, faults
        session.get_one(Submission, submission.id).counted = False
    answer = caller("get", f"/submissions/{submission.public_id}").json
    assert answer["status"] == "rejected"
    assert answer["counted"] is False
    assert [fault["kind"] for fault in answer["errors"]] == ["missing_ids", "bom"]
    assert answer["errors"][0]["examples"] == [
        {"line": 7, "value": "x"},
        {"line": None, "value": "y"},
    ]
    assert answer["errors"][1]["column"] is None


def test_withdrawing_gives_the_place_in_the_limit_back(
    world: World, ada: Caller
) -> None:
    world.change("stars", submissions_per_day=1)
    made = ada.upload("stars").json
    assert ada.upload("stars").status_code == 409
    assert ada("delete", f"/submissions/{made['id']}").status_code == 204
    assert ada("get", f"/submissions/{made['id']}").json["status"] == "withdrawn"
    assert ada.upload("stars").status_code == 201
    again = ada("delete", f"/submissions/{made['id']}")
    assert again.status_code == 409


def test_a_withdrawn_score_leaves_the_board(world: World) -> None:
    world.competition("stars")
    user, caller = world.participant("stars", "ada")
    submission = world.sent("stars", user, public=0.9, private=0.5)
    assert caller("delete", f"/submissions/{submission.public_id}").status_code == 204
    board = world.anonymous("get", "/competitions/stars/leaderboard")
    assert board.json["items"] == []


def test_after_the_end_nothing_is_withdrawn(world: World) -> None:
    world.competition("stars")
    user, caller = world.participant("stars", "ada")
    submission = world.sent("stars", user, public=0.9, private=0.5)
    world.end("stars")
    assert caller("delete", f"/submissions/{submission.public_id}").status_code == 409


def test_files_with_faults_are_free_but_not_without_end(
    world: World, ada: Caller
) -> None:
    most = world.services.settings.rejections_per_hour
    ada.upload("stars")
    with world.session() as session:
        row = session.scalars(select(Submission)).one()
        row.counted = False
        for number in range(most - 1):
            session.add(
                Submission(
                    competition_id=row.competition_id,
                    team_id=row.team_id,
                    user_id=row.user_id,
                    sha256=row.sha256,
                    size=row.size,
                    file_name=row.file_name,
                    counted=False,
                    created_at=row.created_at - timedelta(seconds=number),
                )
            )
    answer = ada.upload("stars")
    assert (answer.status_code, answer.json["kind"]) == (429, "too_many")
    assert int(answer.headers["Retry-After"]) > 0


def test_finals_are_chosen_and_taken_back(world: World, ada: Caller) -> None:
    ada.upload("stars", CSV, file_name="first.csv")
    (made,) = ada("get", SUBMISSIONS).json["items"]
    assert made["final"] is None
    way = f"/submissions/{made['id']}/final"
    assert ada("put", way).json["final"] == "chosen"
    assert ada("get", f"/submissions/{made['id']}").json["final"] == "chosen"
    assert ada("delete", way).json["final"] is None
    world.end("stars")
    answer = ada("put", way)
    assert answer.status_code == 409
    assert "the finals stay as they are" in answer.json["detail"]
    assert world.caller()("put", way).status_code == 404


def test_the_limits_tell_how_many_finals_there_are(ada: Caller) -> None:
    assert ada("get", "/competitions/stars").json["limits"]["final_selections"] == 2


def test_a_file_that_is_sent_again_with_its_key_is_the_same_submission(
    world: World,
) -> None:
    world.competition("stars", submissions_per_day=1)
    _, caller = world.participant("stars", "ada")
    headers = {"Idempotency-Key": "7f9c2ba4-e88f-4d2c"}

    def send(content: bytes = b"id,y\n1,0\n", key: str | None = None) -> TestResponse:
        return caller(
            "post",
            "/competitions/stars/submissions",
            query_string={"file_name": "a.csv"},
            input_stream=io.BytesIO(content),
            content_length=len(content),
            content_type="application/octet-stream",
            headers=headers if key is None else {"Idempotency-Key": key},
        )

    first = send()
    assert first.status_code == 201
    assert send().json["id"] == first.json["id"]
    other = send(b"id,y\n1,1\n")
    assert other.status_code == 409
    assert "another file" in other.json["detail"]
    assert send(key="x" * 101).status_code == 400
    assert send(key="new").status_code == 409  # the day's limit
