"""What Podium mails to its users about their accounts."""

from __future__ import annotations

from podium.accounts.models import User
from podium.notifications.models import SITE
from podium.notifications.service import Letter

# At the end of what somebody can do without.
_CHOICE = f"You choose what is mailed to you at {SITE}/settings/email."


def confirm(user: User, *, ticket: str) -> Letter:
    """To a new address: is it yours?"""
    return Letter(
        kind="confirm",
        subject="Confirm your e-mail address for Podium",
        text=f"""Hello {user.shown_name},

somebody signed up at {SITE} as {user.username} with this address. If it was you, confirm it here
within 3 days:

{SITE}/confirm/{ticket}

If it was not you, do nothing.
""",
    )


def reset(user: User, *, ticket: str) -> Letter:
    """To who forgot the password."""
    return Letter(
        kind="reset",
        subject="Choose a new password for Podium",
        text=f"""Hello {user.shown_name},

somebody asked for a new password for your account {user.username} at {SITE}. Choose one here within
an hour:

{SITE}/reset/{ticket}

If it was not you, do nothing: your password stays as it is.
""",
    )


def password_changed(user: User) -> Letter:
    """To the owner of an account, after its password was changed."""
    return Letter(
        kind="password_changed",
        subject="Your Podium password was changed",
        text=f"""Hello {user.shown_name},

the password of your account {user.username} at {SITE} was changed just now, and other devices were
logged out. If it was not you, choose a new one at once:

{SITE}/forgot
""",
    )


def move(user: User, *, address: str, ticket: str) -> Letter:
    """To the address that an account shall move to."""
    return Letter(
        kind="move",
        subject="Confirm your new e-mail address for Podium",
        text=f"""Hello {user.shown_name},

you asked to use {address} for your account {user.username} at {SITE}. Confirm it here within a day,
logged in:

{SITE}/move/{ticket}

If it was not you, do nothing.
""",
    )


def moved(user: User, *, before: str) -> Letter:
    """To the old address: it is used no more."""
    return Letter(
        kind="moved",
        subject="Your Podium account has another e-mail address now",
        text=f"""Hello {user.shown_name},

your account {user.username} at {SITE} was moved from {before} to another address just now. If it
was not you, tell the people who run this Podium.
""",
    )


def with_choice(letter: Letter) -> Letter:
    """The letter with a line that says where to choose what is mailed."""
    text = f"{letter.text.rstrip()}\n\n--\n{_CHOICE}\n"
    return Letter(kind=letter.kind, subject=letter.subject, text=text)
