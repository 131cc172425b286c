"""The databases that tests get: fresh each time, and alike on both kinds of server."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect

from podium.core.db import Base, Database, make_engine

pytestmark = pytest.mark.database


def test_a_fresh_database_has_every_table(database: Database) -> None:
    found = set(inspect(database.engine).get_table_names())
    assert found == set(Base.metadata.tables)
    assert len(found) > 5


@pytest.mark.parametrize("_turn", [1, 2])
def test_no_test_sees_what_another_one_wrote(database: Database, _turn: int) -> None:
    with database.session() as session:
        connection = session.connection()
        connection.exec_driver_sql("CREATE TABLE left_by_a_test (id INTEGER)")
        session.commit()


def test_an_empty_database_has_no_table(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
