"""Addresses that are confirmed and changed, and passwords that were forgotten."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from podium.accounts import letters, service, tickets
from podium.accounts.models import User
from podium.accounts.tickets import Purpose
from podium.core.errors import Invalid, NotFound, Refused
from podium.core.text import storable
from podium.notifications.service import Letter, write
from podium.settings import Settings

# What is mailed unless its reader chose otherwise.
EVENTS = ("announcement", "invitation", "request")


def send_confirmation(session: Session, *, user: User, key: str) -> None:
    """Mail a link that confirms the account's address; raises Refused where it is."""
    if user.confirmed_at is not None:
        raise Refused("Your address is confirmed already.")
    ticket = tickets.issue(key, Purpose.CONFIRM, user)
    write(
        session,
        to=user.email,
        letter=letters.confirm(user, ticket=ticket),
    )


def welcome(session: Session, *, user: User, settings: Settings, key: str) -> None:
    """Mail a new user the link that confirms the address, where mail is sent or the
    address must be confirmed."""
    if settings.mail_url or settings.confirm_email:
        send_confirmation(session, user=user, key=key)


def confirm(session: Session, *, ticket: str, key: str, now: datetime) -> User:
    """Confirm an address by the link that was mailed to it; again does no harm. Raises
    NotFound for a link that is too old, or for an address that is left."""
    user = user_of_link(session, Purpose.CONFIRM, ticket=ticket, key=key)
    if user.confirmed_at is None:
        user.confirmed_at = now
    return user


def ask_for_reset(session: Session, *, login: str, key: str) -> None:
    """Mail a link for a new password, where there is such a user. The answer is the same
    where there is none."""
    login = login.strip().lower()
    if not storable(login):
        return
    user = session.scalar(
        select(User).where(
            or_(User.username == login, User.email == login), User.active
        )
    )
    if user is not None:
        ticket = tickets.issue(key, Purpose.RESET, user)
        write(
            session,
            to=user.email,
            letter=letters.reset(user, ticket=ticket),
        )


def reset_link(user: User, *, key: str, site: str) -> str:
    """A link for a new password that the operator hands over."""
    return f"{site}/reset/{tickets.issue(key, Purpose.RESET, user)}"


def hash_new_password(user: User, *, password: str, again: str) -> str:
    """The hash of a new password, made before a transaction that writes begins, since it
    is slow by design; raises Invalid with every fault."""
    faults = service.sign_up_faults(
        username=user.username, email=user.email, password=password, display_name=""
    )
    faults = {n: s for n, s in faults.items() if n == "password"}
    if again != password:
        faults["again"] = "The two passwords differ."
    if faults:
        raise Invalid(" ".join(faults.values()), kind="invalid", fields=faults)
    return service.hasher().hash(password)


def reset_password(
    session: Session, *, ticket: str, hashed: str, key: str, now: datetime
) -> User:
    """Give a new password by a link, which is used up by that; every device is logged
    out. Raises NotFound for the link."""
    user = user_of_link(session, Purpose.RESET, ticket=ticket, key=key)
    user.password = hashed
    user.fs_uniquifier = uuid.uuid4().hex
    if user.confirmed_at is None:  # the link came to that address, or from the operator
        user.confirmed_at = now
    tell_of_password(session, user=user)
    return user


def tell_of_password(session: Session, *, user: User) -> None:
    """Tell a user that their password was changed."""
    write(
        session,
        to=user.email,
        letter=letters.password_changed(user),
    )


def ask_to_move(
    session: Session, *, user: User, address: str, is_owner: bool, key: str
) -> None:
    """Mail a link to another address that the account shall have; ``is_owner`` says that
    the password was right. Raises Invalid with every fault. Whether somebody else has
    that address is not said."""
    address = address.strip().lower()
    faults = service.sign_up_faults(
        username=user.username, email=address, password="", display_name=""
    )
    faults = {n: s for n, s in faults.items() if n == "email"}
    if not faults and address == user.email:
        faults["email"] = "This is your address already."
    if not is_owner:
        faults["password"] = "This is not your present password."  # noqa: S105
    if faults:
        raise Invalid(" ".join(faults.values()), kind="invalid", fields=faults)
    if session.scalar(select(User.id).where(User.email == address)):
        return
    ticket = tickets.issue(key, Purpose.MOVE, user, address)
    write(
        session,
        to=address,
        letter=letters.move(user, address=address, ticket=ticket),
    )


def move(session: Session, *, user: User, ticket: str, key: str, now: datetime) -> None:
    """Give the account the address that a link was mailed to, and tell the old one;
    raises NotFound for a link that is not this user's or too old, Refused where somebody
    else has the address by now."""
    found = tickets.read(key, Purpose.MOVE, ticket)
    if found is None or found[0] != user.id:
        raise NotFound(_STALE)
    if not tickets.is_for(user, Purpose.MOVE, found[1]):
        raise NotFound(_STALE)
    before = user.email
    try:
        with session.begin_nested():  # the unique constraint decides a race
            user.email, user.confirmed_at = found[2], now
            session.flush()
    except IntegrityError as error:
        raise Refused("That address has an account of its own by now.") from error
    write(session, to=before, letter=letters.moved(user, before=before))


def choose(*, user: User, wanted: set[str]) -> None:
    """Note of which events a user wants mail."""
    user.mail_off = sorted(set(EVENTS) - wanted)


def wants(user: User, event: str) -> bool:
    """Whether mail of an event goes to a user: only to an address that is theirs."""
    return user.active and user.confirmed_at is not None and event not in user.mail_off


def tell(session: Session, *, user: User, letter: Letter) -> None:
    """Mail a user about an event, whose name is the letter's kind, if they want that."""
    if wants(user, letter.kind):
        write(session, to=user.email, letter=letters.with_choice(letter))


_STALE = "This link is used up or too old. Ask for a new one."


def user_of_link(session: Session, purpose: Purpose, *, ticket: str, key: str) -> User:
    """Whom a link was mailed to; raises NotFound for one that is false, too old or used."""
    found = tickets.read(key, purpose, ticket)
    user = None if found is None else session.get(User, found[0])
    if found is None or user is None or not user.active:
        raise NotFound(_STALE)
    if not tickets.is_for(user, purpose, found[1]):
        raise NotFound(_STALE)
    return user
