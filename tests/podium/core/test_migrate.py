"""Migrations: both ways, on both databases, by many at once, without losing a row."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, delete, inspect, select
from sqlalchemy.orm import Session

import podium
from podium.accounts.models import ApiToken, LogIn, User
from podium.bootstrap import Services
from podium.competitions.models import Announcement, Competition, Revision
from podium.core import audit, clock, migrate
from podium.core.db import Base, Database
from podium.core.models import Act, Banner
from podium.core.paths import resource
from podium.core.storage import LocalStorage
from podium.kaggle.models import KaggleUpload
from podium.leaderboards import service as leaderboards
from podium.leaderboards.models import Entry
from podium.notifications.models import Mail
from podium.receipts import service as receipts
from podium.settings import Settings
from podium.submissions.models import Score, Submission
from podium.teams.models import JoinRequest, MergeRequest, Team
from podium_scorer.contract import Outcome, Report
from tests.podium.factories import Factory, FakeJobs
from tests.podium.fakes import FakeSandbox

MIGRATORS = 2


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.dispose()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def fill(database: Database, folder: Path) -> Services:
    """A little of everything: users, a competition, teams, scores, boards."""
    services = Services(
        settings=Settings(data_dir=folder),
        database=database,
        storage=LocalStorage(folder / "files"),
        jobs=FakeJobs(),
        sandbox=FakeSandbox(),
    )
    make = Factory(services)
    now = clock.now()
    competition = make.competition(created_at=now, launched_at=now)
    ada, bob = make.user("ada"), make.user("bob")
    team = make.team(competition, ada, bob)
    make.submission(team, ada, public=0.75, private=0.5)
    make.submission(team, bob)
    with make.session() as session:
        session.add(ApiToken(user_id=ada.id, label="mine", sha256="0" * 64))
    return services


def content(database: Database) -> dict[str, list[dict[str, object]]]:
    """Every row of every table that is there, by the names of its columns."""
    there = MetaData()
    there.reflect(database.engine)
    with database.reading() as session:
        return {
            name: sorted(
                (dict(row) for row in session.execute(select(table)).mappings()),
                key=str,
            )
            for name, table in there.tables.items()
            if name != "alembic_version"
        }


@pytest.mark.database
def test_up_down_and_up_again(empty: Database) -> None:
    migrate.upgrade(empty)
    assert tables(empty) == {*Base.metadata.tables, "alembic_version"}
    assert migrate.current(empty) == migrate.head()
    migrate.downgrade(empty, "base")
    assert tables(empty) == {"alembic_version"}
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()


@pytest.mark.database
def test_the_migrated_schema_is_what_the_models_say(empty: Database) -> None:
    migrate.upgrade(empty)
    assert migrate.differences(empty) == []


@pytest.mark.database
def test_a_difference_is_found(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN shoe_size INTEGER")
    assert [change[0] for change in migrate.differences(empty)] == ["remove_column"]


@pytest.mark.database
def test_migrating_what_is_migrated_changes_nothing(
    empty: Database, tmp_path: Path
) -> None:
    migrate.upgrade(empty)
    fill(empty, tmp_path)
    before = content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


@pytest.mark.database
def test_several_processes_migrate_at_once(empty_database_url: str) -> None:
    program = (
        "import sys; from podium.core import migrate; "
        "from podium.core.db import Database; "
        "sys.stdin.read(); migrate.upgrade(Database(sys.argv[1]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_database_url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(MIGRATORS)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()  # now
    for process in started:
        process.stdin = None
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors.decode()) == (0, "")
    database = Database(empty_database_url)
    assert migrate.current(database) == migrate.head()
    database.dispose()


def test_a_process_that_migrated_keeps_no_lock(empty: Database) -> None:
    migrate.upgrade(empty)
    again = Database(str(empty.engine.url))
    migrate.upgrade(again)
    again.dispose()


@pytest.mark.database
def test_a_migration_that_fails_leaves_nothing(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(Operations, "drop_table", breaks)
    migrate.upgrade(empty)
    before = tables(empty)
    with pytest.raises(RuntimeError, match="in the middle"):
        migrate.downgrade(empty, "base")
    assert tables(empty) == before
    assert migrate.current(empty) == migrate.head()


def test_making_a_table_anew_keeps_the_rows_that_refer_to_it(
    empty: Database, tmp_path: Path
) -> None:
    """SQLite's way to change a table: drop it and rename the copy. With foreign keys in
    force the drop would delete the members of every user."""
    migrate.upgrade(empty)
    fill(empty, tmp_path)
    before = content(empty)
    with migrate.migrating(empty) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("users", recreate="always") as batch:
            batch.alter_column("about", nullable=True)
    assert content(empty) == before
    with empty.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_rows_that_would_refer_to_nothing_stop_a_migration(
    empty: Database, tmp_path: Path
) -> None:
    migrate.upgrade(empty)
    fill(empty, tmp_path)
    before = content(empty)
    with (
        pytest.raises(RuntimeError, match="refer to nothing"),
        migrate.migrating(empty) as connection,
    ):
        connection.exec_driver_sql("DELETE FROM users")
    assert content(empty) == before


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(resource("migrations"))).get_heads()) == 1


def test_every_module_with_models_is_known_to_the_migrations() -> None:
    (package,) = podium.__path__
    found = {
        f"podium.{path.parent.name}.models"
        for path in Path(package).glob("*/models.py")
    }
    assert found == set(migrate.MODELS)


# --- Every migration carries data up and down: one entry each, made when it is written.


def first_schema(empty: Database, folder: Path) -> None:
    """Everything that can be stored can be read again, and goes when the schema goes."""
    migrate.upgrade(empty)
    fill(empty, folder)
    migrate.downgrade(empty, "0001_spine")
    found = content(empty)
    empty_ones = {name for name, rows in found.items() if not rows}
    assert empty_ones <= {
        "audit_entries",
        "audit_head",
        "log_ins",
        "join_requests",
        "announcements",
        "roles",
        "role_members",
        "scoring_hosts",
        "merge_requests",
        "team_turns",
        "competition_turns",
    }
    migrate.downgrade(empty, "base")
    migrate.upgrade(empty)
    with Session(empty.engine) as session:
        assert session.scalars(select(User)).all() == []


def uploads_of_kaggles_clients(empty: Database, folder: Path) -> None:
    """The uploads go and come as a table; nothing else is touched."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        competition = session.scalars(select(Competition)).one()
        user = session.scalars(select(User).order_by(User.id)).first()
        assert user
        session.add(
            KaggleUpload(
                token_sha256="1" * 64,
                user_id=user.id,
                competition_id=competition.id,
                file_name="a.csv",
                announced_size=3,
                expires_at=clock.now(),
            )
        )
    assert len(content(empty)["kaggle_uploads"]) == 1
    migrate.downgrade(empty, "0001_spine")
    assert "kaggle_uploads" not in content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


def programs_and_metrics_of_ones_own(empty: Database, folder: Path) -> None:
    """Rows of before judge by the catalogue and run nothing; the rest stays as it was."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        revision = session.scalars(select(Revision)).first()
        score = session.scalars(select(Score)).first()
        assert revision
        assert score
        revision.program = {"image": "python"}
        revision.metric_sha256, revision.metric_title = "2" * 64, "Mine"
        revision.metric_decimals, revision.metric_shows_errors = 3, False
        revision.image_id = "sha256:1"
        score.run, score.log = {"exit_code": 0}, "done"
    assert content(empty) != before
    migrate.downgrade(empty, "0002_kaggle_uploads")
    migrate.upgrade(empty)
    assert content(empty) == before


def links_into_teams_and_requests_to_merge(empty: Database, folder: Path) -> None:
    """Links and requests go; teams and all that is theirs stay as they were."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        team = session.scalars(select(Team)).first()
        assert team
        other = Team(competition_id=team.competition_id, name="B", name_key="b")
        session.add(other)
        session.flush()
        session.add(MergeRequest(team_id=other.id, other_id=team.id))
        session.flush()
        session.execute(delete(Team).where(Team.id == other.id))
        assert session.scalars(select(MergeRequest)).all() == []
        team.link_secret, team.link_until = "secret", clock.now()
    assert content(empty) != before
    migrate.downgrade(empty, "0003_programs")
    assert "merge_requests" not in content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


def finals_of_a_teams_choice(empty: Database, folder: Path) -> None:
    """Choices go; submissions stay as they were."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        submission = session.scalars(select(Submission)).first()
        assert submission
        submission.selected_at = clock.now()
    assert content(empty) != before
    migrate.downgrade(empty, "0004_teams")
    migrate.upgrade(empty)
    assert content(empty) == before


def launches_and_bundles(empty: Database, folder: Path) -> None:
    """What was there has been seen, so it is launched; a bundle is lost on the way back,
    since the release before keeps none."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        competition = session.scalars(select(Competition)).one()
        competition.bundle = {"competition.yaml": ["0" * 64, 1]}
        submission = session.scalars(select(Submission)).first()
        assert submission
        submission.withdrawn_reason = "Copied."
    migrate.downgrade(empty, "0005_finals")
    migrate.upgrade(empty)
    after = content(empty)
    for row in (*before["competitions"], *after["competitions"]):
        del row["updated_at"]
    assert after == before
    with Session(empty.engine) as session:
        competition = session.scalars(select(Competition)).one()
        assert competition.launched_at == competition.created_at
        assert competition.bundle == {}


def announcements(empty: Database, folder: Path) -> None:
    """Announcements go, and nothing else; they go with their competition, too."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        competition = session.scalars(select(Competition)).one()
        said = Announcement(competition_id=competition.id, title="A", text="B")
        session.add(said)
    assert content(empty)["announcements"]
    migrate.downgrade(empty, "0006_hosting")
    assert "announcements" not in content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


def what_counts(empty: Database, folder: Path) -> None:
    """What was there was the operator's import, so it counts."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    migrate.downgrade(empty, "0007_announcements")
    migrate.upgrade(empty)
    assert content(empty) == before
    assert [row["ranked"] for row in before["competitions"]] == [True]


def words_of_requests(empty: Database, folder: Path) -> None:
    """Keys go; submissions stay as they were."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        for number, submission in enumerate(session.scalars(select(Submission))):
            submission.request_key = f"key {number}"
    migrate.downgrade(empty, "0008_ranked")
    migrate.upgrade(empty)
    assert content(empty) == before


def mail(empty: Database, folder: Path) -> None:
    """Mail and what people want of it go; the people stay as they were."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        user = session.scalars(select(User)).first()
        assert user
        user.mail_off = ["invitation"]
        session.add(Mail(kind="test", address="a@b.example", subject="A", text="B"))
    assert content(empty)["mails"]
    migrate.downgrade(empty, "0009_request_keys")
    assert "mails" not in content(empty)
    migrate.upgrade(empty)
    after = content(empty)
    for row in (*before["users"], *after["users"]):
        del row["update_datetime"]
    assert after == before


def what_the_linter_found(empty: Database, folder: Path) -> None:
    """Findings go; revisions stay as they were, and are linted when somebody asks."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        for revision in session.scalars(select(Revision)):
            revision.lint = {"findings": [], "counts": {"error": 0}}
    migrate.downgrade(empty, "0010_mail")
    migrate.upgrade(empty)
    assert content(empty) == before


def requests_to_join(empty: Database, folder: Path) -> None:
    """Requests go, and teams take none; teams and users stay as they were."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        team = session.scalars(select(Team)).first()
        user = session.scalars(select(User).order_by(User.id)).first()
        assert team
        assert user
        team.open_to_requests = True
        session.add(JoinRequest(team_id=team.id, user_id=user.id, message="Hi"))
    assert content(empty)["join_requests"]
    migrate.downgrade(empty, "0011_linter")
    assert "join_requests" not in content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


def ends_of_intervals(empty: Database, folder: Path) -> None:
    """They are worked out anew from the intervals, for either direction of a metric."""
    migrate.upgrade(empty)
    fill(empty, folder)
    lower = _with_ends_anew(empty, higher=False)
    higher = _with_ends_anew(empty, higher=True)
    assert lower != higher


def _with_ends_anew(empty: Database, *, higher: bool) -> list[dict[str, object]]:
    """The entries before, which are those after going back and forward."""
    with Session(empty.engine) as session, session.begin():
        for competition in session.scalars(select(Competition)):
            revision = competition.live_revision
            assert revision
            revision.higher_is_better = higher
            session.flush()
            leaderboards.rebuild(session, competition=competition)
        without = session.scalars(select(Entry)).first()
        assert without
        without.low = None
        without.best_key = without.worst_key = without.sort_key
    before = content(empty)
    migrate.downgrade(empty, "0012_teaming")
    assert "best_key" not in content(empty)["entries"][0]
    migrate.upgrade(empty)
    assert content(empty) == before
    return before["entries"]


def where_users_are_logged_in(empty: Database, folder: Path) -> None:
    """Log-ins go, so that everybody logs in again; nothing else is touched."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        user = session.scalars(select(User)).first()
        assert user
        session.add(
            LogIn(
                user_id=user.id,
                sha256="3" * 64,
                uniquifier=user.fs_uniquifier,
                device="Firefox on Linux",
                network="192.0.2.0/24",
            )
        )
    assert content(empty)["log_ins"]
    migrate.downgrade(empty, "0013_boards")
    assert "log_ins" not in content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


def the_audit_log(empty: Database, folder: Path) -> None:
    """The log goes and comes as tables; nothing else is touched."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        audit.record(session, Act.USER_ADDED, "user ada")
    assert len(content(empty)["audit_entries"]) == 1
    migrate.downgrade(empty, "0014_devices")
    assert not {"audit_entries", "audit_head"} & content(empty).keys()
    migrate.upgrade(empty)
    assert content(empty) == before


def receipts_of_scores(empty: Database, folder: Path) -> None:
    """Receipts and commitments go and come as tables; nothing else is touched."""
    migrate.upgrade(empty)
    services = fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        competition = session.scalars(select(Competition)).one()
        receipts.issue(
            session,
            competition=competition,
            score=session.scalars(select(Score).where(Score.public == 0.75)).one(),
            report=Report(status=Outcome.SCORED, public=0.75, private=0.5),
            settings=services.settings,
        )
    named = ("receipts", "receipt_chains", "commitments")
    assert [len(content(empty)[name]) for name in named] == [1, 1, 1]
    migrate.downgrade(empty, "0015_audit")
    assert not set(named) & content(empty).keys()
    migrate.upgrade(empty)
    assert content(empty) == before


def deleted_accounts(empty: Database, folder: Path) -> None:
    """When an account was deleted is forgotten; it stays without a person."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        user = session.scalars(select(User)).first()
        assert user
        user.deleted_at = clock.now()
    migrate.downgrade(empty, "0016_receipts")
    assert "deleted_at" not in content(empty)["users"][0]
    migrate.upgrade(empty)
    assert _apart_from(content(empty), "update_datetime") == _apart_from(
        before, "update_datetime"
    )


def _apart_from(
    found: dict[str, list[dict[str, object]]], column: str
) -> dict[str, list[dict[str, object]]]:
    return {
        table: [{k: v for k, v in row.items() if k != column} for row in rows]
        for table, rows in found.items()
    }


def what_everybody_is_told(empty: Database, folder: Path) -> None:
    """The banner goes and comes as a table; nothing else is touched."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        session.add(Banner(id=1, text="Late today.", since=clock.now()))
    assert len(content(empty)["banner"]) == 1
    migrate.downgrade(empty, "0017_accounts")
    assert "banner" not in content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


def late_submissions(empty: Database, folder: Path) -> None:
    """What was there is in time; going back, no late submission comes onto a board."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    assert [row["late_submissions"] for row in before["competitions"]] == [True]
    assert {row["late"] for row in before["submissions"]} == {False}
    migrate.downgrade(empty, "0019_banner")
    migrate.upgrade(empty)
    assert content(empty) == before
    with Session(empty.engine) as session, session.begin():
        late = session.scalars(select(Submission).order_by(Submission.id)).first()
        assert late is not None
        late.late = True
        late_id, sent_at = late.id, late.created_at
    migrate.downgrade(empty, "0019_banner")
    migrate.upgrade(empty)
    with Session(empty.engine) as session:
        withdrawn = {
            each.id: each.withdrawn_at for each in session.scalars(select(Submission))
        }
    assert withdrawn.pop(late_id) == sent_at
    assert set(withdrawn.values()) == {None}


CARRIED: dict[str, Callable[[Database, Path], None]] = {
    "0001_spine": first_schema,
    "0002_kaggle_uploads": uploads_of_kaggles_clients,
    "0003_programs": programs_and_metrics_of_ones_own,
    "0004_teams": links_into_teams_and_requests_to_merge,
    "0005_finals": finals_of_a_teams_choice,
    "0006_hosting": launches_and_bundles,
    "0007_announcements": announcements,
    "0008_ranked": what_counts,
    "0009_request_keys": words_of_requests,
    "0010_mail": mail,
    "0011_linter": what_the_linter_found,
    "0012_teaming": requests_to_join,
    "0013_boards": ends_of_intervals,
    "0014_devices": where_users_are_logged_in,
    "0015_audit": the_audit_log,
    "0016_receipts": receipts_of_scores,
    "0017_accounts": deleted_accounts,
    "0019_banner": what_everybody_is_told,
    "0020_late": late_submissions,
}


def test_every_migration_has_a_data_test() -> None:
    scripts = ScriptDirectory(str(resource("migrations"))).walk_revisions()
    assert {script.revision for script in scripts} == set(CARRIED)


@pytest.mark.database
@pytest.mark.parametrize("revision", list(CARRIED))
def test_a_migration_carries_the_data(
    empty: Database, tmp_path: Path, revision: str
) -> None:
    CARRIED[revision](empty, tmp_path)
