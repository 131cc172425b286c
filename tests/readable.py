"""Answers as text, archives opened: what somebody who looks for a number would read."""

from __future__ import annotations

import io
import zipfile


def readable(content: bytes, content_type: str) -> str:
    """The text of a body; of a ZIP, that of everything in it."""
    if not content_type.startswith("application/zip") or not content:
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
        )
