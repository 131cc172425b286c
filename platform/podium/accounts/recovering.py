"""Pages that mails lead to: an address confirmed or changed, a password forgotten."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import logout_user
from flask_wtf import FlaskForm

from podium.accounts import recovery, service
from podium.accounts.forms import AddressForm, ForgotForm, MailForm, ResetForm
from podium.accounts.identity import require_viewer, ticket_key, viewer
from podium.accounts.models import User
from podium.accounts.tickets import Purpose
from podium.core import clock, limits, web
from podium.core.errors import Invalid, NotAllowed, NotFound
from podium.core.forms import show_faults, text

bp = Blueprint("recovery", __name__, template_folder="templates")


@bp.route("/forgot", methods=["GET", "POST"])
def forgot() -> ResponseReturnValue:
    """Ask for a link to a new password."""
    form = ForgotForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgot.html", form=form)
    login = text(form, "login")
    limits.count_try("forgot", login)
    if not login.strip():
        form.login.errors = ["Enter your user name or e-mail address."]
        return render_template("accounts/forgot.html", form=form), 422
    recovery.ask_for_reset(web.session(), login=login, key=ticket_key())
    web.session().commit()
    return render_template("accounts/forgot.html", form=form, asked=True)


@bp.route("/reset/<ticket>", methods=["GET", "POST"])
def reset(ticket: str) -> ResponseReturnValue:
    """Choose a new password by the link that was mailed."""
    form = ResetForm()
    with web.services().database.reading() as reading:  # hashing takes its time
        try:
            user = recovery.user_of_link(
                reading, Purpose.RESET, ticket=ticket, key=ticket_key()
            )
        except NotFound as error:
            return render_template("accounts/stale.html", error=error), 404
        if not form.validate_on_submit():
            return render_template("accounts/reset.html", form=form, account=user)
        limits.count_try("reset", user.username)
        try:
            hashed = recovery.hash_new_password(
                user, password=text(form, "password"), again=text(form, "again")
            )
        except Invalid as faults:
            show_faults(form, faults)
            return render_template("accounts/reset.html", form=form, account=user), 422
    recovery.reset_password(
        web.session(), ticket=ticket, hashed=hashed, key=ticket_key(), now=clock.now()
    )
    web.session().commit()
    if viewer() is not None:
        logout_user()
    flash("Your password is changed. Log in with the new one.", "success")
    return redirect(url_for("security.login"), 303)


@bp.route("/confirm/<ticket>", methods=["GET", "POST"])
def confirm(ticket: str) -> ResponseReturnValue:
    """Confirm an address by the link that was mailed to it.

    The link alone changes nothing: programs that look through mail follow links.
    """
    form, session = FlaskForm(), web.session()
    try:
        if not form.validate_on_submit():
            user = recovery.user_of_link(
                session, Purpose.CONFIRM, ticket=ticket, key=ticket_key()
            )
            return render_template(
                "accounts/confirm.html", form=form, address=user.email
            )
        recovery.confirm(session, ticket=ticket, key=ticket_key(), now=clock.now())
    except NotFound as error:
        return render_template("accounts/stale.html", error=error, again=True), 404
    session.commit()
    flash("Your address is confirmed.", "success")
    return redirect(url_for("recovery.address" if viewer() else "web.home"), 303)


@bp.get("/settings/email")
def address() -> ResponseReturnValue:
    """My address, and what is mailed to it."""
    return _address_page(require_viewer(), AddressForm())


@bp.post("/settings/email")
def ask_to_move() -> ResponseReturnValue:
    """Ask for a link to another address."""
    user, form = require_viewer(), AddressForm()
    limits.count_try("move", user.username)
    try:
        recovery.ask_to_move(
            web.session(),
            user=user,
            address=text(form, "email"),
            is_owner=_is_owner(user, text(form, "password")),
            key=ticket_key(),
        )
    except Invalid as faults:
        show_faults(form, faults)
        return _address_page(user, form), 422
    web.session().commit()
    flash("Look into the mail of the new address: it has a link to confirm.", "success")
    return redirect(url_for("recovery.address"), 303)


@bp.post("/settings/email/confirm")
def send_confirmation() -> ResponseReturnValue:
    """Mail the link that confirms my address once more."""
    user = require_viewer()
    limits.count_try("confirm", user.username)
    recovery.send_confirmation(web.session(), user=user, key=ticket_key())
    web.session().commit()
    flash(f"A link is on its way to {user.email}.", "success")
    return redirect(url_for("recovery.address"), 303)


@bp.post("/settings/email/choices")
def choose() -> ResponseReturnValue:
    """Say of what I want mail."""
    user, form = require_viewer(), MailForm()
    recovery.choose(user=user, wanted={n for n in recovery.EVENTS if form[n].data})
    web.session().commit()
    flash("Saved.", "success")
    return redirect(url_for("recovery.address"), 303)


@bp.route("/move/<ticket>", methods=["GET", "POST"])
def move(ticket: str) -> ResponseReturnValue:
    """Take the address that a link was mailed to."""
    user, form = require_viewer(), FlaskForm()
    if not form.validate_on_submit():
        return render_template("accounts/move.html", form=form)
    try:
        recovery.move(
            web.session(), user=user, ticket=ticket, key=ticket_key(), now=clock.now()
        )
    except NotFound as error:
        return render_template("accounts/stale.html", error=error), 404
    web.session().commit()
    flash(f"Your address is {user.email} now.", "success")
    return redirect(url_for("recovery.address"), 303)


def _is_owner(user: User, password: str) -> bool:
    with web.services().database.reading() as reading:
        try:
            service.check_password(reading, login=user.username, password=password)
        except NotAllowed:
            return False
    return True


def _address_page(user: User, form: AddressForm) -> str:
    return render_template(
        "accounts/email.html",
        form=form,
        user=user,
        choices=MailForm(
            formdata=None,
            data={name: name not in user.mail_off for name in recovery.EVENTS},
        ),
        sends=bool(web.services().settings.mail_url),
    )
