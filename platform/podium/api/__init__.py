"""The JSON API above its features: what joins several of them, and its assembly."""

from __future__ import annotations

from flask import Flask

from podium.accounts.api import bp as accounts
from podium.api.overview import bp as overview
from podium.api.profiles import bp as profiles
from podium.api.search import bp as search
from podium.api.status import bp as status
from podium.competitions.api import bp as competitions
from podium.core.security import csrf
from podium.hosting.api import bp as hosting
from podium.leaderboards.api import bp as leaderboards
from podium.privacy.api import bp as privacy
from podium.receipts.api import bp as receipts
from podium.scoring.api import bp as submissions
from podium.scoring.join_api import bp as joining
from podium.scoring.merge_api import bp as merging
from podium.teams.api import bp as teams

BLUEPRINTS = (
    status,
    accounts,
    profiles,
    overview,
    competitions,
    teams,
    joining,
    merging,
    submissions,
    leaderboards,
    receipts,
    hosting,
    search,
    privacy,
)


def register(app: Flask) -> None:
    """Give the app the API. No cookie signs in here, so its routes need no CSRF token."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
        csrf.exempt(blueprint)
