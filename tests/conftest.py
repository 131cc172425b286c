"""What the machine offers, and which tests that leaves out.

A test marked ``docker``, ``browser`` or ``postgres`` is skipped where the machine lacks
it, and one line at the end says so. ``PODIUM_TEST_REQUIRE=docker,browser,postgres`` turns
each such skip into a failure, so that a build server cannot quietly test less.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.machine import OFFERS, missing

REQUIRED = frozenset(
    word.strip()
    for word in os.environ.get("PODIUM_TEST_REQUIRE", "").split(",")
    if word.strip()
)
SKIPPED_FOR = "skipped_for"


def pytest_configure(config: pytest.Config) -> None:
    unknown = REQUIRED - OFFERS.keys()
    if unknown:
        raise pytest.UsageError(
            f"PODIUM_TEST_REQUIRE names {', '.join(sorted(unknown))}; "
            f"it may name {', '.join(sorted(OFFERS))}."
        )


def pytest_runtest_setup(item: pytest.Item) -> None:
    for offer in OFFERS:
        if item.get_closest_marker(offer) is None:
            continue
        reason = missing(offer)
        if reason is None:
            continue
        if offer in REQUIRED:
            pytest.fail(f"PODIUM_TEST_REQUIRE asks for {offer}: {reason}", False)
        item.user_properties.append((SKIPPED_FOR, f"{offer} ({reason})"))
        pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(_why_skipped(report) for report in skipped)
    if not reasons:
        return
    parts = [f"{count} for want of {why}" for why, count in sorted(reasons.items())]
    terminalreporter.ensure_newline()
    terminalreporter.write_line(
        f"Left out: {'; '.join(parts)}. The rest of the suite ran.", yellow=True
    )


def _why_skipped(report: pytest.TestReport | pytest.CollectReport) -> str:
    for name, value in getattr(report, "user_properties", []):
        if name == SKIPPED_FOR:
            return str(value)
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "no reason"
    return f"something else ({reason})"
