"""The list of competitions, and a competition's own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from podium.accounts.identity import viewer
from podium.competitions import queries
from podium.competitions.calendar import MEDIA_TYPE as CALENDAR_TYPE
from podium.competitions.calendar import calendar
from podium.competitions.downloads import data_archive
from podium.competitions.feed import MEDIA_TYPE, atom
from podium.competitions.models import Announcement, Competition, Stage
from podium.core import clock, web
from podium.core.downloads import file_answer
from podium.core.paging import cursor_of, id_of

bp = Blueprint("competitions", __name__, template_folder="templates")

PAGE_ROWS = 24
ON_OVERVIEW = 2
# Pages with a tab of their own; the others stand on the Overview tab.
TABS = frozenset({"data", "rules"})


@bp.get("/competitions")
def index() -> ResponseReturnValue:
    """Which one fits me?"""
    asked = {name: request.args.get(name, "").strip() for name in ("search", "tag")}
    stage = request.args.get("stage", "")
    found = queries.page_of(
        web.session(),
        now=clock.now(),
        stage=Stage(stage) if stage in set(Stage) else None,
        limit=PAGE_ROWS + 1,
        after_id=id_of("competitions", request.args.get("cursor", "")),
        search=asked["search"],
        tag=asked["tag"],
    )
    more = cursor_of("competitions", found[-2].id) if len(found) > PAGE_ROWS else None
    return render_template(
        "competitions/index.html",
        competitions=found[:PAGE_ROWS],
        next=more,
        tags=queries.tags(web.session()),
        filters=asked | {"stage": stage},
    )


@bp.get("/c/<slug>")
def overview(slug: str) -> ResponseReturnValue:
    """What is the task, until when, how is it judged?"""
    competition = _shown(slug)
    pages = [page for page in competition.pages if page.name not in TABS]
    return render_template(
        "competitions/overview.html",
        competition=competition,
        pages=pages,
        announcements=_announced(competition, limit=ON_OVERVIEW),
        tab="overview",
    )


@bp.get("/c/<slug>/announcements")
def announcements(slug: str) -> ResponseReturnValue:
    """What has the organizer said?"""
    competition = _shown(slug)
    return render_template(
        "competitions/announcements.html",
        competition=competition,
        announcements=_announced(competition),
        tab="overview",
    )


@bp.get("/c/<slug>/announcements.atom")
def feed(slug: str) -> ResponseReturnValue:
    """The same for readers of feeds."""
    competition = _shown(slug)
    content = atom(
        competition,
        _announced(competition),
        page=url_for("competitions.announcements", slug=slug, _external=True),
        own=url_for("competitions.feed", slug=slug, _external=True),
    )
    return Response(content, content_type=MEDIA_TYPE)


@bp.get("/c/<slug>/dates.ics")
def dates(slug: str) -> ResponseReturnValue:
    """Until when can I do what, for my calendar?"""
    competition = _shown(slug)
    content = calendar(
        competition,
        page=url_for("competitions.overview", slug=slug, _external=True),
        host=urlsplit(web.services().settings.site_url).hostname or "localhost",
        now=clock.now(),
    )
    return Response(content, content_type=CALENDAR_TYPE)


@bp.get("/c/<slug>/data")
def data(slug: str) -> ResponseReturnValue:
    """What do I get?"""
    competition = _shown(slug)
    return render_template(
        "competitions/data.html",
        competition=competition,
        page=_page(competition, "data"),
        tab="data",
    )


@bp.get("/c/<slug>/data.zip")
def download_all(slug: str) -> ResponseReturnValue:
    """Every data file in one ZIP."""
    competition = _shown(slug)
    return data_archive(web.services().storage, competition)


@bp.get("/c/<slug>/data/<path:name>")
def download(slug: str, name: str) -> ResponseReturnValue:
    """A data file."""
    competition = _shown(slug)
    file = queries.data_file(web.session(), competition=competition, name=name)
    return file_answer(
        web.services().storage, sha256=file.sha256, size=file.size, name=file.name
    )


@bp.get("/c/<slug>/rules")
def rules(slug: str) -> ResponseReturnValue:
    """The rules, and the way to accept them."""
    competition = _shown(slug)
    return render_template(
        "competitions/rules.html",
        competition=competition,
        page=_page(competition, "rules"),
        tab="rules",
    )


@bp.get("/c/<slug>/pages/<name>")
def page(slug: str, name: str) -> ResponseReturnValue:
    """A page by its name: its tab, or its place on the Overview."""
    competition = _shown(slug)
    found = queries.page(web.session(), competition=competition, name=name)
    if found.name in TABS:
        return redirect(url_for(f"competitions.{found.name}", slug=slug))
    return redirect(
        url_for("competitions.overview", slug=slug, _anchor=f"p-{found.name}")
    )


def _shown(slug: str) -> Competition:
    """The competition, also a draft for its host."""
    return queries.by_slug(web.session(), slug, viewer=viewer())


def _announced(competition: Competition, limit: int = 100) -> list[Announcement]:
    return queries.announcements(
        web.session(), competition_ids=[competition.id], limit=limit
    )


def _page(competition: Competition, name: str) -> object:
    return next((page for page in competition.pages if page.name == name), None)
