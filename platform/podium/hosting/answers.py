"""What an organizer answers in the form of a new competition, read with every fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm

from podium.core import forms
from podium.core.errors import PodiumError
from podium.hosting.starter import GIVEN, SLUG_CHARS, SPLITS, Answers, slug_from
from podium_scorer.bundle import BundleFault
from podium_scorer.catalogue import METRICS, check_params, describe

MAX_BYTES = 100_000_000
# Where the reader's faults of a manifest belong in the form, by the key that they name.
_FIELDS = {
    "slug": "slug",
    "title": "title",
    "subtitle": "subtitle",
    "host": "host",
    "tags": "tags",
    "timeline.opens": "opens",
    "timeline.closes": "closes",
    "timeline.time_zone": "time_zone",
    "solution.id_column": "id_column",
    "solution.target_columns": "target_columns",
    "licence.name": "licence_name",
    "licence.url": "licence_url",
}
_REQUIRED = {
    "title": "Give the competition a name.",
    "subtitle": "Say the task in one sentence.",
    "host": "Say who holds the competition.",
    "closes": "Say on which day it closes, like 2026-12-31.",
    "opens": "Say on which day it opens, like 2026-10-01.",
    "description": "Write a description.",
    "evaluation": "Say how submissions are judged.",
    "data_page": "Write about the data.",
    "rules": "Write the rules.",
    "licence_name": "Say what the data may be used under.",
    "licence_url": "Give the licence's address.",
}


def read(form: FlaskForm, data: Sequence[str]) -> tuple[Answers | None, dict[str, str]]:
    """The answers, None where some are missing, and a sentence for each faulty field.

    ``data`` are the names of the files for participants.
    """
    faults = {
        name: sentence for name, sentence in _REQUIRED.items() if not _text(form, name)
    }
    title = _text(form, "title")
    slug = _text(form, "slug") or slug_from(title)
    if title and not slug:
        faults["slug"] = "Choose an address: small letters, digits and hyphens."
    params = _params(form, faults)
    numbers = {
        name: _whole(form, name, least, most, faults)
        for name, least, most in (
            ("per_day", 1, 10_000),
            ("team_max_size", 1, 100),
            ("public_share", 1, 99),
            ("seed", 0, 2**31 - 1),
        )
    }
    split = _text(form, "split")
    if split not in SPLITS:
        faults["split"] = "Choose one of the ways to split."
        split = GIVEN
    if faults:
        return None, faults
    return (
        Answers(
            title=title,
            slug=slug[: SLUG_CHARS + 1],
            subtitle=_text(form, "subtitle"),
            host=_text(form, "host"),
            tags=_list(form, "tags") or ["tabular"],
            metric=_text(form, "metric"),
            params=params,
            id_column=_text(form, "id_column"),
            target_columns=_list(form, "target_columns"),
            split=split,
            time_zone=_text(form, "time_zone"),
            opens=_text(form, "opens"),
            closes=_text(form, "closes"),
            max_bytes=MAX_BYTES,
            description=_text(form, "description"),
            evaluation=_text(form, "evaluation"),
            data_page=_text(form, "data_page"),
            rules=_text(form, "rules"),
            licence_name=_text(form, "licence_name"),
            licence_url=_text(form, "licence_url"),
            source_name=title,
            source_url=_text(form, "licence_url"),
            citation=f"{_text(form, 'host')}: {title}.",
            data=data,
            **numbers,
        ),
        {},
    )


def show_faults(form: FlaskForm, error: PodiumError) -> None:
    """Put faults beside the fields that they belong to, the rest above the form."""
    forms.show_faults(form, error)
    found: tuple[BundleFault, ...] = getattr(error, "faults", ())
    for fault in found:
        name = _field_of(fault)
        if name is not None:
            form[name].errors = [
                *form[name].errors,
                f"{fault.problem} {fault.expected}",
            ]


def _field_of(fault: BundleFault) -> str | None:
    if fault.file == "solution.csv":
        return "solution"
    if fault.file == "sample_submission.csv":
        return "sample"
    for key, name in _FIELDS.items():
        if fault.problem.startswith((f"{key} ", f"{key}.")):
            return name
    return None


def _params(form: FlaskForm, faults: dict[str, str]) -> dict[str, Any]:
    """The metric's parameters, written ``k=5, labels=["a", "b"]`` line by line or with
    semicolons between them."""
    name = _text(form, "metric")
    if name not in METRICS:
        faults["metric"] = "Choose one of the metrics."
        return {}
    params: dict[str, Any] = {}
    for part in _text(form, "params").replace("\n", ";").split(";"):
        if not part.strip():
            continue
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not key or not value:
            faults["params"] = (
                f"Write {part.strip()[:40]} like k=5; separate by semicolons."
            )
            return {}
        try:
            params[key] = json.loads(value)
        except ValueError:
            params[key] = value
    try:
        info = describe(name, params)
    except KeyError:
        info = METRICS[name]
    if found := check_params(info, params):
        faults["params"] = " ".join(found)
    return params


def _whole(
    form: FlaskForm, name: str, least: int, most: int, faults: dict[str, str]
) -> int:
    value = form[name].data
    if not isinstance(value, int) or not least <= value <= most:
        faults[name] = f"Write a whole number from {least} to {most:,}."
        return least
    return value


def _text(form: FlaskForm, name: str) -> str:
    return forms.text(form, name).strip()


def _list(form: FlaskForm, name: str) -> list[str]:
    return [each.strip() for each in _text(form, name).split(",") if each.strip()]
