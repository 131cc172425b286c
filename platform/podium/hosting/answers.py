"""What an organizer answers in the form of a new competition, read with every fault."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm

from podium.core import forms
from podium.core.errors import Invalid
from podium.hosting.starter import GIVEN, SLUG_CHARS, SPLITS, Answers, slug_from
from podium_scorer.bundle import MANIFEST, BundleFault
from podium_scorer.catalogue import METRICS, check_params, describe

MAX_BYTES = 100_000_000
# Where faults that the bundle's reader finds belong in the form: by the key that they name
# in the manifest, the longest first, and by the file that they are in.
_KEYS = {
    "slug": "slug",
    "title": "title",
    "subtitle": "subtitle",
    "host": "host",
    "tags": "tags",
    "metric.params": "params",
    "metric": "metric",
    "timeline.opens": "opens",
    "timeline.closes": "closes",
    "timeline.time_zone": "time_zone",
    "submission.per_day": "per_day",
    "team.max_size": "team_max_size",
    "solution.id_column": "id_column",
    "solution.target_columns": "target_columns",
    "licence.name": "licence_name",
    "licence.url": "licence_url",
    "source.name": "source_name",
    "source.url": "source_url",
    "source.citation": "citation",
}
_FILES = {
    "solution.csv": "solution",
    "sample_submission.csv": "sample",
    "pages/description.md": "description",
    "pages/evaluation.md": "evaluation",
    "pages/data.md": "data_page",
    "pages/rules.md": "rules",
}
_REQUIRED = {
    "title": "Give the competition a name.",
    "subtitle": "Say the task in one sentence.",
    "host": "Say who holds the competition.",
    "tags": "Give it a tag or more, like tabular, so that people find it.",
    "closes": "Say on which day it closes, like 2026-12-31.",
    "opens": "Say on which day it opens, like 2026-10-01.",
    "description": "Write a description.",
    "evaluation": "Say how submissions are judged.",
    "data_page": "Write about the data.",
    "rules": "Write the rules.",
    "licence_name": "Say what the data may be used under.",
    "licence_url": "Give the licence's address.",
    "source_name": "Say where the data comes from.",
    "source_url": "Give an address where its source is found.",
    "citation": "Say how the data is to be cited.",
}


class Unfit(Invalid):
    """Answers that make no bundle yet: a sentence for each faulty field, and what the
    files have, each with its line."""

    def __init__(self, fields: dict[str, str], faults: tuple[BundleFault, ...]) -> None:
        self.faults = faults
        super().__init__(
            "The draft is not made yet. Each place that needs another look says what to "
            "change.",
            kind="invalid",
            fields=fields,
        )


def gathered(fields: Mapping[str, str], found: Sequence[BundleFault] = ()) -> Unfit:
    """All that is wrong: the form's own faults, and those that the bundle's reader found
    in what the form makes.

    What the reader says of a field that is faulty already follows from that, and is left
    out; so is what it says of the sample submission where there is no solution to hold it
    against.
    """
    told = dict(fields)
    listed = []
    for fault in found:
        name = _field_of(fault)
        if name in fields or (name == "sample" and "solution" in fields):
            continue
        if fault.file != MANIFEST or name is None:
            listed.append(fault)
        if name is not None:
            told[name] = _beside(fault, told.get(name))
    return Unfit(told, tuple(listed))


def read(form: FlaskForm, data: Sequence[str]) -> tuple[Answers, dict[str, str]]:
    """The answers, and a sentence for each faulty field; what stands in a faulty field is
    of no use, and lets the rest be looked at all the same.

    ``data`` are the names of the files for participants.
    """
    faults = {
        name: sentence for name, sentence in _REQUIRED.items() if not _text(form, name)
    }
    title = _text(form, "title")
    slug = _text(form, "slug") or slug_from(title)
    if not slug:
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
    answers = Answers(
        title=title,
        slug=slug[: SLUG_CHARS + 1],
        subtitle=_text(form, "subtitle"),
        host=_text(form, "host"),
        tags=_list(form, "tags"),
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
        source_name=_text(form, "source_name"),
        source_url=_text(form, "source_url"),
        citation=_text(form, "citation"),
        data=data,
        **numbers,
    )
    return answers, faults


def _field_of(fault: BundleFault) -> str | None:
    if fault.file != MANIFEST:
        return _FILES.get(fault.file)
    for key, name in _KEYS.items():
        if fault.problem.startswith((f"{key} ", f"{key}.", f"{key}:", f"{key}[")):
            return name
    return None


def _beside(fault: BundleFault, before: str | None) -> str:
    if fault.file != MANIFEST:
        return "This file has faults; they are listed above the form."
    said = f"{fault.problem} Expected: {fault.expected}"
    return said if before is None else f"{before} {said}"


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
