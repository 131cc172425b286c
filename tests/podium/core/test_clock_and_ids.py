"""Days are UTC days; ids and secrets are random and short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from podium.core import clock, ids


def test_a_day_begins_at_midnight_utc_wherever_one_is() -> None:
    tokyo = datetime(2026, 5, 7, 3, 30, tzinfo=timezone(timedelta(hours=9)))
    assert clock.day_start(tokyo) == datetime(2026, 5, 6, tzinfo=UTC)
    assert clock.next_day_start(tokyo) == datetime(2026, 5, 7, tzinfo=UTC)


def test_midnight_belongs_to_the_day_it_begins() -> None:
    midnight = datetime(2026, 5, 6, tzinfo=UTC)
    assert clock.day_start(midnight) == midnight
    assert clock.next_day_start(midnight) == midnight + timedelta(days=1)


def test_the_time_is_aware() -> None:
    assert clock.now().tzinfo is UTC


def test_public_ids_are_short_random_and_easy_to_read() -> None:
    made = {ids.public_id() for _ in range(500)}
    assert len(made) == 500
    for each in made:
        assert len(each) == 10
        assert set(each) <= set(ids.ALPHABET)


def test_secrets_are_long_and_can_be_found_by_scanners() -> None:
    first, second = ids.secret("podium"), ids.secret("podium")
    assert first.startswith("podium_")
    assert first != second
    assert len(first) >= 50
    assert len(ids.fingerprint(first)) == 64
