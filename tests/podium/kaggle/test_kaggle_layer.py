"""The wire protocol of the kaggle command line: who may do what, and what is never said.

What its real programs make of it is asked in tests/e2e/test_kaggle_clients.py.
"""

from __future__ import annotations

import io
import re
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from podium.bootstrap import Services
from podium.kaggle.models import KaggleUpload
from podium.kaggle.views import COMPETITIONS, READING, SECURITY, WRITING
from podium.submissions.models import Submission
from tests.podium.api.world import TRAIN, V1, Caller, World

CONTENT = b"id,y\n1,0\n"
# Kaggle's method -> whether it needs a token: the whole list, or the test fails.
NEEDS_TOKEN = {
    (SECURITY, "IntrospectToken"): False,
    (COMPETITIONS, "ListCompetitions"): False,
    (COMPETITIONS, "ListDataFiles"): False,
    (COMPETITIONS, "DownloadDataFile"): False,
    (COMPETITIONS, "DownloadDataFiles"): False,
    (COMPETITIONS, "ListSubmissions"): True,
    (COMPETITIONS, "GetSubmission"): True,
    (COMPETITIONS, "DownloadSubmission"): True,
    (COMPETITIONS, "GetSubmissionLimits"): True,
    (COMPETITIONS, "GetLeaderboard"): False,
    (COMPETITIONS, "DownloadLeaderboard"): False,
    (COMPETITIONS, "ListTeamPublicSubmissions"): False,
    (COMPETITIONS, "ListCompetitionPages"): False,
    (COMPETITIONS, "ListCompetitionHosts"): False,
    (COMPETITIONS, "ListCompetitionTopics"): False,
    (COMPETITIONS, "StartSubmissionUpload"): True,
    (COMPETITIONS, "CreateSubmission"): True,
}
# The older layout: (method, address) -> whether it needs a token.
OLD_LAYOUT = {
    ("GET", "/competitions/list"): False,
    ("GET", "/competitions/data/list/<slug>"): False,
    ("GET", "/competitions/data/download/<slug>/<path:name>"): False,
    ("GET", "/competitions/data/download-all/<slug>"): False,
    ("POST", "/competitions/<slug>/submissions/url/<int:size>/<int:changed_at>"): True,
    ("POST", "/competitions/submissions/submit/<slug>"): True,
    ("GET", "/competitions/submissions/list/<slug>"): True,
    ("GET", "/competitions/<slug>/leaderboard/view"): False,
    ("GET", "/competitions/<slug>/leaderboard/download"): False,
}
FIELDS = {"competitionName": "stars", "fileName": "train.csv", "contentLength": 9}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


@pytest.fixture
def world(services: Services, client: FlaskClient) -> World:
    world = World(services, client)
    world.competition("stars")
    return world


def call(who: Caller, name: str, of: str = COMPETITIONS, **fields: Any) -> TestResponse:
    return who("post", f"/{of}/{name}", json={"competitionName": "stars"} | fields)


def send(client: FlaskClient, address: str, content: bytes = CONTENT) -> TestResponse:
    return client.put(re.sub(r"^https?://[^/]+", "", address), data=content)


def announced(who: Caller, size: int = len(CONTENT)) -> dict[str, Any]:
    answer = call(who, "StartSubmissionUpload", fileName="p.csv", contentLength=size)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def routes(app: Flask, blueprint: str) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{blueprint}."):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, rule.rule.removeprefix(V1)


def test_every_method_stands_in_the_table() -> None:
    assert set(NEEDS_TOKEN) == {*READING, *WRITING}


def test_every_address_of_the_older_layout_stands_in_the_table(app: Flask) -> None:
    assert set(routes(app, "kaggle_rest")) == set(OLD_LAYOUT)


@pytest.mark.parametrize(("of", "name"), NEEDS_TOKEN)
def test_a_method_asks_for_a_token_as_the_table_says(
    world: World, of: str, name: str
) -> None:
    answer = call(world.anonymous, name, of, **FIELDS)
    assert answer.status_code != 401  # the clients would hide our sentence
    asks = b"This needs a token" in answer.data
    assert asks is NEEDS_TOKEN[of, name]
    assert (answer.status_code == 403) is asks


@pytest.mark.parametrize(("method", "rule"), OLD_LAYOUT)
def test_the_older_layout_asks_for_a_token_as_the_table_says(
    world: World, method: str, rule: str
) -> None:
    path = rule.replace("<slug>", "stars").replace("<path:name>", "train.csv")
    path = path.replace("<int:size>", "9").replace("<int:changed_at>", "1")
    answer = world.anonymous(method, path)
    assert (b"This needs a token" in answer.data) is OLD_LAYOUT[method, rule]


def test_a_token_is_known_by_its_user(world: World) -> None:
    user, caller = world.participant("stars")
    good = call(world.anonymous, "IntrospectToken", SECURITY, token=caller.token)
    assert good.json["active"] is True
    assert good.json["username"] == user.username
    bad = call(world.anonymous, "IntrospectToken", SECURITY, token="podium_wrong")
    assert bad.json == {"active": False}


def test_a_user_name_and_a_token_of_somebody_else_are_refused(world: World) -> None:
    _, caller = world.participant("stars")
    pair = b64encode(f"somebody-else:{caller.token}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    answer = world.anonymous(
        "get", "/competitions/submissions/list/stars", headers=headers
    )
    assert answer.status_code == 403
    assert "do not belong together" in answer.json["message"]


def test_a_submission_takes_three_steps(world: World, client: FlaskClient) -> None:
    _, caller = world.participant("stars")
    upload = announced(caller)
    assert send(client, upload["createUrl"]).status_code == 200
    answer = call(
        caller,
        "CreateSubmission",
        blobFileTokens=upload["token"],
        submissionDescription="first",
    )
    with world.session() as session:
        found = session.get_one(Submission, answer.json["ref"])
        assert (found.description, found.file_name) == ("first", "p.csv")
        with world.services.storage.open(found.sha256) as file:
            assert file.read() == CONTENT


def test_an_address_takes_one_file_and_makes_one_submission(
    world: World, client: FlaskClient
) -> None:
    _, caller = world.participant("stars")
    upload = announced(caller)
    assert send(client, upload["createUrl"]).status_code == 200
    assert send(client, upload["createUrl"]).status_code == 404
    first = call(caller, "CreateSubmission", blobFileTokens=upload["token"])
    assert first.status_code == 200
    second = call(caller, "CreateSubmission", blobFileTokens=upload["token"])
    assert second.status_code == 404
    with world.session() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1


def test_nobody_else_can_hand_in_an_upload(world: World, client: FlaskClient) -> None:
    _, caller = world.participant("stars")
    _, other = world.participant("stars")
    upload = announced(caller)
    send(client, upload["createUrl"])
    answer = call(other, "CreateSubmission", blobFileTokens=upload["token"])
    assert answer.status_code == 404


def test_an_address_expires(world: World, client: FlaskClient) -> None:
    _, caller = world.participant("stars")
    upload = announced(caller)
    with world.session() as session:
        row = session.scalars(select(KaggleUpload)).one()
        row.expires_at -= timedelta(days=1)
    assert send(client, upload["createUrl"]).status_code == 404


@pytest.mark.parametrize("content", [CONTENT + b"2,1\n", CONTENT[:-1]])
def test_a_file_that_is_not_as_long_as_announced_is_refused(
    world: World, client: FlaskClient, content: bytes
) -> None:
    _, caller = world.participant("stars")
    upload = announced(caller)
    assert send(client, upload["createUrl"], content).status_code in {413, 422}
    refused = call(caller, "CreateSubmission", blobFileTokens=upload["token"])
    assert "has not arrived" in refused.json["message"]
    assert send(client, upload["createUrl"]).status_code == 200  # and it can be mended


def test_what_a_submission_would_refuse_is_refused_before_the_file(
    world: World,
) -> None:
    stranger = world.caller()
    answer = call(stranger, "StartSubmissionUpload", fileName="p.csv", contentLength=9)
    assert answer.status_code in {403, 409}
    assert answer.json["code"] == answer.status_code
    assert "rules" in answer.json["message"]


def test_only_the_team_reads_a_submission(world: World) -> None:
    user, caller = world.participant("stars")
    ref = world.sent("stars", user).id
    assert call(caller, "GetSubmission", ref=ref).json["ref"] == ref
    _, other = world.participant("stars")
    for name, field in (
        ("GetSubmission", "ref"),
        ("DownloadSubmission", "submissionId"),
    ):
        assert call(other, name, **{field: ref}).status_code == 404
        assert call(other, name, **{field: 2**70}).status_code == 404


def test_a_private_score_is_empty_until_the_end(world: World) -> None:
    user, caller = world.participant("stars")
    ref = world.sent("stars", user, public=0.5, private=0.75).id
    assert call(caller, "GetSubmission", ref=ref).json["privateScore"] == ""
    assert "0.75" not in call(caller, "ListSubmissions").text
    world.end("stars")
    assert call(caller, "GetSubmission", ref=ref).json["privateScore"] == "0.75000"


def test_a_download_address_can_not_be_forged(
    world: World, client: FlaskClient
) -> None:
    answer = call(world.anonymous, "DownloadDataFile", fileName="train.csv")
    address = answer.headers["Location"]
    assert address.endswith("/train.csv")
    assert client.get(address, buffered=True).data == TRAIN
    kind, signed = address.split("/")[-3:-1]
    for forged in (
        address.replace(signed, signed.swapcase()),
        address.replace(f"/{kind}/", "/submission/"),
    ):
        assert client.get(forged).status_code == 404


def test_a_download_goes_on_where_it_stopped(world: World, client: FlaskClient) -> None:
    address = call(world.anonymous, "DownloadDataFiles").headers["Location"]
    whole = client.get(address)
    rest = client.get(address, headers={"Range": "bytes=100-"})
    assert rest.status_code == 206
    assert rest.data == whole.data[100:]


def test_the_board_has_the_sites_ranks_and_no_formulas(world: World) -> None:
    user, _ = world.participant("stars")
    world.sent("stars", user, public=0.5)
    with world.session() as session:
        team = session.scalars(select(Submission)).one().team
        team.name = "=HYPERLINK(1)"
    answer = call(world.anonymous, "GetLeaderboard")
    assert [row["score"] for row in answer.json["submissions"]] == ["0.50000"]
    download = call(world.anonymous, "DownloadLeaderboard")
    assert download.content_type == "application/zip"
    assert b"'=HYPERLINK" in _unzipped(download.data)


def test_no_download_of_a_board_tells_a_private_score_before_the_end(
    world: World,
) -> None:
    user, _ = world.participant("stars")
    world.sent("stars", user, public=0.5, private=0.8765)
    download = call(world.anonymous, "DownloadLeaderboard")
    assert b"0.8765" not in _unzipped(download.data)
    world.end("stars")
    download = call(world.anonymous, "DownloadLeaderboard")
    assert b"0.8765" in _unzipped(download.data)


def test_an_unknown_method_says_where_the_list_is(world: World) -> None:
    answer = call(world.anonymous, "LaunchCompetition")
    assert answer.status_code == 404
    assert "/help/kaggle" in answer.json["message"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pageSize": "x"}, "pageSize must be a whole number."),
        ({"search": ["a"]}, "search must be a text."),
        ({"group": "\0"}, "group must be a text."),
    ],
)
def test_wrong_fields_are_a_sentence(
    world: World, fields: dict[str, Any], sentence: str
) -> None:
    answer = call(world.anonymous, "ListCompetitions", **fields)
    assert answer.status_code == 422
    assert answer.json["message"] == sentence


def test_pages_follow_each_other(world: World) -> None:
    for number in range(4):
        world.competition(f"more-{number}")
    seen: list[str] = []
    token = ""
    while True:
        answer = call(world.anonymous, "ListCompetitions", pageSize=2, pageToken=token)
        seen += [each["title"] for each in answer.json["competitions"]]
        token = answer.json["nextPageToken"]
        if not token:
            break
    assert len(seen) == len(set(seen)) == 5


def _unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(archive.namelist()[0])
