"""All data files of a competition at once."""

from __future__ import annotations

from flask import Response

from podium.competitions.models import Competition
from podium.core.archives import Archive, Member, archive_answer
from podium.core.errors import NotFound
from podium.core.storage import Storage


def data_archive(storage: Storage, competition: Competition) -> Response:
    """The data files as one ZIP, which can be resumed; raises NotFound without any."""
    if not competition.data_files:
        raise NotFound(f"{competition.title} has no data files yet.")
    members = [
        Member(file.name, file.sha256, file.size, file.updated_at)
        for file in competition.data_files
    ]
    return archive_answer(Archive(storage, members), name=f"{competition.slug}.zip")
