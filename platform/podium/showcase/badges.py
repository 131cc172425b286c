"""A team's place as a badge for a README: an SVG of our own, or what shields.io reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from podium.competitions.models import Stage
from podium.leaderboards.merit import Medal
from podium.leaderboards.queries import Result

LABEL_CHARS = 40
# Chosen so that white text on them has a contrast of at least 4.5 to 1.
COLOURS = {Medal.GOLD: "#8a6100", Medal.SILVER: "#5b6573", Medal.BRONZE: "#96501e"}
RANKED, UNRANKED, LABEL = "#3b4bd8", "#5f6670", "#33373d"
# An average of a sans-serif font of 11 px; `textLength` makes the text as wide.
CHAR_PX, PADDING_PX, HEIGHT_PX = 6.4, 8, 20


@dataclass(frozen=True)
class Badge:
    """What a badge says, and the colour of its right half."""

    label: str
    message: str
    colour: str

    def to_svg(self) -> str:
        """The badge as an SVG, with the same words for those who can't see it."""
        label, message = _width(self.label), _width(self.message)
        said = escape(f"{self.label}: {self.message}")
        whole = label + message
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" '
            f'height="{HEIGHT_PX}" role="img" aria-label="{said}"><title>{said}</title>'
            f'<clipPath id="r"><rect width="{whole}" height="{HEIGHT_PX}" rx="3"/>'
            '</clipPath><g clip-path="url(#r)">'
            f'<rect width="{label}" height="{HEIGHT_PX}" fill="{LABEL}"/>'
            f'<rect x="{label}" width="{message}" height="{HEIGHT_PX}" '
            f'fill="{self.colour}"/></g>'
            '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
            f"{_text(self.label, 0)}{_text(self.message, label)}</g></svg>"
        )

    def to_shields(self) -> dict[str, Any]:
        """The badge as shields.io's endpoint badge reads it, schema version 1."""
        return {
            "schemaVersion": 1,
            "label": self.label,
            "message": self.message,
            "color": self.colour,
            "labelColor": LABEL,
        }


def badge_of(result: Result) -> Badge:
    """What a team's badge says by now."""
    title = " ".join(result.team.competition.title.split())
    label = title if len(title) <= LABEL_CHARS else f"{title[: LABEL_CHARS - 1]}…"
    if result.rank is None:
        return Badge(label, "no score yet", UNRANKED)
    message = f"{result.rank:,} of {result.teams:,}"
    if result.medal is not None:
        message = f"{result.medal}, {message}"
    if result.stage is not Stage.ENDED:
        message = f"{message} so far"
    colour = COLOURS[result.medal] if result.medal else RANKED
    return Badge(label, message, colour)


def _width(text: str) -> int:
    return round(len(text) * CHAR_PX) + 2 * PADDING_PX


def _text(text: str, start: int) -> str:
    length = _width(text) - 2 * PADDING_PX
    return (
        f'<text x="{start + PADDING_PX}" y="14" textLength="{length}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )
