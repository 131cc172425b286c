"""An organizer's pages: a draft from a form or a bundle, editing, the launch."""

from __future__ import annotations

import html
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from podium.accounts.models import User
from podium.competitions.models import Competition, Revision, RevisionState
from podium.core import clock
from podium.hosting import starter
from podium.scoring import lint
from podium.settings import Settings
from tests.podium.bundles import write_bundle
from tests.podium.factories import DAY, Factory, FakeJobs
from tests.podium.web.people import Person

SOLUTION = b"id,y\n" + b"".join(b"%d,%d\n" % (n, n % 2) for n in range(200))
SAMPLE = b"id,y\n" + b"".join(b"%d,0\n" % n for n in range(200))
TRAIN = b"id,x,y\n900,1,0\n"
FIELDS = {
    "title": "Odd & even",
    "subtitle": "Say which are odd.",
    "host": "Ada",
    "tags": "numbers, beginner",
    "metric": "accuracy",
    "split": "random",
    "public_share": "25",
    "seed": "3",
    "time_zone": "Etc/UTC",
    "opens": "2026-01-01",
    "closes": "2099-01-01",
    "per_day": "5",
    "team_max_size": "3",
    "description": "Which are **odd**?",
    "evaluation": "Accuracy.",
    "data_page": "Numbers.",
    "rules": "Be fair.",
    "source_name": "Arithmetic",
    "source_url": "https://example.org/numbers",
    "citation": "Ada: Numbers, 2026.",
    "licence_name": "CC0",
    "licence_url": "https://example.org/cc0",
}


def files(**changed: Any) -> dict[str, Any]:
    given = {
        "solution": (io.BytesIO(SOLUTION), "answers.csv"),
        "sample": (io.BytesIO(SAMPLE), "sample.csv"),
        "data": [(io.BytesIO(TRAIN), "train.csv")],
    }
    return {name: value for name, value in (given | changed).items() if value}


def send(person: Person, path: str, fields: dict[str, Any]) -> TestResponse:
    token = person.token("/settings/profile")
    return person.client.post(
        path, data={"csrf_token": token} | fields, content_type="multipart/form-data"
    )


def prepare(make: Factory, state: RevisionState = RevisionState.READY) -> None:
    with make.session() as session:
        for revision in session.scalars(select(Revision)):
            revision.state = state
            revision.public_rows, revision.private_rows = 50, 150


def draft(make: Factory) -> Competition:
    with make.session() as session:
        found = session.scalars(select(Competition)).one()
        _ = found.pages, found.data_files
        return found


def test_a_form_becomes_a_draft_and_then_a_competition(
    as_ada: Person, visitor: Person, make: Factory
) -> None:
    answer = send(as_ada, "/host/new", FIELDS | files())
    assert answer.status_code == 303, answer.text
    assert answer.location == "/c/odd-even/host"
    made = draft(make)
    assert (made.title, made.launched_at) == ("Odd & even", None)
    assert {page.name: page.text for page in made.pages}["description"] == (
        "Which are **odd**?\n"
    )
    assert {file.name for file in made.data_files} == {
        "train.csv",
        "sample_submission.csv",
    }
    assert visitor.get("/c/odd-even").status_code == 404
    assert "Odd &amp; even" not in visitor.get("/competitions").text
    page = as_ada.get("/c/odd-even").text
    assert "<strong>odd</strong>" in page
    assert "Only you see it" in page
    assert "/c/odd-even/leaderboard" not in page
    assert "The scorer is reading" in as_ada.get("/c/odd-even/host").text
    prepare(make)
    assert "50 public and 150 private" in as_ada.get("/c/odd-even/host").text
    assert as_ada.post("/c/odd-even/host/launch").location == "/c/odd-even/host"
    assert visitor.get("/c/odd-even").status_code == 200
    assert "Entrants" in as_ada.get("/c/odd-even/host").text
    assert "/c/odd-even/host" not in visitor.get("/c/odd-even").text


def test_faults_stand_at_their_fields_and_nothing_is_lost(
    as_ada: Person, make: Factory
) -> None:
    wrong = FIELDS | {"title": "", "per_day": "many", "metric": "roc_auc"}
    page = send(as_ada, "/host/new", wrong | files())
    assert page.status_code == 422
    assert "Give the competition a name." in page.text
    assert "Write a whole number from 1 to 10,000." in page.text
    assert "Which are **odd**?" in page.text
    assert "<code>answers.csv</code>" in page.text
    kept = dict(re.findall(r'name="(kept_\w+)" value="([^"]+)"', page.text))
    assert set(kept) == {"kept_solution", "kept_sample", "kept_data"}
    again = send(as_ada, "/host/new", FIELDS | kept)
    assert again.status_code == 303, again.text
    assert {file.name for file in draft(make).data_files} == {
        "train.csv",
        "sample_submission.csv",
    }


def beside(page: str, field: str) -> str:
    """What stands at a field, as text."""
    found = re.findall(
        rf'<(\w+)[^>]* id="{field}-fault-\d+"[^>]*>(.*?)</\1>', page, re.S
    )
    texts = (re.sub(r"<[^>]*>", "", each) for _, each in found)
    return " ".join(html.unescape(each).strip() for each in texts)


def test_all_faults_of_form_and_files_are_told_at_once(as_ada: Person) -> None:
    wrong = FIELDS | {
        "title": "",
        "citation": "",
        "per_day": "many",
        "time_zone": "Etc/UTC",
        "closes": "tomorrow",
        "licence_url": "no address",
        "tags": " , ",
    }
    bad = SAMPLE.replace(b"7,0\n", b"7x,0\n", 1)
    odd = [(io.BytesIO(TRAIN), "train.csv"), (io.BytesIO(TRAIN), "é.csv")]
    sent = files(sample=(io.BytesIO(bad), "sample.csv"), data=odd)
    page = send(as_ada, "/host/new", wrong | sent).text
    told = {
        "title": "Give the competition a name.",
        "citation": "Say how the data is to be cited.",
        "per_day": "Write a whole number",
        "closes": "timeline.closes",
        "licence_url": "licence.url",
        "tags": "tags is empty",
        "sample": "they are listed above",
        "data": "can't be used for a file",
    }
    for field, sentence in told.items():
        assert sentence in beside(page, field), field
    for sound in ("subtitle", "solution", "opens", "metric", "rules"):
        assert beside(page, sound) == "", sound
    assert "“7x”" in page


def test_without_a_solution_the_rest_is_looked_at_all_the_same(
    as_ada: Person,
) -> None:
    page = send(
        as_ada, "/host/new", FIELDS | files(solution=None) | {"closes": "tomorrow"}
    ).text
    assert beside(page, "solution") == "Choose the file with the right answers."
    assert "timeline.closes" in beside(page, "closes")
    assert beside(page, "sample") == beside(page, "target_columns") == ""
    assert "in the bundle</h2>" not in page


@pytest.mark.parametrize("mine", [True, False])
def test_an_address_that_is_taken_is_told_with_the_rest(
    as_ada: Person, ada: User, make: Factory, mine: bool
) -> None:
    """Also one's own: a form makes something new, and changes nothing that is there."""
    make.competition("odd-even", host_id=ada.id if mine else make.user("bob").id)
    page = send(as_ada, "/host/new", FIELDS | {"subtitle": ""} | files())
    assert page.status_code == 422
    assert "is taken" in beside(page.text, "slug")
    assert "one sentence" in beside(page.text, "subtitle")
    assert draft(make).title != FIELDS["title"]


def test_a_page_that_nobody_wrote_holds_up_the_launch(
    as_ada: Person, make: Factory
) -> None:
    templates = {
        "description": starter.DESCRIPTION,
        "evaluation": starter.EVALUATION,
        "rules": starter.RULES,
    }
    inside = send(as_ada, "/host/new", FIELDS | templates | files()).location
    prepare(make)
    assert "Still as the form suggested: Description, Evaluation." in (
        as_ada.get(inside).text
    )
    assert as_ada.post(f"{inside}/launch").status_code == 409
    for page in ("description", "evaluation"):
        as_ada.post(f"{inside}/edit/pages/{page}.md", text="Written.")
    assert as_ada.post(f"{inside}/launch").status_code == 303


def test_kept_files_are_their_senders_alone(
    app: Flask, as_ada: Person, make: Factory
) -> None:
    page = send(as_ada, "/host/new", FIELDS | {"title": ""} | files())
    kept = dict(re.findall(r'name="(kept_\w+)" value="([^"]+)"', page.text))
    other = Person(app, make.user("bob"))
    refused = send(other, "/host/new", FIELDS | kept)
    assert refused.status_code == 422
    assert "Choose the file with the right answers." in refused.text
    forged = {name: f"{value[:-1]}x" for name, value in kept.items()}
    assert send(as_ada, "/host/new", FIELDS | forged).status_code == 422


def test_faults_of_the_files_are_told_with_their_lines(as_ada: Person) -> None:
    bad = SAMPLE.replace(b"7,0\n", b"7x,0\n", 1)
    page = send(
        as_ada, "/host/new", FIELDS | files(sample=(io.BytesIO(bad), "sample.csv"))
    )
    assert page.status_code == 422
    assert "sample_submission.csv" in page.text
    assert re.search(r"\d+ faults? in the bundle", page.text)


def test_without_files_the_form_says_so(as_ada: Person) -> None:
    page = send(as_ada, "/host/new", FIELDS)
    assert page.status_code == 422
    assert "Choose the file with the right answers." in page.text
    assert "in the form that submissions have" in page.text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("k=0", "The parameter k must be"),
        ("speed=3", "no parameter"),
        ("k 5", "like k=5"),
    ],
)
def test_parameters_are_looked_at_beside_their_field(
    as_ada: Person, given: str, told: str
) -> None:
    fields = FIELDS | {"metric": "map_at_k", "params": given} | files()
    page = send(as_ada, "/host/new", fields)
    assert page.status_code == 422
    assert told in page.text


def bundle(tmp_path: Path, slug: str = "sums") -> bytes:
    folder = write_bundle(tmp_path / slug, slug=slug)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    return sink.getvalue()


@pytest.fixture
def sums(as_ada: Person, tmp_path: Path) -> str:
    """The address of a draft that Ada hosts."""
    content = bundle(tmp_path)
    answer = send(as_ada, "/host/bundle", {"bundle": (io.BytesIO(content), "b.zip")})
    assert answer.status_code == 303, answer.text
    assert answer.location == "/c/sums/host"
    return "/c/sums/host"


def test_a_bundle_comes_and_goes_as_a_zip(
    as_ada: Person, sums: str, tmp_path: Path
) -> None:
    answer = as_ada.get(f"{sums}/bundle.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "solution.csv" in archive.namelist()
    again = send(as_ada, "/host/bundle", {"bundle": (io.BytesIO(answer.data), "b.zip")})
    assert again.status_code == 303


def test_what_is_no_bundle_is_told(as_ada: Person) -> None:
    sent = {"bundle": (io.BytesIO(b"no zip"), "b.zip")}
    page = send(as_ada, "/host/bundle", sent)
    assert page.status_code == 422
    assert "This is no ZIP that can be read." in page.text
    assert "Choose the ZIP" in send(as_ada, "/host/bundle", {}).text


def test_a_page_is_previewed_and_saved(
    as_ada: Person, sums: str, make: Factory
) -> None:
    path = f"{sums}/edit/pages/rules.md"
    assert "# The rules" in as_ada.get(path).text
    shown = as_ada.post(path, text="Be *kind*. <script>x</script>", preview="yes")
    assert "<em>kind</em>" in shown.text
    assert "<script>x" not in shown.text
    assert as_ada.post(path, text="Be *kind*.\r\nAlways.").location == sums
    texts = {page.name: page.text for page in draft(make).pages}
    assert texts["rules"] == "Be *kind*.\nAlways."


def test_settings_with_faults_are_shown_again_with_all_of_them(
    as_ada: Person, sums: str, make: Factory
) -> None:
    path = f"{sums}/edit/competition.yaml"
    text = as_ada.get(path).text
    assert "per_day: 100" in text
    page = as_ada.post(path, text="slug: sums\ntitle: Only that\n")
    assert page.status_code == 422
    assert "faults in the bundle" in page.text
    assert "title: Only that" in page.text
    assert draft(make).title == "Sums"


def test_a_file_is_replaced_and_another_added(
    as_ada: Person, sums: str, make: Factory
) -> None:
    path = f"{sums}/files"
    rows = b"".join(
        b"%d,%d,%s\n" % (n, 9, (b"Public", b"Private")[n % 2]) for n in range(10)
    )
    new = {
        "path": "solution.csv",
        "file": (io.BytesIO(b"id,y,Usage\n" + rows), "s.csv"),
    }
    assert send(as_ada, path, new).status_code == 303
    more = {"description": "More: of # it", "file": (io.BytesIO(TRAIN), "train.csv")}
    assert send(as_ada, path, more).status_code == 303
    made = draft(make)
    described = {file.name: file.description for file in made.data_files}
    assert described["train.csv"] == "More: of # it"
    with make.session() as session:
        assert len(session.scalars(select(Revision)).all()) == 2
    odd = {"file": (io.BytesIO(TRAIN), "../..\\é.csv")}
    assert "can&#39;t be used for a file" in send(as_ada, path, odd).text
    secret = {"file": (io.BytesIO(b"id,y,Usage\n" + rows), "leak.csv")}
    leak = send(as_ada, path, secret)
    assert leak.status_code == 422
    assert "is the solution" in leak.text


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/files",
        "/bundle.zip",
        "/edit/competition.yaml",
        "/edit/pages/rules.md",
    ],
)
def test_nobody_else_sees_a_drafts_inside(
    app: Flask, make: Factory, visitor: Person, sums: str, path: str
) -> None:
    stranger = Person(app, make.user("bob"))
    assert stranger.get(sums + path).status_code == 404
    assert visitor.get(sums + path).location.startswith("/log-in")
    prepare(make)
    with make.session() as session:
        made = session.scalars(select(Competition)).one()
        made.launched_at = made.created_at
    assert stranger.get(sums + path).status_code == 403


@pytest.mark.parametrize(
    "path", ["solution.csv", "data/sample.csv", "../x", "pages/x.md"]
)
def test_only_texts_of_the_bundle_are_edited(
    as_ada: Person, sums: str, path: str
) -> None:
    assert as_ada.get(f"{sums}/edit/{path}").status_code == 404
    assert as_ada.post(f"{sums}/edit/{path}", text="x").status_code == 404


def test_a_launch_at_a_time_is_planned_and_called_off(
    as_ada: Person, sums: str, make: Factory
) -> None:
    prepare(make)
    wrong = as_ada.post(f"{sums}/launch", at="soon")
    assert wrong.status_code == 422
    assert "Write the time like" in wrong.text
    past = as_ada.post(f"{sums}/launch", at="2020-01-01 10:00")
    assert past.status_code == 409
    assert "within a year" in past.text
    tomorrow = clock.now() + DAY
    as_ada.post(f"{sums}/launch", at=f"{tomorrow:%Y-%m-%d %H:%M}")
    assert "Launch planned" in as_ada.get("/host").text
    assert "Call the launch off" in as_ada.get(sums).text
    as_ada.post(f"{sums}/call-off")
    assert draft(make).launched_at is None


def test_a_draft_is_deleted(as_ada: Person, sums: str, make: Factory) -> None:
    assert as_ada.post(f"{sums}/delete").location == "/host"
    assert "You host nothing yet" in as_ada.get("/host").text


def test_faults_that_the_scorer_found_are_on_the_checklist(
    as_ada: Person, sums: str, make: Factory
) -> None:
    prepare(make, RevisionState.FAULTY)
    with make.session() as session:
        revision = session.scalars(select(Revision)).one()
        revision.fault = "The sample submission does not fit."
        revision.errors = [
            {"message": "Ids are missing.", "advice": "Add them.", "count": 2}
        ]
    page = as_ada.get(sums).text
    assert "The sample submission does not fit." in page
    assert "Ids are missing." in page
    assert as_ada.post(f"{sums}/launch").status_code == 409


def linted(make: Factory, **values: Any) -> None:
    finding = {
        "code": "column-leak",
        "severity": "warning",
        "message": "The column <sugar> predicts ripe: its AUC is 0.999.",
        "advice": "Take it out.",
        "file": "train.csv",
        "line": None,
    }
    found = {
        "findings": [finding],
        "counts": {"error": 0, "warning": 1, "note": 0},
        "not_applied": {},
        "left_out": ["huge.parquet"],
        "data_sha256": "of other files",
    }
    with make.session() as session:
        session.scalars(select(Revision)).one().lint = found | values


def test_findings_of_the_linter_are_on_the_checklist_and_keep_nobody_from_the_launch(
    as_ada: Person, sums: str, make: Factory
) -> None:
    prepare(make)
    linted(make)

    page = as_ada.get(sums).text

    assert "The column &lt;sugar&gt; predicts ripe: its AUC is 0.999." in page
    assert "Take it out." in page
    assert "0 errors, 1 warning, 0 notes" in page
    assert "huge.parquet" in page
    assert as_ada.post(f"{sums}/launch").status_code == 303


def test_findings_about_older_data_say_so(
    as_ada: Person, sums: str, make: Factory
) -> None:
    prepare(make)
    linted(make)
    assert "The data changed since" in as_ada.get(sums).text
    with make.session() as session:
        revision = session.scalars(select(Revision)).one()
        now = lint.data_sha256(session, revision=revision)
    linted(make, data_sha256=now)
    assert "The data changed since" not in as_ada.get(sums).text


def test_the_linter_is_asked_again_by_a_button(
    as_ada: Person, sums: str, make: Factory, jobs: FakeJobs
) -> None:
    prepare(make)
    jobs.sent.clear()

    as_ada.post(f"{sums}/lint")

    assert [job.function for job in jobs.sent] == ["podium.scoring.jobs.lint"]


def test_the_linter_waits_for_the_scorer(
    as_ada: Person, sums: str, jobs: FakeJobs
) -> None:
    jobs.sent.clear()
    as_ada.post(f"{sums}/lint")

    assert "The scorer has to take solution and sample first." in as_ada.get(sums).text
    assert jobs.sent == []


def test_where_organizers_are_approved_others_are_told(
    as_ada: Person, settings: Settings
) -> None:
    object.__setattr__(settings, "create_competitions", "organizers")
    assert as_ada.get("/host/new").status_code == 403
    page = as_ada.get("/host").text
    assert "New competition" not in page
    assert send(as_ada, "/host/new", FIELDS).status_code == 403


def test_a_competition_without_its_bundle_can_be_looked_at(
    as_ada: Person, ada: User, make: Factory
) -> None:
    make.competition("old", host_id=ada.id)
    assert "Import its bundle once more" in as_ada.get("/c/old/host").text
    assert as_ada.get("/c/old/host/edit/competition.yaml").status_code == 409
    assert as_ada.get("/c/old/host/bundle.zip").status_code == 409
    assert as_ada.get("/c/old/host/files").status_code == 200


def test_a_drafts_announcements_are_not_read_by_others(
    as_ada: Person, visitor: Person, sums: str
) -> None:
    as_ada.post(f"{sums}/announcements", title="Soon", text="Wait.")
    assert visitor.get("/c/sums/announcements").status_code == 404
    assert visitor.get("/c/sums/announcements.atom").status_code == 404
    assert "Soon" in as_ada.get("/c/sums").text
