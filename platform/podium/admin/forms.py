"""Forms of administrators."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField


class BannerForm(FlaskForm):
    """What everybody is told."""

    text = StringField("What everybody should know")


class BlockForm(FlaskForm):
    """Why somebody is blocked."""

    reason = StringField("Why")
