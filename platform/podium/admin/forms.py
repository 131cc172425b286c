"""Forms of administrators."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField


class BlockForm(FlaskForm):
    """Why somebody is blocked."""

    reason = StringField("Why")
