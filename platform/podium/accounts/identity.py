"""Who is asking: Flask-Security for sessions, log-in, log-out and password changes.

Signing up is a view of our own over ``accounts.service.sign_up``, because the API signs
up by the same rules; Flask-Security's form would be a second set of them.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, current_app, request
from flask_security import (
    Security,
    SQLAlchemySessionUserDatastore,
    current_user,
)
from flask_security import password_changed as password_was_changed
from flask_security.forms import ChangePasswordForm, LoginForm, VerifyForm
from flask_security.utils import validate_redirect_url
from werkzeug.local import LocalProxy
from wtforms import BooleanField, Field, PasswordField, StringField

from podium.accounts import devices, recovery, service
from podium.accounts.models import Role, User
from podium.core import limits, web
from podium.core.api import bearer, is_api
from podium.core.errors import NotAllowed
from podium.core.forms import text

CONFIG: dict[str, Any] = {
    "SECURITY_LOGIN_URL": "/log-in",
    "SECURITY_LOGOUT_URL": "/log-out",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_CHANGE_URL": "/change-password",
    "SECURITY_CHANGEABLE": True,
    "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
    "SECURITY_POST_LOGIN_VIEW": "/",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_POST_CHANGE_VIEW": "/settings/profile",
    "SECURITY_LOGIN_USER_TEMPLATE": "accounts/log_in.html",
    "SECURITY_VERIFY_TEMPLATE": "accounts/verify.html",
    "SECURITY_CHANGE_PASSWORD_TEMPLATE": "accounts/change_password.html",
    # The service hashes with plain argon2id, so that jobs and commands can, too.
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_PASSWORD_SINGLE_HASH": True,
    "SECURITY_PASSWORD_SALT": "not used with a single hash",
    "SECURITY_PASSWORD_LENGTH_MIN": service.PASSWORD_CHARS,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "SECURITY_MSG_PASSWORD_CHANGE": (
        "Your password is changed. Other devices are logged out.",
        "success",
    ),
    "SECURITY_MSG_UNAUTHENTICATED": ("Log in to see that page.", "info"),
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_CACHE_CONTROL": None,  # ours holds for every page
    "REMEMBER_COOKIE_NAME": "podium_remember",
    "REMEMBER_COOKIE_HTTPONLY": True,
    "REMEMBER_COOKIE_SAMESITE": "Lax",
}


def viewer() -> User | None:
    """The user who asks, None for a visitor."""
    if not current_user.is_authenticated:
        return None
    return cast(User, current_user._get_current_object())


def require_viewer() -> User:
    """The user who asks; a visitor is sent to the log-in page and comes back after."""
    user = viewer()
    if user is None:
        raise web.LogInFirst
    return user


def ticket_key() -> str:
    """The key that signs the links in mails."""
    return str(current_app.secret_key)


def who_asks() -> str:
    """The user name of who asks, by cookie or by token."""
    if is_api(request):
        user_id = bearer.current_user
        user = web.session().get(User, user_id) if user_id is not None else None
    else:
        user = viewer()
    return user.username if user else "a visitor"


class LogInForm(LoginForm):
    """One field takes the user name or the e-mail address."""

    email = None  # type: ignore[assignment]  # the library's way to leave it out
    login = StringField("User name or e-mail")
    password = PasswordField("Password")
    remember = BooleanField("Stay logged in on this device", default=True)

    def validate_next(self, field: Field) -> None:
        """Forget an address that is not ours, and log in all the same."""
        if field.data and not validate_redirect_url(field.data):
            field.data = ""

    def validate(self, **kwargs: Any) -> bool:
        """Report every empty field at once, then one generic sentence."""
        limits.count_try("log_in", self.login.data or "")
        self.form_errors: list[str] = []
        whole = super(LoginForm, self).validate(**kwargs)
        if not (self.login.data or "").strip():
            self.login.errors = ["Enter your user name or e-mail address."]
        if not self.password.data:
            self.password.errors = ["Enter your password."]
        if not whole or self.login.errors or self.password.errors:
            return False
        try:
            with web.services().database.reading() as reading:  # hashing takes its time
                user_id = service.check_password(
                    reading,
                    login=text(self, "login"),
                    password=text(self, "password"),
                ).id
            self.user = web.session().get_one(User, user_id)
        except NotAllowed as refusal:
            self.form_errors = [refusal.sentence]
            return False
        return True


class PasswordAgainForm(VerifyForm):
    """The password once more, before something that matters."""

    def validate(self, **kwargs: Any) -> bool:
        """Count the try: whoever holds a stolen session shall not guess at leisure."""
        limits.count_try("verify", require_viewer().username)
        return bool(super().validate(**kwargs))


class NewPasswordForm(ChangePasswordForm):
    """The present password and a new one, with every fault at once."""

    password = PasswordField("Present password")
    new_password = PasswordField("New password")
    new_password_confirm = PasswordField("New password again")

    def validate(self, **kwargs: Any) -> bool:
        """Check by the rules of sign-up."""
        limits.count_try("change_password", require_viewer().username)
        if not super(ChangePasswordForm, self).validate(**kwargs):
            return False
        user, new = require_viewer(), self.new_password.data or ""
        faults = service.sign_up_faults(
            username=user.username, email=user.email, password=new, display_name=""
        )
        if not self._present_is_right(user):
            self.password.errors = ["This is not your present password."]
        if "password" in faults:
            self.new_password.errors = [faults["password"]]
        elif new == self.password.data:
            self.new_password.errors = [
                "This is the present password. Choose a new one."
            ]
        if self.new_password_confirm.data != new:
            self.new_password_confirm.errors = ["The two new passwords differ."]
        return not any(field.errors for field in self)

    def _present_is_right(self, user: User) -> bool:
        try:
            service.check_password(
                web.session(), login=user.username, password=self.password.data or ""
            )
        except NotAllowed:
            return False
        return True


def init(app: Flask) -> None:
    """Give the app sessions, log-in and log-out."""
    app.config.update(CONFIG)
    app.config["REMEMBER_COOKIE_SECURE"] = app.config["SESSION_COOKIE_SECURE"]
    datastore = SQLAlchemySessionUserDatastore(
        cast(Any, LocalProxy(web.session)), User, Role
    )
    security = Security(
        app,
        datastore,
        login_form=LogInForm,
        change_password_form=NewPasswordForm,
        verify_form=PasswordAgainForm,
    )
    # The library would also take tokens of its own, which never expire and which nobody
    # sees in the settings; and would read the body of every request for one.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    security.unauthn_handler(_log_in_first)
    password_was_changed.connect(_tell_of_password, app, weak=False)
    devices.init(app)
    app.jinja_env.globals["viewer"] = viewer
    app.extensions[web.WHO] = who_asks


def _tell_of_password(_app: Flask, *, user: User, **_: Any) -> None:
    recovery.tell_of_password(web.session(), user=user)


def _log_in_first(_mechanisms: Any, headers: Any = None) -> Any:  # noqa: ARG001
    raise web.LogInFirst
