"""Forms of an account. The service knows the rules; a form carries values and faults."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # not in its stubs


class SignUpForm(FlaskForm):
    """A new account."""

    username = StringField("User name")
    display_name = StringField("Display name")
    email = EmailField("E-mail")
    password = PasswordField("Password")


class ForgotForm(FlaskForm):
    """Whose password was forgotten."""

    login = StringField("User name or e-mail")


class ResetForm(FlaskForm):
    """A new password."""

    password = PasswordField("New password")
    again = PasswordField("New password again")


class AddressForm(FlaskForm):
    """Another address for the account."""

    email = EmailField("New e-mail address")
    password = PasswordField("Your password")


class MailForm(FlaskForm):
    """Of which events a user wants mail; the fields are those of the events."""

    announcement = BooleanField("Announcements of competitions that I take part in")
    invitation = BooleanField("Invitations into teams")
    request = BooleanField("Requests to join a team, and what became of mine")


class ProfileForm(FlaskForm):
    """What others see of a user."""

    display_name = StringField("Display name")
    link = URLField("Link")
    about = TextAreaField("About you")


class TokenForm(FlaskForm):
    """A new API token."""

    label = StringField("What is it for?")
    expires_days = SelectField(
        "Expires",
        choices=[
            SelectChoice("30", "after 30 days"),
            SelectChoice("90", "after 90 days"),
            SelectChoice("365", "after a year"),
            SelectChoice("", "never"),
        ],
        default="90",
    )
