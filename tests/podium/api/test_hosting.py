"""Organizers over the API: a bundle in, the checklist, the launch, the bundle out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from podium.accounts.models import User
from podium.competitions.models import Competition, Revision, RevisionState
from podium.core import clock
from podium.settings import Settings
from tests.podium.api.world import Caller, World
from tests.podium.bundles import write_bundle
from tests.podium.factories import DAY

Zipped = Callable[..., bytes]


@pytest.fixture
def zipped(tmp_path: Path) -> Zipped:
    def pack(
        slug: str = "sums", change: tuple[str, str] = ("", ""), **more: int
    ) -> bytes:
        folder = write_bundle(tmp_path / slug, slug=slug, **more)  # type: ignore[arg-type]
        manifest = folder / "competition.yaml"
        manifest.write_text(manifest.read_text().replace(*change))
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return sink.getvalue()

    return pack


@pytest.fixture
def ada(world: World) -> User:
    return world.user("ada")


@pytest.fixture
def host(world: World, ada: User) -> Caller:
    return world.caller(ada)


def push(caller: Caller, content: bytes, slug: str = "sums") -> TestResponse:
    return caller(
        "put",
        f"/competitions/{slug}/bundle",
        input_stream=io.BytesIO(content),
        content_length=len(content),
        content_type="application/octet-stream",
    )


def prepare(world: World) -> None:
    with world.session() as session:
        for revision in session.scalars(select(Revision)):
            revision.state = RevisionState.READY
            revision.public_rows = revision.private_rows = 100


def test_from_a_bundle_to_a_launched_competition(
    world: World, host: Caller, zipped: Zipped
) -> None:
    answer = push(host, zipped())
    assert answer.status_code == 200, answer.json
    assert answer.json["created"] is True
    assert (answer.json["launched"], answer.json["launched_at"]) == (False, None)
    assert (answer.json["revision"], answer.json["revision_state"]) == (1, "queued")
    assert world.anonymous("get", "/competitions/sums").status_code == 404
    assert world.anonymous("get", "/competitions").json["items"] == []
    listed = host("get", "/hosted").json["items"]
    assert [(each["slug"], each["launched"]) for each in listed] == [("sums", False)]
    early = host("post", "/competitions/sums/launch", json={"at": None})
    assert early.status_code == 409
    assert "The scorer is reading" in early.json["detail"]
    prepare(world)
    assert host("get", "/competitions/sums/hosting").json["can_launch"] is True
    launched = host("post", "/competitions/sums/launch", json={})
    assert launched.json["launched"] is True
    assert launched.json["can_launch"] is False
    assert world.anonymous("get", "/competitions/sums").status_code == 200
    assert host("delete", "/competitions/sums").status_code == 409


def test_what_is_pulled_can_be_pushed_and_changes_nothing(
    host: Caller, zipped: Zipped, tmp_path: Path
) -> None:
    sent = zipped()
    push(host, sent)
    pulled = host("get", "/competitions/sums/bundle")
    assert pulled.content_type == "application/zip"
    with (
        zipfile.ZipFile(io.BytesIO(sent)) as before,
        zipfile.ZipFile(io.BytesIO(pulled.data)) as after,
    ):
        files = {each for each in before.namelist() if not each.endswith("/")}
        assert set(after.namelist()) == files
        assert all(before.read(name) == after.read(name) for name in files)
    again = push(host, pulled.data)
    assert (again.json["created"], again.json["changes"]) == (False, [])
    assert again.json["revision"] == 1


def test_a_changed_solution_is_a_new_revision(host: Caller, zipped: Zipped) -> None:
    push(host, zipped())
    again = push(host, zipped(rows=12))
    assert again.json["revision"] == 2
    assert "revision 2" in again.json["changes"]


def test_every_fault_is_told_with_its_place(host: Caller, zipped: Zipped) -> None:
    answer = push(host, zipped(change=("kind: prediction", "kind: predictions")))
    assert answer.status_code == 422
    assert answer.json["kind"] == "faulty_bundle"
    assert "competition.yaml:5" in answer.json["fields"], answer.json
    assert host("get", "/hosted").json["items"] == []


def test_a_stranger_sees_no_draft_and_changes_nothing(
    world: World, host: Caller, zipped: Zipped
) -> None:
    push(host, zipped())
    bob = world.caller(world.user("bob"))
    for method, path in (
        ("get", "/competitions/sums/hosting"),
        ("get", "/competitions/sums/bundle"),
        ("delete", "/competitions/sums"),
        ("delete", "/competitions/sums/launch"),
    ):
        assert bob(method, path).status_code == 404, path
    assert bob("post", "/competitions/sums/launch", json={}).status_code == 404
    taken = push(bob, zipped(rows=12))
    assert taken.status_code == 403
    assert "is taken" in taken.json["detail"]
    prepare(world)
    host("post", "/competitions/sums/launch", json={})
    assert bob("get", "/competitions/sums/bundle").status_code == 403
    assert bob("get", "/competitions/sums/hosting").status_code == 403


def test_a_launch_is_planned_and_called_off(
    world: World, host: Caller, zipped: Zipped
) -> None:
    push(host, zipped())
    prepare(world)
    at = (clock.now() + DAY).isoformat()
    planned = host("post", "/competitions/sums/launch", json={"at": at})
    assert planned.status_code == 200, planned.json
    assert (planned.json["launched"], planned.json["launched_at"] is None) == (
        False,
        False,
    )
    assert world.anonymous("get", "/competitions/sums").status_code == 404
    off = host("delete", "/competitions/sums/launch")
    assert off.json["launched_at"] is None
    wrong = host("post", "/competitions/sums/launch", json={"at": "tomorrow"})
    assert wrong.status_code == 422


def test_a_draft_can_be_deleted(host: Caller, zipped: Zipped) -> None:
    push(host, zipped())
    assert host("delete", "/competitions/sums").status_code == 204
    assert host("get", "/hosted").json["items"] == []


def test_the_address_must_be_the_bundles(host: Caller, zipped: Zipped) -> None:
    answer = push(host, zipped(), slug="others")
    assert answer.status_code == 422
    assert "The bundle says slug: sums" in answer.json["detail"]


def test_more_than_allowed_is_refused(
    host: Caller, zipped: Zipped, settings: Settings
) -> None:
    object.__setattr__(settings, "bundle_max_bytes", 1_000)
    answer = push(host, zipped())
    assert answer.status_code == 413
    assert "1 kB" in answer.json["detail"].replace("\N{NO-BREAK SPACE}", " ")
    object.__setattr__(settings, "bundle_max_bytes", 5_000)
    zeros = zipped(rows=3_000)
    assert len(zeros) > 5_000
    assert push(host, zeros).status_code == 413


def test_where_only_admins_make_competitions_nothing_is_read(
    host: Caller, zipped: Zipped, settings: Settings, world: World
) -> None:
    object.__setattr__(settings, "create_competitions", "admins")
    answer = push(host, zipped())
    assert answer.status_code == 403
    assert "only administrators" in answer.json["detail"]
    with world.session() as session:
        assert session.scalars(select(Competition)).all() == []


def test_a_host_announces_and_takes_back(
    world: World, host: Caller, ada: User, zipped: Zipped
) -> None:
    world.competition("stars", host_id=ada.id)
    path = "/competitions/stars/announcements"
    body = {"title": "More", "text": "Of *it*."}
    stranger = world.caller()
    assert stranger("post", path, json=body).status_code == 403
    assert host("post", path, json=body | {"title": ""}).status_code == 422
    made = host("post", path, json=body)
    assert made.status_code == 201
    items = world.anonymous("get", path).json["items"]
    assert [(each["title"], each["html"]) for each in items] == [
        ("More", "<p>Of <em>it</em>.</p>\n")
    ]
    one = f"{path}/{made.json['id']}"
    assert stranger("delete", one).status_code == 403
    assert host("delete", one).status_code == 204
    assert host("delete", one).status_code == 404
    push(host, zipped())
    assert world.anonymous("get", "/competitions/sums/announcements").status_code == 404
