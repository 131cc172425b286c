"""The guides that the site serves: Markdown files of the folder ``docs``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from podium.core.errors import NotFound
from podium.core.paths import resource

# In the order in which they are listed; others follow by name.
FIRST = ("participants", "organizers", "recruiters", "operators", "kaggle", "api")


@dataclass(frozen=True)
class Guide:
    """A guide: its first heading is its title, the line after it its summary."""

    name: str
    title: str
    summary: str
    text: str


def all_guides() -> list[Guide]:
    """Every guide, those for the kinds of user first."""
    try:
        files = sorted(resource("docs").glob("*.md"))
    except FileNotFoundError:
        return []
    guides = [_read(path, path.stat().st_mtime_ns) for path in files]
    order = {name: place for place, name in enumerate(FIRST)}
    return sorted(
        guides, key=lambda guide: (order.get(guide.name, len(FIRST)), guide.name)
    )


def guide(name: str) -> Guide:
    """The guide of that name; raises NotFound."""
    for each in all_guides():
        if each.name == name:
            return each
    raise NotFound(f"There is no guide “{name[:80]}”. See the list of guides.")


@lru_cache(maxsize=64)
def _read(path: Path, _changed_ns: int) -> Guide:
    title, _, rest = path.read_text().strip().partition("\n")
    summary = next((part for part in rest.split("\n\n") if part.strip()), "")
    return Guide(
        name=path.stem,
        title=title.lstrip("# ").strip(),
        summary=_first_sentence(" ".join(summary.replace("`", "").split())),
        text=rest.strip(),
    )


def _first_sentence(text: str) -> str:
    if text.startswith(("#", "-", "|", "```", "1.")):
        return ""
    head, dot, _ = text.partition(". ")
    return head + dot.strip() if dot else text
