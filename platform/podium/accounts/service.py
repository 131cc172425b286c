"""Sign-up, log-in, profile and API tokens."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from podium.accounts.models import ApiToken, Role, User
from podium.core import audit, clock
from podium.core.errors import Invalid, NotAllowed, NotFound, Refused
from podium.core.ids import fingerprint, secret
from podium.core.models import Act
from podium.core.text import storable
from podium.settings import Settings

PASSWORD_CHARS = 10
PASSWORD_CHARS_MOST = 500
DISPLAY_NAME_CHARS = 80
TOKEN_PREFIX = "podium"  # noqa: S105  # the visible start of a token, not a secret
TOUCH_EVERY = timedelta(minutes=1)
USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{1,38})[a-z0-9]")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")  # and printable
DELETED_PREFIX = "deleted-"  # of what takes the place of a deleted user's name
RESERVED = frozenset({"admin", "root", "podium", "me", "host", "system", "support"})


def sign_up(
    session: Session,
    *,
    username: str,
    email: str,
    password: str,
    display_name: str = "",
) -> User:
    """Make a user; raises Invalid with every field's fault."""
    username, email = username.strip().lower(), email.strip().lower()
    faults = sign_up_faults(
        username=username, email=email, password=password, display_name=display_name
    )
    # Before the transaction begins: it is slow by design, and writers would wait for it.
    hashed = "" if faults else hasher().hash(password)
    faults = _taken(session, username=username, email=email, known=faults) | faults
    if faults:
        raise Invalid(_all(faults), kind="invalid", fields=faults)
    user = User(
        username=username,
        email=email,
        password=hashed,
        fs_uniquifier=uuid.uuid4().hex,
        display_name=display_name.strip(),
    )
    try:
        with session.begin_nested():  # the unique constraints decide a race
            session.add(user)
    except IntegrityError as error:
        faults = _taken(session, username=username, email=email, known={})
        if not faults:
            raise
        raise Invalid(_all(faults), kind="invalid", fields=faults) from error
    return user


def sign_up_faults(
    *, username: str, email: str, password: str, display_name: str
) -> dict[str, str]:
    """Every fault of a sign-up that needs no database, by field."""
    faults = {}
    if username in RESERVED or username.startswith(DELETED_PREFIX):
        faults["username"] = "This user name is reserved. Choose another."
    elif not USERNAME.fullmatch(username):
        faults["username"] = (
            "Choose a user name of 3 to 40 characters: letters a to z, digits, - and _, "
            "with a letter or digit at both ends."
        )
    if not EMAIL.fullmatch(email) or len(email) > 255 or not email.isprintable():
        faults["email"] = "Enter an e-mail address such as name@example.org."
    if len(password) < PASSWORD_CHARS:
        faults["password"] = (
            f"Choose a password of at least {PASSWORD_CHARS} characters."
        )
    elif len(password) > PASSWORD_CHARS_MOST:
        faults["password"] = (
            f"Choose a password of at most {PASSWORD_CHARS_MOST} characters."
        )
    elif not storable(password):
        faults["password"] = "Choose a password of characters that can be typed."  # noqa: S105
    elif password.lower() in {username, email}:
        faults["password"] = "Choose a password that is not your name or address."  # noqa: S105
    return faults | _display_name_faults(display_name)


def check_password(session: Session, *, login: str, password: str) -> User:
    """The user with that name or address and password.

    Raises NotAllowed with the same sentence, after the same work, whether the user or the
    password is wrong.
    """
    login = login.strip().lower()
    user = None
    if storable(login):
        user = session.scalar(
            select(User).where(or_(User.username == login, User.email == login))
        )
    stored = user.password if user is not None and user.password else _nobody()
    try:
        hasher().verify(stored, password.encode(errors="replace"))
        right = user is not None and user.password is not None and user.active
    except (VerificationError, InvalidHashError):
        right = False
    if user is None or not right:
        raise NotAllowed(
            "The user name or password is not right. Check both and try again.",
            kind="log_in",
        )
    return user


def require_confirmed(settings: Settings, user: User) -> None:
    """Raise NotAllowed where an address must be confirmed to take part, and is not."""
    if settings.confirm_email and user.confirmed_at is None:
        raise NotAllowed(
            "Confirm your e-mail address first: follow the link that was mailed to "
            f"{user.email}, or have it sent again in your settings, under E-mail."
        )


def by_username(session: Session, username: str) -> User:
    """The user of that name; raises NotFound."""
    name = username.strip().lower()
    user = None
    if USERNAME.fullmatch(name):
        user = session.scalar(select(User).where(User.username == name, User.active))
    if user is None:
        raise NotFound(f"There is no user named “{username[:80]}”. Check the spelling.")
    return user


def set_role(session: Session, *, user: User, name: str, has: bool) -> None:
    """Give a user a role, or take it away; doing so again changes nothing."""
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name)
        session.add(role)
    rest = [each for each in user.roles if each.name != name]
    if has is (len(rest) < len(user.roles)):
        return
    user.roles = [*rest, role] if has else rest
    act = Act.ROLE_GIVEN if has else Act.ROLE_TAKEN
    audit.record(session, act, f"user {user.username}", role=name)


def set_active(session: Session, *, user: User, active: bool, reason: str = "") -> None:
    """Block a user, or let them in again; doing so again changes nothing.

    Who is blocked is logged out everywhere, and their tokens are of no use. What they
    entered stays.
    """
    if user.active is active:
        return
    if user.deleted_at is not None:
        raise Refused(
            "This account was deleted, so nobody can be let in with it again."
        )
    user.active = active
    act = Act.USER_UNBLOCKED if active else Act.USER_BLOCKED
    audit.record(session, act, f"user {user.username}", reason=reason)


def update_profile(
    session: Session, *, user: User, display_name: str, about: str, link: str
) -> None:
    """Change what others see of a user; raises Invalid with every field's fault."""
    display_name, link = display_name.strip(), link.strip()
    faults = _display_name_faults(display_name)
    if len(about) > 5000:
        faults["about"] = "Keep the text about you within 5,000 characters."
    elif not storable(about):
        faults["about"] = "Leave characters out of the text that can't be shown."
    if link and not (re.fullmatch(r"https?://\S{1,290}", link) and link.isprintable()):
        faults["link"] = "Enter a full address that begins with https:// or http://."
    if faults:
        raise Invalid(_all(faults), kind="invalid", fields=faults)
    user.display_name, user.about, user.link = display_name, about, link
    session.add(user)


def make_token(
    session: Session, *, user: User, label: str, expires_days: int | None = None
) -> tuple[ApiToken, str]:
    """Make an API token; its secret is given once and only its hash is kept."""
    label = label.strip()
    faults = {}
    if not 1 <= len(label) <= 80 or not label.isprintable():
        faults["label"] = "Give the token a label of 1 to 80 visible characters."
    if expires_days is not None and not 1 <= expires_days <= 3650:
        faults["expires_days"] = "Let the token expire after 1 to 3650 days, or never."
    if faults:
        raise Invalid(_all(faults), kind="invalid", fields=faults)
    text = secret(TOKEN_PREFIX)
    token = ApiToken(
        user=user,
        label=label,
        sha256=fingerprint(text),
        expires_at=(expires_days and clock.now() + timedelta(days=expires_days))
        or None,
    )
    session.add(token)
    session.flush()  # gives the token its id for the answer
    return token, text


def token_of_secret(session: Session, *, secret: str) -> ApiToken | None:
    """The valid token with that secret, with its active user; None where there is none."""
    token = session.scalar(
        select(ApiToken).where(ApiToken.sha256 == fingerprint(secret))
    )
    if token is None or token.revoked_at is not None or not token.user.active:
        return None
    if token.expires_at is not None and token.expires_at <= clock.now():
        return None
    return token


def user_of_token(session: Session, *, secret: str) -> User | None:
    """The user whose valid token has that secret."""
    token = token_of_secret(session, secret=secret)
    return None if token is None else token.user


def touch_token(session: Session, *, token_id: int) -> None:
    """Note that a token was used, at most once a minute."""
    token = session.get(ApiToken, token_id)
    moment = clock.now()
    if token and (not token.last_used_at or moment - token.last_used_at > TOUCH_EVERY):
        token.last_used_at = moment


def tokens_of(session: Session, *, user: User) -> list[ApiToken]:
    """A user's tokens that are not revoked, newest first."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.id.desc())
        )
    )


def revoke_token(session: Session, *, user: User, token_id: int) -> None:
    """Make a token useless; raises NotFound where it is not the user's."""
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != user.id or token.revoked_at is not None:
        raise NotFound("You have no such token.")
    token.revoked_at = clock.now()


@cache
def hasher() -> PasswordHasher:
    """Argon2id with the library's recommended costs; Flask-Security reads its hashes."""
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash to compare with where there is no user, so that the answer takes as long."""
    return hasher().hash(uuid.uuid4().hex)


def _taken(
    session: Session, *, username: str, email: str, known: dict[str, str]
) -> dict[str, str]:
    """What is taken, of the fields without a known fault."""
    faults = {}
    if "username" not in known and session.scalar(
        select(func.count()).where(User.username == username)
    ):
        faults["username"] = "This user name is taken. Choose another."
    if "email" not in known and session.scalar(
        select(func.count()).where(User.email == email)
    ):
        faults["email"] = "This address has an account already. Log in instead."
    return faults


def _display_name_faults(display_name: str) -> dict[str, str]:
    name = display_name.strip()
    if len(name) <= DISPLAY_NAME_CHARS and name.isprintable():
        return {}
    return {
        "display_name": (
            f"Keep the display name within {DISPLAY_NAME_CHARS} visible characters."
        )
    }


def _all(faults: dict[str, str]) -> str:
    return " ".join(faults.values())
