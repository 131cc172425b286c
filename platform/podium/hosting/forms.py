"""Forms of organizers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import (
    FileField,
    IntegerField,
    MultipleFileField,
    SelectField,
    StringField,
    TextAreaField,
)

from podium.hosting import starter
from podium_scorer.catalogue import METRICS


def metric_choices() -> Any:
    """The catalogue's metrics by family, as a select shows them: values and labels."""
    families: dict[str, dict[str, str]] = defaultdict(dict)
    for info in sorted(METRICS.values(), key=lambda info: info.title):
        families[str(info.family).capitalize()][info.name] = info.title
    return families


def time_zones() -> Any:
    """Names of time zones, UTC first, as a select shows them."""
    names = ["Etc/UTC", *sorted(available_timezones() - {"Etc/UTC"})]
    return {name: name.replace("_", " ") for name in names}


def splits() -> Any:
    """The ways to split, as a select shows them."""
    return {
        starter.GIVEN: "as the solution's column Usage says",
        starter.RANDOM: "drawn at random",
        starter.STRATIFIED: "drawn at random, the same share of every target value",
    }


def _today() -> date:
    return date.today()  # noqa: DTZ011  # a first value to change, in the server's zone


class NewForm(FlaskForm):
    """A new competition."""

    title = StringField("Title")
    slug = StringField("Address")
    subtitle = StringField("The task in one sentence")
    host = StringField("Organizer, as it is shown")
    tags = StringField("Tags, with commas between them")
    solution = FileField("Solution (CSV)")
    sample = FileField("Sample submission (CSV)")
    data = MultipleFileField("Files for participants")
    metric = SelectField("Metric", choices=metric_choices, default="accuracy")
    params = StringField("Parameters of the metric")
    split = SelectField(
        "Public and private rows", choices=splits, default=starter.GIVEN
    )
    public_share = IntegerField("Public share, in percent", default=30)
    seed = IntegerField("Seed", default=1)
    id_column = StringField("Column with the ids")
    target_columns = StringField("Columns to predict, with commas between them")
    time_zone = SelectField("Time zone", choices=time_zones, default="Etc/UTC")
    opens = StringField("Opens", default=lambda: _today().isoformat())
    closes = StringField(
        "Closes", default=lambda: (_today() + timedelta(days=60)).isoformat()
    )
    per_day = IntegerField("Submissions a team may send a day", default=5)
    team_max_size = IntegerField("Members a team may have", default=4)
    description = TextAreaField("Description", default=starter.DESCRIPTION)
    evaluation = TextAreaField("Evaluation", default=starter.EVALUATION)
    data_page = TextAreaField("About the data", default=starter.DATA_PAGE)
    rules = TextAreaField("Rules", default=starter.RULES)
    source_name = StringField("Where the data comes from")
    source_url = StringField("Address of the source")
    citation = StringField("How to cite the data")
    licence_name = StringField("Licence of the data", default="CC BY 4.0")
    licence_url = StringField(
        "Address of the licence", default="https://creativecommons.org/licenses/by/4.0/"
    )


class BundleForm(FlaskForm):
    """A bundle as a ZIP."""

    bundle = FileField("Bundle (ZIP)")


class TextForm(FlaskForm):
    """A text of the bundle: a page, or competition.yaml."""

    text = TextAreaField("Text")


class LaunchForm(FlaskForm):
    """When to launch; empty: now."""

    at = StringField("At a time (UTC)")


class FileForm(FlaskForm):
    """A file of the bundle, replaced or added."""

    file = FileField("File")
    description = StringField("What it holds")


class ReasonForm(FlaskForm):
    """Why a submission is taken off the boards."""

    reason = StringField("Reason")


class AnnouncementForm(FlaskForm):
    """Something to tell everybody who takes part."""

    title = StringField("Title")
    text = TextAreaField("Text")
