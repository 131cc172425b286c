"""The form that deletes an account."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField


class DeleteForm(FlaskForm):
    """What makes sure that somebody means it, and is who they say."""

    username = StringField("Your user name")
    password = PasswordField("Your password")
