"""Receipts on pages: beside a submission, on the competition's page, and to keep."""

from __future__ import annotations

import pytest
from flask import Flask

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.competitions.queries import by_slug
from podium.core import clock, keys
from podium.core.signing import signed
from podium.receipts.models import Receipt
from podium_scorer import receipt as form
from tests.podium.factories import Factory
from tests.podium.web.people import Person


@pytest.fixture
def receipt(make: Factory, stars: Competition, ada: User) -> Receipt:
    team = make.team(stars, ada, name="Comets")
    return make.receipt(make.submission(team, ada, public=0.7123456, private=0.6543))


@pytest.fixture
def ended(make: Factory, receipt: Receipt) -> None:
    with make.session() as session:
        by_slug(session, "stars").closes_at = clock.now()


def test_a_scored_submission_leads_to_its_receipt(
    as_ada: Person, receipt: Receipt
) -> None:
    address = f"/receipts/{receipt.public_id}"
    page = as_ada.get(f"/c/stars/submissions/{receipt.submission}").text
    assert f'href="{address}"' in page
    row = f"/c/stars/submissions/{receipt.submission}/row?view=outcome"
    assert address in as_ada.get(row).text
    shown = as_ada.get(address)
    assert shown.status_code == 200
    assert receipt.signature in shown.text
    assert "0.71235" in shown.text
    assert "0.65" not in shown.text


def test_a_score_without_a_receipt_shows_none(
    make: Factory, as_ada: Person, stars: Competition, ada: User
) -> None:
    sent = make.submission(make.team(stars, ada), ada, public=0.5, private=0.5)
    page = as_ada.get(f"/c/stars/submissions/{sent.public_id}").text
    assert "/receipts/" not in page


def test_a_visitor_sees_no_receipt_before_the_end(
    visitor: Person, receipt: Receipt
) -> None:
    for ending in ("", "/file"):
        answer = visitor.get(f"/receipts/{receipt.public_id}{ending}")
        assert answer.status_code == 404
        assert receipt.signature not in answer.text


def test_the_file_to_keep_is_a_sound_receipt(as_ada: Person, receipt: Receipt) -> None:
    answer = as_ada.get(f"/receipts/{receipt.public_id}/file")
    assert answer.headers["Content-Disposition"].endswith(
        f"receipt-{receipt.public_id}.json"
    )
    assert form.faults(form.read(answer.json), signed=signed) == []


def test_the_page_of_a_running_competition_shows_head_key_and_commitment(
    app: Flask, visitor: Person, make: Factory, receipt: Receipt
) -> None:
    page = visitor.get("/c/stars/receipts").text
    assert receipt.sha256 in page
    assert keys.receipt_key(make.services.settings).public in page
    assert (
        form.read(_document(visitor, make, receipt))["statement"]["sealed"]["revision"]
        in page
    )
    assert receipt.public_id not in page
    assert "2" * 64 not in page  # the solution's hash


def _document(visitor: Person, make: Factory, receipt: Receipt) -> object:
    """The receipt as everybody gets it after the end."""
    with make.session() as session:
        held = by_slug(session, "stars")
        before, held.closes_at = held.closes_at, clock.now()
    found = visitor.get(f"/receipts/{receipt.public_id}/file").json
    with make.session() as session:
        by_slug(session, "stars").closes_at = before
    return found


@pytest.mark.usefixtures("ended")
def test_after_the_end_the_final_board_has_its_receipts(
    visitor: Person, receipt: Receipt
) -> None:
    page = visitor.get("/c/stars/receipts").text
    assert f'href="/receipts/{receipt.public_id}"' in page
    assert "Comets" in page
    assert "2" * 64 in page  # the solution's hash, opened
    shown = visitor.get(f"/receipts/{receipt.public_id}").text
    assert "0.65430" in shown


def test_a_score_on_the_final_board_without_a_receipt_is_told(
    make: Factory, visitor: Person, stars: Competition
) -> None:
    eve = make.user("eve")
    make.submission(make.team(stars, eve), eve, public=0.9, private=0.9)
    with make.session() as session:
        by_slug(session, "stars").closes_at = clock.now()
    assert "before this site wrote receipts" in visitor.get("/c/stars/receipts").text


def test_a_competition_without_scores_says_what_will_be_there(
    visitor: Person, stars: Competition
) -> None:
    answer = visitor.get("/c/stars/receipts")
    assert answer.status_code == 200
    assert "each team finds its own beside its submissions" in answer.text


def test_a_cursor_that_is_none_is_refused(visitor: Person, ended: None) -> None:
    assert visitor.get("/c/stars/receipts?cursor=x").status_code == 422


def test_the_site_says_by_which_key_its_receipts_are_known(
    visitor: Person, make: Factory
) -> None:
    said = visitor.get("/.well-known/podium-receipts").json
    assert said["algorithm"] == "Ed25519"
    assert said["key"] == keys.receipt_key(make.services.settings).public
    assert said["site"] == make.services.settings.site_url


def test_another_key_than_the_sites_is_told(
    as_ada: Person, make: Factory, receipt: Receipt
) -> None:
    (make.services.settings.data_dir / keys.RECEIPT_KEY).unlink()
    page = as_ada.get(f"/receipts/{receipt.public_id}").text
    assert "signed with another key" in page
