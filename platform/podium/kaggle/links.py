"""Addresses that carry their own permission: what Kaggle's clients are redirected to.

They follow without the token (to another host, or by design), so each address is signed,
for one thing, and expires.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from podium.competitions.models import Competition
from podium.core.api import PREFIX
from podium.core.errors import NotFound
from podium.core.web import services
from podium.submissions.models import Submission

ROOT = f"{PREFIX}/kaggle"
GOOD_FOR_S = 24 * 3600


def data_file(competition: Competition, name: str) -> str:
    """The address of a data file."""
    last = name.rpartition("/")[2]
    return _signed("data", [competition.slug, name], last)


def archive(competition: Competition) -> str:
    """The address of all data files as a ZIP."""
    return _signed("archive", [competition.slug], f"{competition.slug}.zip")


def submission(found: Submission) -> str:
    """The address of a submitted file."""
    return _signed("submission", [found.id], found.file_name)


def upload(token: str) -> str:
    """The address to send an announced file to; the token is its permission."""
    return f"{services().settings.site_url}{ROOT}/uploads/{token}"


def opened(kind: str, signed: str) -> list[Any]:
    """What an address of that kind names; raises NotFound for a forged or old one."""
    try:
        found: list[Any] = _signer(kind).loads(signed, max_age=GOOD_FOR_S)
    except (BadData, ValueError) as error:
        raise NotFound(
            "This download address is not valid any more. Start the download again."
        ) from error
    return found


def _signed(kind: str, what: list[Any], last: str) -> str:
    signed = _signer(kind).dumps(what)
    return f"{ROOT}/files/{kind}/{signed}/{quote(last)}"


def _signer(kind: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(current_app.secret_key), salt=f"podium-kaggle-{kind}"
    )
