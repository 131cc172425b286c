"""The form of the Submit page. Its file is read by ``core.uploads``, not by the form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import FileField, StringField


class SubmitForm(FlaskForm):
    """A file and what it is."""

    description = StringField("Description")
    file = FileField("File with your predictions")
