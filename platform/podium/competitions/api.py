"""A competition's pages and data."""

from __future__ import annotations

from flask import Response

from podium.competitions import queries, schemas
from podium.core import openapi
from podium.core.api import ApiBlueprint
from podium.core.downloads import file_answer
from podium.core.web import services, session

bp = ApiBlueprint("competitions", __name__, tag="Competitions")


@bp.operation("GET", "/competitions/<slug>/pages/<name>", answer=schemas.PageText)
def get_page(slug: str, name: str) -> schemas.PageText:
    """A page of a competition

    Overview, data, rules: as Markdown and as safe HTML.
    """
    competition = queries.by_slug(session(), slug)
    return schemas.page_text(
        queries.page(session(), competition=competition, name=name)
    )


@bp.operation(
    "GET", "/competitions/<slug>/announcements", answer=schemas.AnnouncementList
)
def list_announcements(slug: str) -> schemas.AnnouncementList:
    """What the host announced, newest first"""
    competition = queries.by_slug(session(), slug)
    found = queries.announcements(session(), competition_ids=[competition.id])
    items = [schemas.announced(each) for each in found]
    return schemas.AnnouncementList(items=items, next=None)


@bp.operation("GET", "/competitions/<slug>/data", answer=schemas.DataList)
def list_data(slug: str) -> schemas.DataList:
    """The data files of a competition"""
    competition = queries.by_slug(session(), slug)
    items = [schemas.data_item(competition, file) for file in competition.data_files]
    return schemas.DataList(items=items, next=None)


@bp.operation(
    "GET",
    "/competitions/<slug>/data/<name>",
    answers=openapi.FILE_ANSWERS,
    errors=(416,),
)
def download_data(slug: str, name: str) -> Response:
    """The bytes of a data file

    Answers ranges (206) and `If-None-Match` (304); the ETag is the file's sha256.
    """
    competition = queries.by_slug(session(), slug)
    file = queries.data_file(session(), competition=competition, name=name)
    return file_answer(
        services().storage, sha256=file.sha256, size=file.size, name=file.name
    )
