"""The operator's pages: is it well, what is stuck, who is here, what was done."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from podium.accounts import service as accounts
from podium.accounts.identity import require_viewer
from podium.accounts.models import User
from podium.admin import queries, service
from podium.admin.forms import BannerForm, BlockForm
from podium.core import audit, banner, clock, web
from podium.core.api import VERSION
from podium.core.errors import Invalid, PodiumError
from podium.core.forms import show_faults, text
from podium.core.models import Act
from podium.core.paging import cursor_of, id_of
from podium.notifications import service as mail
from podium.scoring import reviewing
from podium.scoring.dispatch import wake
from podium.scoring.models import ScoringHost

bp = Blueprint("admin", __name__, template_folder="templates")

PAGE_ROWS = 50
LONGEST_ROWS, FAILED_ROWS = 10, 20


@bp.get("/admin")
def index() -> ResponseReturnValue:
    """Is everything well, and what needs me?"""
    _admin()
    return _overview(BannerForm())


def _overview(form: BannerForm, status: int = 200) -> ResponseReturnValue:
    session, services, now = web.session(), web.services(), clock.now()
    hosts = session.scalars(select(ScoringHost).order_by(ScoringHost.name)).all()
    page = render_template(
        "admin/index.html",
        form=form,
        version=VERSION,
        queue=queries.queue(session, now=now),
        queue_answers=services.jobs.waiting() is not None,
        workers=services.jobs.workers(),
        hosts=hosts,
        longest=queries.longest_waiting(session, limit=LONGEST_ROWS),
        failed=queries.failed(session, limit=FAILED_ROWS),
        mail=mail.figures(session),
        room=queries.room(session, services.settings.data_dir),
        now=now,
    )
    return page, status


@bp.post("/admin/banner/<any(set, clear):what>")
def say(what: str) -> ResponseReturnValue:
    """Tell everybody something on every page, or stop telling it."""
    _admin()
    form, session = BannerForm(), web.session()
    try:
        if what == "set":
            banner.put_up(session, text=text(form, "text"))
        else:
            banner.take_down(session)
        session.commit()
    except Invalid as error:
        session.rollback()
        show_faults(form, error)
        return _overview(form, error.status)
    flash("Saved. Every page shows it." if what == "set" else "Saved.", "success")
    return redirect(url_for("admin.index"), 303)


@bp.post("/admin/retry/<public_id>")
def retry(public_id: str) -> ResponseReturnValue:
    """Have a submission scored once more that failed on our side."""
    _admin()
    session = web.session()
    found = queries.submission(session, public_id=public_id)
    reviewing.score_again(session, submission=found)
    session.commit()
    wake(web.services())
    flash("The submission is scored again.", "success")
    return redirect(url_for("admin.index"), 303)


@bp.get("/admin/users")
def users() -> ResponseReturnValue:
    """Who is here, and who may do what?"""
    _admin()
    asked, role = request.args.get("q", ""), request.args.get("role", "")
    found = queries.users(
        web.session(),
        text=asked,
        role=role if role in {"blocked", *service.ROLES} else "",
        before=id_of("users", request.args.get("cursor", "")),
        limit=PAGE_ROWS + 1,
    )
    return render_template(
        "admin/users.html",
        users=found[:PAGE_ROWS],
        filters={"q": asked, "role": role},
        next=cursor_of("users", found[-2].id) if len(found) > PAGE_ROWS else None,
    )


@bp.get("/admin/users/<username>")
def user(username: str) -> ResponseReturnValue:
    """One user, and what was done to them."""
    _admin()
    return _user_page(service.by_username(web.session(), username), BlockForm())


@bp.post("/admin/users/<username>/<any(block, unblock, give, take):what>")
def change(username: str, what: str) -> ResponseReturnValue:
    """Change what a user may do."""
    by, form, session = _admin(), BlockForm(), web.session()
    found = service.by_username(session, username)
    try:
        if what == "block":
            service.block(session, user=found, by=by, reason=text(form, "reason"))
        elif what == "unblock":
            accounts.set_active(session, user=found, active=True)
        else:
            role, has = request.form.get("role", ""), what == "give"
            service.set_role(session, user=found, by=by, role=role, has=has)
        session.commit()
    except PodiumError as error:
        session.rollback()
        show_faults(form, error)
        return _user_page(found, form, error.status)
    flash("Saved.", "success")
    return redirect(url_for("admin.user", username=username), 303)


@bp.get("/admin/competitions")
def competitions() -> ResponseReturnValue:
    """Every competition, drafts too."""
    _admin()
    found = queries.competitions(
        web.session(),
        before=id_of("all-competitions", request.args.get("cursor", "")),
        limit=PAGE_ROWS + 1,
    )
    more = None
    if len(found) > PAGE_ROWS:
        more = cursor_of("all-competitions", found[-2].id)
    return render_template(
        "admin/competitions.html",
        competitions=found[:PAGE_ROWS],
        next=more,
        now=clock.now(),
    )


@bp.get("/admin/audit")
def log() -> ResponseReturnValue:
    """Who did what with a privilege?"""
    _admin()
    act, who, target = (request.args.get(name, "") for name in ("act", "who", "target"))
    found = audit.entries(
        web.session(),
        act=Act(act) if act in set(Act) else None,
        who=who.strip(),
        target=target.strip(),
        before=id_of("audit", request.args.get("cursor", "")),
        limit=PAGE_ROWS + 1,
    )
    return render_template(
        "admin/audit.html",
        entries=found[:PAGE_ROWS],
        acts=list(Act),
        filters={"act": act, "who": who, "target": target},
        next=cursor_of("audit", found[-2].number) if len(found) > PAGE_ROWS else None,
    )


def _admin() -> User:
    user = require_viewer()
    service.require_admin(user)
    return user


def _user_page(found: User, form: BlockForm, status: int = 200) -> ResponseReturnValue:
    target = f"user {found.username}"
    known = audit.entries(web.session(), target=target, limit=PAGE_ROWS)
    page = render_template(
        "admin/user.html",
        found=found,
        form=form,
        roles={role.name for role in found.roles},
        entries=[each for each in known if each.target == target],
    )
    return page, status
