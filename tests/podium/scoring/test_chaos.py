"""Forty submissions, and everything that may die dies in mid-score, again and again.

Real processes: Valkey, the sandbox service with Podium's scorer, three workers and the
sweeper. Thirty seeded random SIGKILLs of workers (twelve on PostgreSQL), the sandbox
service and the sweeper killed too, Redis stopped, later stopped and wiped, at last
everything at once.
Every submission ends scored exactly once: a trigger in the database counts.
"""

from __future__ import annotations

import io
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.bootstrap import Services, create_services
from podium.competitions import importer
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.db import Database
from podium.leaderboards.models import Board, Entry, Split
from podium.scoring.dispatch import dispatch
from podium.settings import Settings
from podium.submissions import service as submissions
from podium.submissions.models import Score, Status
from podium_scorer.bundle import read_bundle
from tests.podium.bundles import predictions, write_bundle
from tests.podium.factories import Factory
from tests.podium.scoring.plant import Plant, running

SEED = 20261123
ROWS = 60_000  # enough that a score takes a moment
TEAMS, EACH = 8, 5
KILLS = {"sqlite": 30, "postgresql": 12}
WAIT_S = 150.0
LOOK_S = 0.02
COUNTED = {
    "sqlite": [
        """
        CREATE TRIGGER count_score AFTER UPDATE OF status ON scores
        WHEN NEW.status = 'scored'
        BEGIN INSERT INTO score_writes VALUES (NEW.id); END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION note_score() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO score_writes VALUES (NEW.id); RETURN NULL; END $$
        """,
        """
        CREATE TRIGGER count_score AFTER UPDATE OF status ON scores FOR EACH ROW
        WHEN (NEW.status = 'scored') EXECUTE FUNCTION note_score()
        """,
    ],
}


@pytest.fixture
def chaos_settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        sandbox="process",
        workers=3,
        lease_s=1.5,
        lease_renew_s=0.3,
        failures_most=100,
        failure_rest_s=0.05,
        sweep_interval_s=0.2,
        queue_stale_s=1.5,
    )


@pytest.fixture
def chaos(
    chaos_settings: Settings, database: Database, tmp_path: Path
) -> Iterator[Services]:
    """The services of a Podium with a competition that waits to be prepared."""
    folder = write_bundle(tmp_path / "bundle", rows=ROWS)
    services = create_services(chaos_settings)
    with database.session() as session:
        bundle = read_bundle(folder)
        importer.import_bundle(session, bundle=bundle, storage=services.storage)
        connection = session.connection()
        connection.exec_driver_sql("CREATE TABLE score_writes (score_id BIGINT)")
        for statement in COUNTED[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        session.commit()
    yield services
    services.database.dispose()


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.timeout(400)
def test_whatever_is_killed_every_submission_is_scored_exactly_once(
    chaos: Services,
) -> None:
    with running(chaos.settings) as plant:
        dispatch(chaos)
        until(lambda: live(chaos))
        expected = hand_in(chaos)
        havoc(chaos, plant)
        until(lambda: not waiting(chaos))
    with chaos.database.session() as session:
        check_scores(session, expected)
        check_board(session, expected)


def live(services: Services) -> bool:
    with services.database.reading() as session:
        return session.scalars(select(Competition.live_revision_id)).one() is not None


def waiting(services: Services) -> int:
    with services.database.reading() as session:
        query = select(func.count()).where(Score.status.in_(["queued", "running"]))
        return session.scalar(query) or 0


def hand_in(services: Services) -> dict[int, float]:
    """Submissions of some teams; each score's id with the error its file has."""
    make = Factory(services)
    with make.session() as session:
        competition = session.scalars(select(Competition)).one()
    users = [make.user() for _ in range(TEAMS)]
    make.join(competition, *users)
    expected = {}
    for off in range(1, EACH + 1):
        stream = io.BytesIO(predictions(ROWS, off))
        blob = services.storage.put(stream, most_bytes=10**9)
        for user in users:
            with make.session() as session:
                submission = submissions.submit(
                    session,
                    competition=session.get_one(Competition, competition.id),
                    user=session.get_one(User, user.id),
                    blob=blob,
                    file_name="predictions.csv",
                    description="",
                    now=clock.now(),
                    rejections_per_hour=1000,
                )
                expected[submission.scores[0].id] = float(off)
            dispatch(services)
    return expected


def havoc(services: Services, plant: Plant) -> None:
    """Kill workers in mid-score, and now and then something else."""
    chance = random.Random(SEED)
    victims: set[int] = set()
    also = {
        6: lambda: plant.kill("sandbox"),
        10: lambda: stop_and_start_queue(plant, chance),
        15: lambda: plant.kill("sweeper"),
        20: plant.wipe_queue,
        26: plant.restart_all,
    }
    kills = KILLS[services.database.engine.dialect.name]
    for number in range(kills):
        kill_in_mid_score(services, plant, chance, victims)
        also.get(number, lambda: None)()
    assert len(victims) == kills


def stop_and_start_queue(plant: Plant, chance: random.Random) -> None:
    plant.stop("queue")
    time.sleep(chance.uniform(0.2, 0.8))
    plant.resume("queue")


def kill_in_mid_score(
    services: Services, plant: Plant, chance: random.Random, victims: set[int]
) -> None:
    """Wait until something is scored, a moment longer, then kill who does it."""
    end = time.monotonic() + WAIT_S
    while True:
        assert time.monotonic() < end, "nothing is scored any more"
        pids = plant.pids()
        alive = [name for name in plant.workers if name in pids]
        fresh = [name for name in alive if pids[name] not in victims]
        if fresh and rows_under_lease(services):
            break
        time.sleep(LOOK_S)
    time.sleep(chance.uniform(0.0, 0.03))
    worker = chance.choice(fresh)
    victims.add(pids[worker])
    plant.kill(worker)


def rows_under_lease(services: Services) -> int:
    with services.database.reading() as session:
        query = select(func.count()).where(
            Score.status == Status.RUNNING, Score.lease_until > clock.now()
        )
        return session.scalar(query) or 0


def until(condition: object) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.1)


def check_scores(session: Session, expected: dict[int, float]) -> None:
    scores = {each.id: each for each in session.scalars(select(Score))}
    states = {key: each.status for key, each in scores.items()}
    assert states == dict.fromkeys(expected, Status.SCORED)
    assert {key: each.public for key, each in scores.items()} == expected
    assert {key: each.private for key, each in scores.items()} == expected
    writes = Counter(session.scalars(text("SELECT score_id FROM score_writes")))
    assert writes == Counter(list(expected))
    attempts = sum(each.attempt for each in scores.values())
    assert attempts > len(expected), "nothing was interrupted"


def check_board(session: Session, expected: dict[int, float]) -> None:
    board = session.scalars(select(Board).where(Board.split == Split.PUBLIC)).one()
    entries = session.scalars(select(Entry).where(Entry.board_id == board.id)).all()
    assert [(each.score, each.submissions) for each in entries] == [(1.0, EACH)] * TEAMS
    # Once when the revision went live, then once for each score.
    assert board.version == 1 + len(expected)
