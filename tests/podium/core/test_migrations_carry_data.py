"""Every migration carries data up and down: one entry each, made when it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podium.accounts.models import LogIn, User
from podium.competitions.models import Announcement, Competition, Revision
from podium.core import audit, clock, migrate
from podium.core.db import Database
from podium.core.models import Act, Banner
from podium.core.paths import resource
from podium.kaggle.models import KaggleUpload
from podium.leaderboards import service as leaderboards
from podium.leaderboards.models import Entry
from podium.notifications.models import Mail
from podium.receipts import service as receipts
from podium.settings import Settings
from podium.submissions.models import Score, Submission
from podium.teams.models import JoinRequest, MergeRequest, Team
from podium_scorer.contract import Outcome, Report
from tests.podium.core.migrated import content, fill


@contextmanager
def lost_on_the_way_back(
    empty: Database, folder: Path, to: str, *tables: str
) -> Iterator[Session]:
    """What is done in the block is gone after the way back to a revision and forward
    again, and these tables with it in between; all else is as it was."""
    migrate.upgrade(empty)
    fill(empty, folder)
    before = content(empty)
    with Session(empty.engine) as session, session.begin():
        yield session
    changed = content(empty)
    assert changed != before
    assert changed.keys() >= set(tables)
    migrate.downgrade(empty, to)
    assert not set(tables) & content(empty).keys()
    migrate.upgrade(empty)
    assert content(empty) == before


def change_users(session: Session, **values: object) -> None:
    """Change every user, and not the moment of their last change."""
    kept = {"update_datetime": User.update_datetime}
    session.execute(update(User).values(**kept, **values))


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
    with lost_on_the_way_back(empty, folder, "0001_spine", "kaggle_uploads") as session:
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


def programs_and_metrics_of_ones_own(empty: Database, folder: Path) -> None:
    """Rows of before judge by the catalogue and run nothing; the rest stays as it was."""
    with lost_on_the_way_back(empty, folder, "0002_kaggle_uploads") as session:
        revision = session.scalars(select(Revision)).first()
        score = session.scalars(select(Score)).first()
        assert revision
        assert score
        revision.program = {"image": "python"}
        revision.metric_sha256, revision.metric_title = "2" * 64, "Mine"
        revision.metric_decimals, revision.metric_shows_errors = 3, False
        revision.image_id = "sha256:1"
        score.run, score.log = {"exit_code": 0}, "done"


def links_into_teams_and_requests_to_merge(empty: Database, folder: Path) -> None:
    """Links and requests go; teams and all that is theirs stay as they were."""
    with lost_on_the_way_back(
        empty, folder, "0003_programs", "merge_requests"
    ) as session:
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


def finals_of_a_teams_choice(empty: Database, folder: Path) -> None:
    """Choices go; submissions stay as they were."""
    with lost_on_the_way_back(empty, folder, "0004_teams") as session:
        submission = session.scalars(select(Submission)).first()
        assert submission
        submission.selected_at = clock.now()


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
    with lost_on_the_way_back(
        empty, folder, "0006_hosting", "announcements"
    ) as session:
        competition = session.scalars(select(Competition)).one()
        said = Announcement(competition_id=competition.id, title="A", text="B")
        session.add(said)


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
    with lost_on_the_way_back(empty, folder, "0008_ranked") as session:
        for number, submission in enumerate(session.scalars(select(Submission))):
            submission.request_key = f"key {number}"


def mail(empty: Database, folder: Path) -> None:
    """Mail and what people want of it go; the people stay as they were."""
    with lost_on_the_way_back(empty, folder, "0009_request_keys", "mails") as session:
        change_users(session, mail_off=["invitation"])
        session.add(Mail(kind="test", address="a@b.example", subject="A", text="B"))


def what_the_linter_found(empty: Database, folder: Path) -> None:
    """Findings go; revisions stay as they were, and are linted when somebody asks."""
    with lost_on_the_way_back(empty, folder, "0010_mail") as session:
        for revision in session.scalars(select(Revision)):
            revision.lint = {"findings": [], "counts": {"error": 0}}


def requests_to_join(empty: Database, folder: Path) -> None:
    """Requests go, and teams take none; teams and users stay as they were."""
    with lost_on_the_way_back(empty, folder, "0011_linter", "join_requests") as session:
        team = session.scalars(select(Team)).first()
        user = session.scalars(select(User).order_by(User.id)).first()
        assert team
        assert user
        team.open_to_requests = True
        session.add(JoinRequest(team_id=team.id, user_id=user.id, message="Hi"))


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
    with lost_on_the_way_back(empty, folder, "0013_boards", "log_ins") as session:
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


def the_audit_log(empty: Database, folder: Path) -> None:
    """The log goes and comes as tables; nothing else is touched."""
    with lost_on_the_way_back(
        empty, folder, "0014_devices", "audit_entries", "audit_head"
    ) as session:
        audit.record(session, Act.USER_ADDED, "user ada")


def receipts_of_scores(empty: Database, folder: Path) -> None:
    """Receipts and commitments go and come as tables; nothing else is touched."""
    with lost_on_the_way_back(
        empty, folder, "0015_audit", "receipts", "receipt_chains", "commitments"
    ) as session:
        receipts.issue(
            session,
            competition=session.scalars(select(Competition)).one(),
            score=session.scalars(select(Score).where(Score.public == 0.75)).one(),
            report=Report(status=Outcome.SCORED, public=0.75, private=0.5),
            settings=Settings(data_dir=folder),
        )


def deleted_accounts(empty: Database, folder: Path) -> None:
    """When an account was deleted is forgotten; it stays without a person."""
    with lost_on_the_way_back(empty, folder, "0016_receipts") as session:
        change_users(session, deleted_at=clock.now())


def what_everybody_is_told(empty: Database, folder: Path) -> None:
    """The banner goes and comes as a table; nothing else is touched."""
    with lost_on_the_way_back(empty, folder, "0017_accounts", "banner") as session:
        session.add(Banner(id=1, text="Late today.", since=clock.now()))


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
