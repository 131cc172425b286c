"""Forms of joining and teams."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField


class JoinForm(FlaskForm):
    """Accepting the rules."""

    accept = BooleanField("I have read the rules and accept them")


class NameForm(FlaskForm):
    """A team's name."""

    name = StringField("Team name")


class InviteForm(FlaskForm):
    """Whom to invite."""

    username = StringField("User name")


class MergeForm(FlaskForm):
    """Which team to merge with."""

    other = StringField("Name of the other team")


class AskForm(FlaskForm):
    """Asking to join a team."""

    message = StringField("Message to its leader")
