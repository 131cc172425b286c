"""What the organizer's pages ask first: whose competition, who sends, which name."""

from __future__ import annotations

import re
from pathlib import Path

from flask import request

from podium.accounts.identity import require_viewer
from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import web
from podium.core.errors import Invalid
from podium.hosting import service

FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. +=@-]{0,99}", re.ASCII)


def hosted(slug: str) -> Competition:
    """The competition, for who runs it; raises NotFound, NotAllowed."""
    return service.hosted(web.session(), slug=slug, user=require_viewer())


def sender(*, create: bool = True) -> User:
    """Who asks, once it is clear that they may send files here and mean to."""
    user, settings = require_viewer(), web.services().settings
    if create:
        service.require_may_create(settings, user)
    web.release()  # a body may take long to come
    request.max_content_length = settings.bundle_max_bytes
    web.require_token(request.form.get("csrf_token", ""))
    return user


def missing(field: str, sentence: str) -> Invalid:
    """A field's fault, to be raised."""
    return Invalid(sentence, kind="invalid", fields={field: sentence})


def plain_name(name: str, field: str) -> str:
    """The name of a sent file without its folders; raises Invalid for an odd one."""
    plain = Path(name.replace("\\", "/")).name
    if not FILE_NAME.fullmatch(plain):
        raise missing(field, odd_name(plain))
    return plain


def odd_name(name: str) -> str:
    """What is wrong with a file's name."""
    return (
        f"The name “{name[:80]}” can't be used for a file: take letters, digits, dots and "
        "hyphens."
    )
