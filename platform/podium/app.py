"""The site as a Flask application."""

from __future__ import annotations

from apiflask import APIFlask

from podium import api
from podium.accounts import identity
from podium.accounts.recovering import bp as recovery
from podium.accounts.views import bp as accounts
from podium.admin.exposition import bp as exposition
from podium.admin.views import bp as admin
from podium.bootstrap import Services, create_services
from podium.competitions.views import bp as competitions
from podium.core import (
    assets,
    filters,
    markdown,
    requests_log,
    security,
    telemetry,
    web,
)
from podium.core.api import new_app
from podium.hosting.editing import bp as editing
from podium.hosting.linting import bp as linting
from podium.hosting.making import bp as making
from podium.hosting.running import bp as running
from podium.hosting.views import bp as hosting
from podium.kaggle.rest import bp as kaggle_rest
from podium.kaggle.views import bp as kaggle
from podium.leaderboards.views import bp as leaderboards
from podium.privacy.views import bp as privacy
from podium.receipts.views import bp as receipts
from podium.scoring.views import bp as submissions
from podium.settings import Settings, read_settings
from podium.showcase.views import bp as showcase
from podium.teams.views import bp as teams
from podium.web import standing
from podium.web.help_views import bp as help_pages
from podium.web.views import bp as pages


def create_app(
    settings: Settings | None = None, services: Services | None = None
) -> APIFlask:
    """The site; settings come from ``PODIUM_*`` and services from them, unless given."""
    if settings is None:
        settings = services.settings if services else read_settings()
    services = services or create_services(settings)
    app = new_app("podium", static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    security.secure(app, settings)
    requests_log.init(app, settings)
    telemetry.init(app)
    web.init(app, services)
    identity.init(app)
    assets.init(app)
    filters.init(app)
    app.jinja_env.filters["markdown"] = markdown.render
    app.jinja_env.filters["formula"] = markdown.formula
    standing.init(app)
    for feature in (
        pages, help_pages, accounts, recovery, competitions, teams, submissions, leaderboards,
        receipts, showcase, hosting, making, editing, linting, running, admin, exposition,
        privacy,
    ):  # fmt: skip
        app.register_blueprint(feature)
    api.register(app)
    for protocol in (kaggle, kaggle_rest):  # no cookie signs in there either
        app.register_blueprint(protocol)
        security.csrf.exempt(protocol)
    return app
