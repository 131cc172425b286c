"""A competition's bundle as it was sent, as one ZIP."""

from __future__ import annotations

from flask import Response

from podium.competitions.models import Competition
from podium.core.archives import Archive, Member, archive_answer
from podium.core.storage import Storage
from podium.hosting.service import require_bundle


def bundle_answer(storage: Storage, competition: Competition) -> Response:
    """The bundle as a ZIP, which can be resumed; raises Refused where it was not kept."""
    require_bundle(competition)
    members = [
        Member(path, sha256, size, competition.updated_at)
        for path, (sha256, size) in competition.bundle.items()
    ]
    return archive_answer(
        Archive(storage, members), name=f"{competition.slug}-bundle.zip"
    )
