"""From a bundle to a competition: all of it or nothing, and again without harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from podium.accounts.models import User
from podium.competitions import importer
from podium.competitions.importer import ImportResult
from podium.competitions.models import (
    Competition,
    DataFile,
    Page,
    Revision,
    RevisionState,
)
from podium.core.errors import Refused
from podium.core.paths import resource
from podium_scorer.bundle import BundleError, read_bundle
from tests.podium.bundles import write_bundle
from tests.podium.factories import Factory
from tests.podium.threads import at_once, errors

SHIPPED = sorted(path.parent for path in resource("competitions").glob("*/*.yaml"))


def bring_in(make: Factory, folder: Path, host: User | None = None) -> ImportResult:
    bundle = read_bundle(folder)
    with make.session() as session:
        return importer.import_bundle(
            session,
            bundle=bundle,
            storage=make.services.storage,
            host=session.get_one(User, host.id) if host else None,
        )


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def counts(make: Factory) -> dict[str, int]:
    with make.session() as session:
        return {
            model.__tablename__: session.scalar(select(func.count()).select_from(model))
            or 0
            for model in (Competition, Page, DataFile, Revision)
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


@pytest.mark.database
def test_a_bundle_becomes_a_competition(make: Factory, folder: Path) -> None:
    host = make.user("ada")
    result = bring_in(make, folder, host)
    assert (result.created, result.revision) == (True, 1)
    with make.session() as session:
        found = session.scalars(select(Competition)).one()
        assert (found.slug, found.title, found.host_name) == (
            "sums",
            "Sums",
            "The Tests",
        )
        assert found.host_id == host.id
        # A day without a time begins in the bundle's own zone.
        assert found.opens_at.isoformat() == "2019-12-31T23:00:00+00:00"
        assert [page.name for page in found.pages] == ["description", "data", "rules"]
        (data,) = found.data_files
        assert (data.name, data.description) == (
            "sample.csv",
            "The form of a submission",
        )
        assert found.live_revision_id is None
        revision = session.scalars(select(Revision)).one()
        assert revision.state is RevisionState.QUEUED
        assert (revision.metric, revision.higher_is_better) == ("mae", False)
        for sha256 in (data.sha256, revision.solution_sha256, revision.sample_sha256):
            assert make.services.storage.has(sha256)


def test_the_solution_is_none_of_the_files_to_download(
    make: Factory, folder: Path
) -> None:
    bring_in(make, folder)
    with make.session() as session:
        revision = session.scalars(select(Revision)).one()
        assert revision.solution_sha256 not in session.scalars(select(DataFile.sha256))


@pytest.mark.database
def test_importing_again_changes_nothing(make: Factory, folder: Path) -> None:
    bring_in(make, folder)
    before = counts(make)
    again = bring_in(make, folder)
    assert (again.created, again.revision, again.changes) == (False, None, ())
    assert counts(make) == before


def test_importing_at_once_is_importing_once(make: Factory, folder: Path) -> None:
    results = at_once([lambda: bring_in(make, folder).revision] * 4)
    assert errors(results) == []
    assert sorted(results, key=str) == [1, None, None, None]
    assert counts(make)["competitions"] == 1


SETTINGS = [
    ("title: Sums", "title: Totals", ("title",)),
    ("per_day: 100", "per_day: 7", ("submissions_per_day",)),
    ("per_day: 100", "per_day: 100\n  late: false", ("late_submissions",)),
    ("closes: 2100-01-01", "closes: 2100-01-02", ("closes_at",)),
    (
        "description: The form of a submission",
        "description: What to send",
        ("description of sample.csv",),
    ),
]


@pytest.mark.parametrize(("old", "new", "changes"), SETTINGS)
def test_a_changed_setting_makes_no_revision(
    make: Factory, folder: Path, old: str, new: str, changes: tuple[str, ...]
) -> None:
    bring_in(make, folder)
    edit(folder / "competition.yaml", lambda text: text.replace(old, new))
    again = bring_in(make, folder)
    assert (again.created, again.revision, again.changes) == (False, None, changes)


def test_a_changed_page_is_replaced(make: Factory, folder: Path) -> None:
    bring_in(make, folder)
    (folder / "pages/rules.md").write_text("Be kind.\n")
    assert bring_in(make, folder).changes == ("page rules",)
    with make.session() as session:
        texts = session.scalars(select(Page.text).where(Page.name == "rules")).all()
    assert texts == ["Be kind.\n"]


def test_a_removed_page_goes(make: Factory, folder: Path) -> None:
    edit(
        folder / "competition.yaml",
        lambda text: text.replace(
            "pages:\n",
            "pages:\n  - {name: extra, title: Extra, file: pages/rules.md}\n",
        ),
    )
    bring_in(make, folder)
    assert counts(make)["pages"] == 4
    write_bundle(folder)
    assert "page extra removed" in bring_in(make, folder).changes
    assert counts(make)["pages"] == 3


def test_changed_data_is_replaced_and_makes_no_revision_by_itself(
    make: Factory, folder: Path
) -> None:
    (folder / "data/train.csv").write_text("x\n1\n")
    edit(
        folder / "competition.yaml",
        lambda text: text.replace(
            "data:\n", "data:\n  - {file: data/train.csv, description: To learn from}\n"
        ),
    )
    bring_in(make, folder)
    (folder / "data/train.csv").write_text("x\n2\n")
    again = bring_in(make, folder)
    assert (again.revision, again.changes) == (None, ("data train.csv",))
    with make.session() as session:
        file = session.scalars(select(DataFile).where(DataFile.name == "train.csv"))
        with make.services.storage.open(file.one().sha256) as stream:
            assert stream.read() == b"x\n2\n"


JUDGES = [
    ("solution.csv", lambda text: text.replace("\n1,1,", "\n1,2,")),
    ("competition.yaml", lambda text: text.replace("name: mae", "name: rmse")),
]


@pytest.mark.database
@pytest.mark.parametrize(("name", "change"), JUDGES)
def test_another_solution_or_metric_makes_a_revision(
    make: Factory, folder: Path, name: str, change: Callable[[str], str]
) -> None:
    bring_in(make, folder)
    edit(folder / name, change)
    again = bring_in(make, folder)
    assert (again.created, again.revision, again.changes) == (False, 2, ("revision 2",))
    with make.session() as session:
        found = session.scalars(select(Revision.number).order_by(Revision.number))
        assert list(found) == [1, 2]


def test_going_back_to_an_old_solution_is_a_revision_too(
    make: Factory, folder: Path
) -> None:
    old = (folder / "solution.csv").read_text()
    bring_in(make, folder)
    edit(folder / "solution.csv", JUDGES[0][1])
    bring_in(make, folder)
    (folder / "solution.csv").write_text(old)
    assert bring_in(make, folder).revision == 3


def test_what_was_faulty_is_checked_once_more(make: Factory, folder: Path) -> None:
    bring_in(make, folder)
    with make.session() as session:
        revision = session.scalars(select(Revision)).one()
        revision.state, revision.failures = RevisionState.FAULTY, 5
    again = bring_in(make, folder)
    assert again.revision is None
    assert again.changes == ("revision 1 is checked again",)
    with make.session() as session:
        revision = session.scalars(select(Revision)).one()
        assert (revision.state, revision.failures) == (RevisionState.QUEUED, 0)


def test_a_bundle_with_faults_leaves_nothing(make: Factory, folder: Path) -> None:
    edit(folder / "competition.yaml", lambda text: text.replace("title: Sums\n", ""))
    (folder / "pages/rules.md").unlink()
    with pytest.raises(BundleError) as caught:
        bring_in(make, folder)
    assert len(caught.value.faults) == 2
    assert set(counts(make).values()) == {0}
    assert not make.services.storage.has("0" * 64)
    assert not list(make.services.settings.storage_dir.rglob("*"))


@pytest.mark.parametrize("content", ["id,y,Usage\n", "x" * 10_000])
def test_a_file_that_changes_meanwhile_stops_the_import(
    make: Factory, folder: Path, content: str
) -> None:
    bundle = read_bundle(folder)
    (folder / "solution.csv").write_text(content)
    with (
        make.session() as session,
        pytest.raises(Refused, match=r"solution\.csv changed while it was read"),
    ):
        importer.import_bundle(session, bundle=bundle, storage=make.services.storage)
    assert set(counts(make).values()) == {0}


def test_submissions_larger_than_this_podium_takes_stop_the_import(
    make: Factory, folder: Path
) -> None:
    bundle = read_bundle(folder)
    storage = make.services.storage
    with (
        make.session() as session,
        pytest.raises(Refused, match=r"of 50\sMB, .* 49\sMB"),
    ):
        importer.import_bundle(
            session, bundle=bundle, storage=storage, upload_max_bytes=49_000_000
        )
    assert set(counts(make).values()) == {0}
    with make.session() as session:
        importer.import_bundle(
            session, bundle=bundle, storage=storage, upload_max_bytes=50_000_000
        )
    assert counts(make)["competitions"] == 1


def test_a_file_that_goes_meanwhile_stops_the_import(
    make: Factory, folder: Path
) -> None:
    bundle = read_bundle(folder)
    (folder / "data/sample.csv").unlink()
    with (
        make.session() as session,
        pytest.raises(Refused, match="Nothing was imported"),
    ):
        importer.import_bundle(session, bundle=bundle, storage=make.services.storage)
    assert set(counts(make).values()) == {0}


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.name)
def test_what_ships_can_be_imported(make: Factory, shipped: Path) -> None:
    assert bring_in(make, shipped).created
    assert bring_in(make, shipped).changes == ()
