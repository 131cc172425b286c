"""Drafts, their launch, and who may do what with a competition."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, ORGANIZER, User
from podium.competitions import queries
from podium.competitions.models import Competition, Revision, RevisionState
from podium.core import audit, clock
from podium.core.errors import Invalid, NotAllowed, NotFound, Refused
from podium.hosting import service
from podium.hosting.checklist import Mark, can_launch, checklist
from podium.hosting.figures import DAYS, figures_of
from podium.settings import Settings
from podium.submissions.models import Status
from podium.teams import service as teams
from podium_scorer.bundle import read_bundle
from tests.podium.bundles import write_bundle
from tests.podium.factories import DAY, Factory
from tests.podium.threads import at_once, errors


class Host:
    """Somebody with bundles; each call in a session of its own, as requests are."""

    def __init__(self, make: Factory, folder: Path) -> None:
        self.make, self.folder = make, folder
        self.ada, self.bob = make.user("ada"), make.user("bob")

    def keep(
        self,
        *,
        by: User | None,
        slug: str = "sums",
        launch: bool = False,
        rows: int = 10,
    ) -> Competition:
        folder = self.folder / f"{slug}-{rows}"
        bundle = read_bundle(write_bundle(folder, slug=slug, rows=rows))
        with self.make.session() as session:
            return service.save_bundle(
                session,
                self.make.services,
                bundle=bundle,
                by=session.merge(by) if by else None,
                launch=launch,
            ).competition

    def prepared(self, state: RevisionState = RevisionState.READY) -> None:
        with self.make.session() as session:
            for revision in session.scalars(select(Revision)):
                revision.state = state
                revision.public_rows, revision.private_rows = 100, 200

    def launch(self, slug: str = "sums", **values: object) -> None:
        with self.make.session() as session:
            service.launch(
                session,
                competition=self.found(session, slug),
                now=clock.now(),
                **values,  # type: ignore[arg-type]
            )

    def found(self, session: object, slug: str = "sums") -> Competition:
        return session.scalars(  # type: ignore[attr-defined,no-any-return]
            select(Competition).where(Competition.slug == slug)
        ).one()


@pytest.fixture
def host(make: Factory, tmp_path: Path) -> Host:
    return Host(make, tmp_path / "bundles")


@pytest.mark.database
def test_a_draft_is_its_hosts_and_the_administrators(host: Host) -> None:
    host.keep(by=host.ada)
    with host.make.session() as session:
        root = session.merge(host.make.user("root1"))
        accounts.set_role(session, user=root, name=ADMIN, has=True)
        session.flush()
        ada, bob = session.merge(host.ada), session.merge(host.bob)
        for user in (ada, root):
            assert queries.by_slug(session, "sums", viewer=user).slug == "sums"
            assert service.hosted(session, slug="sums", user=user).slug == "sums"
        for stranger in (bob, None):
            with pytest.raises(NotFound):
                queries.by_slug(session, "sums", viewer=stranger)
        with pytest.raises(NotFound):
            service.hosted(session, slug="sums", user=bob)
        now = clock.now()
        assert queries.page_of(session, now=now) == []
        assert queries.tags(session) == []
        assert [c.slug for c in queries.hosted_by(session, user=ada)] == ["sums"]
        assert queries.hosted_by(session, user=bob) == []
        # Nor does a mistyped address tell that it is there.
        with pytest.raises(NotFound) as caught:
            queries.by_slug(session, "sumz")
        assert "sums" not in caught.value.sentence.replace("sumz", "")


def test_launched_it_is_everybodys_and_still_only_its_host_runs_it(host: Host) -> None:
    host.keep(by=host.ada)
    host.prepared()
    host.launch()
    with host.make.session() as session:
        assert queries.by_slug(session, "sums").slug == "sums"
        with pytest.raises(NotAllowed, match="Only those who host"):
            service.hosted(session, slug="sums", user=session.merge(host.bob))
    with pytest.raises(Refused, match="launched already"):
        host.launch()


def test_a_planned_launch_happens_at_its_time_and_can_be_called_off(host: Host) -> None:
    host.keep(by=host.ada)
    host.prepared()
    later = clock.now() + DAY
    host.launch(at=later)
    with host.make.session() as session:
        competition = host.found(session)
        assert not competition.launched(clock.now())
        assert competition.launched(later)
        with pytest.raises(NotFound):
            queries.by_slug(session, "sums")
        service.call_off(session, competition=competition, now=clock.now())
        assert competition.launched_at is None


@pytest.mark.parametrize("days", [-1, 400, 366 * 90])
def test_a_launch_is_within_a_year_and_not_in_the_past(host: Host, days: int) -> None:
    host.keep(by=host.ada)
    host.prepared()
    with pytest.raises(Refused, match="within a year"):
        host.launch(at=clock.now() + timedelta(days=days))


def test_a_launch_after_the_end_is_refused(host: Host) -> None:
    host.keep(by=host.ada)
    host.prepared()
    with host.make.session() as session:
        host.found(session).closes_at = clock.now() + DAY
    with pytest.raises(Refused, match="after the end"):
        host.launch(at=clock.now() + 2 * DAY)


def test_what_is_missing_keeps_a_draft_from_its_launch_and_is_all_told(
    host: Host,
) -> None:
    host.keep(by=host.ada)
    with pytest.raises(Refused, match="The scorer is reading"):
        host.launch()
    host.prepared(RevisionState.FAULTY)
    with host.make.session() as session:
        session.scalars(select(Revision)).one().fault = "The ids differ."
        host.found(session).closes_at = clock.now()
    with pytest.raises(Refused) as caught:
        host.launch()
    assert "The ids differ." in caught.value.sentence
    assert "The end has passed" in caught.value.sentence


@pytest.mark.database
def test_nobody_takes_an_address_that_is_somebody_elses(host: Host) -> None:
    host.keep(by=host.ada)
    with pytest.raises(NotAllowed, match="The address “sums” is taken"):
        host.keep(by=host.bob, rows=12)
    host.keep(by=host.ada, rows=12)
    host.keep(by=None, rows=14)  # the operator may
    with host.make.session() as session:
        competition = host.found(session)
        assert competition.host_id == host.ada.id
        assert competition.launched_at is None


@pytest.mark.database
def test_of_two_who_want_an_address_at_once_one_gets_it(host: Host) -> None:
    results = at_once(
        [
            lambda: host.keep(by=host.ada, rows=10),
            lambda: host.keep(by=host.bob, rows=12),
        ]
    )
    assert [type(error) for error in errors(results)] == [NotAllowed]


def test_an_operators_import_is_launched_unless_it_is_a_draft(host: Host) -> None:
    assert host.keep(by=None, launch=True).launched(clock.now())
    assert not host.keep(by=None, slug="other").launched(clock.now())


@pytest.mark.parametrize(
    ("setting", "roles", "may"),
    [
        ("anyone", [], True),
        ("organizers", [], False),
        ("organizers", [ORGANIZER], True),
        ("organizers", [ADMIN], True),
        ("admins", [ORGANIZER], False),
        ("admins", [ADMIN], True),
    ],
)
def test_who_may_make_competitions_is_a_setting(
    host: Host, settings: Settings, setting: str, roles: list[str], may: bool
) -> None:
    chosen = Settings(data_dir=settings.data_dir, create_competitions=setting)
    with host.make.session() as session:
        user = session.merge(host.ada)
        for role in roles:
            accounts.set_role(session, user=user, name=role, has=True)
        assert service.may_create(chosen, user) is may
        if not may:
            with pytest.raises(NotAllowed, match=r"Here only"):
                service.require_may_create(chosen, user)
        for role in roles:
            accounts.set_role(session, user=user, name=role, has=False)
        assert service.may_create(chosen, user) is (setting == "anyone")


def test_what_is_fetched_is_what_was_sent(host: Host) -> None:
    competition = host.keep(by=host.ada)
    folder = host.folder / "sums-10"
    sent = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    kept = {}
    for path, (sha256, size) in competition.bundle.items():
        with host.make.services.storage.open(sha256) as stream:
            kept[path] = stream.read()
        assert len(kept[path]) == size
    assert kept == sent


def test_one_file_is_changed_and_the_rest_stays(host: Host, settings: Settings) -> None:
    competition = host.keep(by=host.ada)
    before = dict(competition.bundle)
    storage = host.make.services.storage
    new = {"pages/rules.md": b"# New rules\n"}
    with (
        service.with_changes(settings, storage, competition, new) as bundle,
        host.make.session() as session,
    ):
        result = service.save_bundle(
            session,
            host.make.services,
            bundle=bundle,
            by=session.merge(host.ada),
            slug="sums",
        )
    assert result.changes == ("page rules",)
    after = result.competition.bundle
    assert {path for path in after if after[path] != before[path]} == {"pages/rules.md"}
    assert list(settings.data_dir.glob("bundle-*")) == []


def test_a_change_with_faults_changes_nothing_and_tells_them_all(
    host: Host, settings: Settings
) -> None:
    competition = host.keep(by=host.ada)
    storage = host.make.services.storage
    text = service.manifest_text(storage, competition)
    bad = text.replace("kind: prediction", "kind: predict").replace("mae", "maee")
    with (
        pytest.raises(service.Faulty) as caught,
        service.with_changes(
            settings, storage, competition, {"competition.yaml": bad.encode()}
        ),
    ):
        raise AssertionError("a faulty bundle was taken")
    places = {(fault.file, fault.line) for fault in caught.value.faults}
    assert {place for place, _ in places} == {"competition.yaml"}
    assert len(caught.value.faults) == len(caught.value.fields) == 2
    assert caught.value.sentence.startswith("The bundle has 2 faults.")


def test_the_address_can_not_be_changed(host: Host) -> None:
    host.keep(by=host.ada)
    bundle = read_bundle(write_bundle(host.folder / "x", slug="others"))
    with (
        pytest.raises(Invalid, match="An address can't be changed"),
        host.make.session() as session,
    ):
        service.save_bundle(
            session,
            host.make.services,
            bundle=bundle,
            by=session.merge(host.ada),
            slug="sums",
        )


def test_a_competition_from_before_bundles_were_kept_says_so(make: Factory) -> None:
    competition = make.competition("old")
    with pytest.raises(Refused, match="before Podium kept bundles"):
        service.manifest_text(make.services.storage, competition)


@pytest.mark.database
def test_a_draft_is_deleted_with_all_of_it_and_a_launched_one_stays(host: Host) -> None:
    host.keep(by=host.ada)
    host.keep(by=host.ada, slug="others")
    host.prepared()
    host.launch("others")
    with host.make.session() as session:
        service.delete_draft(session, competition=host.found(session), now=clock.now())
    with host.make.session() as session:
        slugs = session.scalars(select(Competition.slug)).all()
        assert slugs == ["others"]
        assert len(session.scalars(select(Revision)).all()) == 1
        with pytest.raises(Refused, match="What others have seen"):
            service.delete_draft(
                session, competition=host.found(session, "others"), now=clock.now()
            )


def test_a_draft_that_somebody_entered_is_not_deleted(host: Host) -> None:
    """As after a restore of a database from before its launch."""
    host.keep(by=host.ada)
    with host.make.session() as session:
        teams.join(
            session,
            competition=host.found(session),
            user=session.merge(host.bob),
            now=clock.now(),
        )
    with host.make.session() as session, pytest.raises(Refused):
        service.delete_draft(session, competition=host.found(session), now=clock.now())


def test_a_zip_is_unpacked_read_and_gone(host: Host, settings: Settings) -> None:
    folder = write_bundle(host.folder / "z", slug="zipped")
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    with service.unpacked(settings, sink) as bundle:
        assert bundle.slug == "zipped"
        assert bundle.root.is_dir()
    assert not bundle.root.exists()


# The checklist


def marks(competition: Competition, revision: Revision | None) -> dict[str, Mark]:
    items = checklist(competition, revision, clock.now())
    return {item.name: item.mark for item in items}


def ready(**values: object) -> Revision:
    defaults = {
        "state": RevisionState.READY,
        "public_rows": 100,
        "private_rows": 200,
        "errors": [],
        "lint": {
            "findings": [],
            "counts": {"error": 0, "warning": 0, "note": 0},
            "left_out": [],
            "data_sha256": "",
        },
    }
    return Revision(**(defaults | values))


def test_a_sound_competition_has_nothing_missing(make: Factory) -> None:
    stars = make.competition(data={"train.csv": b"x", "test.csv": b"y"})
    found = marks(stars, ready())
    assert set(found.values()) == {Mark.DONE}
    assert can_launch(checklist(stars, ready(), clock.now()))


@pytest.mark.parametrize(
    ("values", "name", "mark"),
    [
        ({"public_rows": 49}, "Public and private rows", Mark.ADVICE),
        ({"public_rows": 50}, "Public and private rows", Mark.DONE),
        ({"private_rows": 0}, "Public and private rows", Mark.ADVICE),
        ({"state": RevisionState.QUEUED}, "Solution and metric", Mark.WAITING),
        ({"state": RevisionState.FAULTY}, "Solution and metric", Mark.MISSING),
    ],
)
def test_the_checklist_looks_at_what_judges(
    make: Factory, values: dict[str, object], name: str, mark: Mark
) -> None:
    assert marks(make.competition(), ready(**values))[name] is mark


def test_without_data_and_with_many_tries_there_is_advice(make: Factory) -> None:
    few = make.competition("few", submissions_per_day=21)
    found = marks(few, ready())
    assert found["Data to download"] is Mark.ADVICE
    assert found["Submissions a day"] is Mark.ADVICE
    assert marks(few, None)["Solution and metric"] is Mark.MISSING


@pytest.mark.database
def test_the_figures_count_what_is_there(make: Factory) -> None:
    stars = make.competition("stars")
    other = make.competition("other")
    ada, bob = make.user(), make.user()
    team = make.team(stars, ada, bob)
    make.submission(make.team(other, ada), ada)
    make.submission(team, ada, public=0.5)
    make.submission(team, bob, status=Status.REJECTED)
    now = clock.now()
    with make.session() as session:
        figures = figures_of(session, competition=session.merge(stars), now=now)
    assert (figures.entrants, figures.teams, figures.submissions) == (2, 1, 2)
    assert figures.by_status == {Status.SCORED: 1, Status.REJECTED: 1}
    assert figures.without_score == 1
    assert len(figures.by_day) == DAYS
    assert sum(figures.by_day.values()) == 2
    assert figures.by_day[now.date()] + figures.by_day[(now - DAY).date()] == 2


def test_what_is_made_and_changed_is_in_the_audit_log(host: Host) -> None:
    for rows in (10, 12, 12):
        host.keep(by=host.ada, rows=rows)
    with host.make.session() as session:
        told = [
            (each.act, each.target, each.details["changes"])
            for each in audit.entries(session, limit=9)
        ]
    assert told == [
        ("competition.changed", "competition sums", told[0][2]),
        ("competition.made", "competition sums", []),
    ]
    assert "revision 2" in told[0][2]
