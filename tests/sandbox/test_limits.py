"""The table of limits, and who may change what."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from podium_sandbox.limits import (
    CODE,
    SCORER,
    TABLES,
    ChangedBy,
    Limit,
    LimitError,
    Limits,
    Profile,
    limits_for,
)


def test_every_limit_of_the_tables_is_a_field_and_the_other_way_round() -> None:
    names = [field.name for field in fields(Limits)]
    assert [limit.name for limit in CODE] == names
    needed = [field.name for field in fields(Limits) if field.default is MISSING]
    assert [limit.name for limit in SCORER] == needed


def test_the_units_stand_in_the_names() -> None:
    plain = {"cpus", "pids", "open_files"}  # counts
    units = ("_s", "_mb", "_kb", "_inodes", "_files", "_depth")
    assert all(x.name.endswith(units) or x.name in plain for x in CODE)


@pytest.mark.parametrize("profile", Profile)
def test_defaults_come_from_the_table(profile: Profile) -> None:
    limits = limits_for(profile)
    for line in TABLES[profile]:
        assert getattr(limits, line.name) == line.value
        assert 0 < line.value <= line.most


def test_an_operator_changes_memory_and_nothing_else_moves() -> None:
    changed = limits_for(Profile.SCORER, {"memory_mb": 4096.0})
    assert changed.memory_mb == 4096
    assert isinstance(changed.memory_mb, int)
    assert changed.pids == limits_for(Profile.SCORER).pids


def test_a_job_may_choose_its_time_and_not_its_memory() -> None:
    assert limits_for(Profile.SCORER, {"wall_s": 5}, by=ChangedBy.JOB).wall_s == 5
    with pytest.raises(LimitError, match="memory_mb is set by operator, not by job"):
        limits_for(Profile.SCORER, {"memory_mb": 5}, by=ChangedBy.JOB)


@pytest.mark.parametrize(
    ("profile", "limit"),
    [
        pytest.param(profile, line, id=f"{profile}-{line.name}")
        for profile, table in TABLES.items()
        for line in table
    ],
)
def test_no_limit_can_be_set_beyond_its_most_or_to_nothing(
    profile: Profile, limit: Limit
) -> None:
    for value in (0, -1, limit.most * 2, float("nan"), float("inf")):
        with pytest.raises(LimitError):
            limits_for(profile, {limit.name: value}, by=limit.changed_by)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(LimitError) as error:
        limits_for(Profile.SCORER, {"speed": 1, "pids": 5, "memory_mb": -1})
    text = str(error.value)
    assert "no limit speed" in text
    assert "pids is set by nobody" in text
    assert "memory_mb must be above 0" in text
