"""Signing up, and a user's own settings."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import login_user

from podium.accounts import devices, recovery, service, sessions
from podium.accounts.forms import ProfileForm, SignUpForm, TokenForm
from podium.accounts.identity import require_viewer, ticket_key, viewer
from podium.core import clock, limits, web
from podium.core.api import LARGEST_ID
from podium.core.errors import Invalid
from podium.core.forms import show_faults, text
from podium.core.ids import fingerprint

bp = Blueprint("accounts", __name__, template_folder="templates")


@bp.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    """Make an account and be logged in with it."""
    if viewer() is not None:
        return redirect(url_for("accounts.profile"))
    form = SignUpForm()
    if form.validate_on_submit():
        limits.count_try("sign_up")
        try:
            fields = ("username", "email", "password", "display_name")
            user = service.sign_up(web.session(), **{n: text(form, n) for n in fields})
        except Invalid as faults:
            show_faults(form, faults)
        else:
            settings = web.services().settings
            recovery.welcome(
                web.session(), user=user, settings=settings, key=ticket_key()
            )
            web.session().commit()
            login_user(user, authn_via=["register"])
            web.session().commit()  # the log-in itself
            flash(f"Welcome, {user.shown_name}. Your account is ready.", "success")
            if settings.confirm_email:
                flash(
                    f"A link is on its way to {user.email}: follow it to confirm the "
                    "address before you take part.",
                    "info",
                )
            return redirect(web.after_log_in())
    status = 422 if form.errors or form.form_errors else 200
    return render_template("accounts/sign_up.html", form=form), status


@bp.route("/settings")
def settings() -> ResponseReturnValue:
    """The first page of the settings."""
    return redirect(url_for("accounts.profile"))


@bp.route("/settings/profile", methods=["GET", "POST"])
def profile() -> ResponseReturnValue:
    """What others see of me."""
    user = require_viewer()
    form = ProfileForm(obj=user)
    if form.validate_on_submit():
        try:
            fields = ("display_name", "about", "link")
            values = {name: text(form, name) for name in fields}
            service.update_profile(web.session(), user=user, **values)
        except Invalid as faults:
            show_faults(form, faults)
        else:
            web.session().commit()
            flash("Your profile is saved.", "success")
            return redirect(url_for("accounts.profile"))
    status = 422 if form.errors or form.form_errors else 200
    return render_template("accounts/profile.html", form=form), status


@bp.route("/settings/tokens", methods=["GET", "POST"])
def tokens() -> ResponseReturnValue:
    """My API tokens; a new one's secret is shown once, on the page that made it."""
    user, form, secret = require_viewer(), TokenForm(), ""
    if form.validate_on_submit():
        days = text(form, "expires_days")
        try:
            _, secret = service.make_token(
                web.session(),
                user=user,
                label=text(form, "label"),
                expires_days=int(days) if days else None,
            )
        except Invalid as faults:
            show_faults(form, faults)
        else:
            web.session().commit()
    found = service.tokens_of(web.session(), user=user)
    status = 422 if form.errors or form.form_errors else 200
    return render_template(
        "accounts/tokens.html", form=form, tokens=found, secret=secret
    ), status


@bp.post(f"/settings/tokens/<int(max={LARGEST_ID}):token_id>/revoke")
def revoke_token(token_id: int) -> ResponseReturnValue:
    """Make one of my tokens useless."""
    service.revoke_token(web.session(), user=require_viewer(), token_id=token_id)
    web.session().commit()
    flash("The token is revoked. Programs that used it are logged out.", "success")
    return redirect(url_for("accounts.tokens"))


@bp.route("/settings/devices")
def log_ins() -> ResponseReturnValue:
    """Where I am logged in."""
    found = sessions.of_user(web.session(), user=require_viewer(), now=clock.now())
    return render_template(
        "accounts/devices.html", log_ins=found, present=fingerprint(devices.present())
    )


@bp.post("/settings/devices/<public_id>/end")
def end_log_in(public_id: str) -> ResponseReturnValue:
    """Log me out of one browser."""
    sessions.end(web.session(), user=require_viewer(), public_id=public_id)
    web.session().commit()
    flash("That device is logged out.", "success")
    return redirect(url_for("accounts.log_ins"))


@bp.post("/settings/devices/end-others")
def end_other_log_ins() -> ResponseReturnValue:
    """Log me out everywhere but here."""
    count = sessions.end_others(
        web.session(), user=require_viewer(), secret=devices.present()
    )
    web.session().commit()
    flash(
        "You were logged in nowhere else."
        if not count
        else f"{count} other device{'' if count == 1 else 's'} logged out.",
        "success",
    )
    return redirect(url_for("accounts.log_ins"))
