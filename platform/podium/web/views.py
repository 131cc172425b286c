"""The pages above the features: front page, search, status; and what machines ask for."""

from __future__ import annotations

from datetime import timedelta
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from podium.accounts.identity import viewer
from podium.accounts.models import User
from podium.competitions import queries as competitions
from podium.competitions.models import Announcement, Stage
from podium.core import clock, web
from podium.core.api import VERSION
from podium.core.errors import NotFound
from podium.scoring import dispatch
from podium.scoring.models import ScoringHost
from podium.settings import contacts
from podium.submissions.models import Status
from podium.teams import queries as teams
from podium.web import find

bp = Blueprint("web", __name__, template_folder="templates")

ON_FRONT_PAGE = 6
SECURITY_VALID = timedelta(days=90)  # what is served is as fresh as the settings
NEWS_ON_FRONT_PAGE = 3
ON_SITEMAP = 20_000  # a sitemap may hold 50,000 addresses, and each has two


@bp.get("/")
def home() -> ResponseReturnValue:
    """What can I take part in now, and is this place alive?"""
    session, user, now = web.session(), viewer(), clock.now()
    shown = {
        stage: competitions.page_of(session, now=now, stage=stage, limit=ON_FRONT_PAGE)
        for stage in Stage
    }
    return render_template(
        "web/home.html",
        shown=shown,
        totals=find.totals(session),
        leading=None if user else find.leading(session, shown[Stage.OPEN], now=now),
        mine=teams.teams_of(session, user=user) if user else [],
        news=_news(user),
    )


def _news(user: User | None) -> list[Announcement]:
    """The newest announcements of the competitions that the viewer takes part in."""
    if user is None:
        return []
    entered = teams.entered_competitions(web.session(), user=user)
    return competitions.announcements(
        web.session(), competition_ids=entered, limit=NEWS_ON_FRONT_PAGE
    )


@bp.get("/search")
def search() -> ResponseReturnValue:
    """Competitions, teams and people by their names."""
    asked = request.args.get("q", "").strip()[:200]
    results = find.everything(web.session(), asked, now=clock.now())
    return render_template("web/search.html", asked=asked, results=results)


@bp.get("/status")
def status() -> ResponseReturnValue:
    """Is the service well, how strong is the sandbox, how long is the queue?"""
    session, now = web.session(), clock.now()
    counts = dispatch.queue_counts(session)
    hosts = session.scalars(select(ScoringHost).order_by(ScoringHost.name)).all()
    return render_template(
        "web/status.html",
        version=VERSION,
        waiting=counts[Status.QUEUED],
        running=counts[Status.RUNNING],
        typical_s=dispatch.recent_seconds(session),
        queue_answers=web.services().jobs.waiting() is not None,
        hosts=hosts,
        alive=[host for host in hosts if host.alive(now)],
    )


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return {"state": "ok"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """What this process needs answers, too. Without the queue the site works on: files
    are taken and scored later."""
    parts = {
        "database": _database_answers(),
        "storage": _storage_answers(),
        "queue": web.services().jobs.waiting() is not None,
    }
    ready = parts["database"] and parts["storage"]
    state = "failing" if not ready else "ok" if parts["queue"] else "degraded"
    return {"state": state, "parts": parts}, 200 if ready else 503


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """What crawlers may read: everything public but searches and pages per person."""
    lines = [
        "User-agent: *",
        "Disallow: /search",
        "Disallow: /admin",
        "Disallow: /settings/",
        "Disallow: /c/*/submissions",
        "Disallow: /c/*/submit",
        "Disallow: /api/",
        f"Sitemap: {url_for('web.sitemap', _external=True)}",
        "",
    ]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    """Where crawlers find every competition and its board (sitemaps.org, version 0.9)."""
    slugs = competitions.slugs(web.session(), now=clock.now(), limit=ON_SITEMAP)
    addresses = [
        url_for(page, _external=True)
        for page in (
            "web.home",
            "competitions.index",
            "showcase.rankings",
            "help.index",
        )
    ]
    addresses += [
        url_for(page, slug=slug, _external=True)
        for slug in slugs
        for page in ("competitions.overview", "leaderboards.show")
    ]
    root = Element("urlset", {"xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9"})
    for address in addresses:
        SubElement(SubElement(root, "url"), "loc").text = address
    content = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, content_type="application/xml; charset=utf-8")


@bp.get("/.well-known/security.txt")
def security() -> ResponseReturnValue:
    """Whom to tell of a weakness (RFC 9116), where the operator has said it."""
    settings = web.services().settings
    found = contacts(settings.security_contact)
    if not found:
        raise NotFound("The people who run this site have named no contact for that.")
    until = (clock.now() + SECURITY_VALID).replace(hour=0, minute=0, second=0)
    lines = [
        *(f"Contact: {each}" for each in found),
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {settings.site_url}{url_for('web.security')}",
        "",
    ]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """For those who do not read the page's link to it."""
    return redirect(url_for("static", name="img/icon.svg"), 301)


def _database_answers() -> bool:
    try:
        web.session().execute(text("select 1"))
    except SQLAlchemyError:
        return False
    return True


def _storage_answers() -> bool:
    try:
        web.services().storage.has("0" * 64)
    except OSError:
        return False
    return True
