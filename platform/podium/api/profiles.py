"""Signing up, and what users say and have reached."""

from __future__ import annotations

from typing import Any

from podium.accounts import recovery, service
from podium.accounts.api import me
from podium.accounts.identity import ticket_key
from podium.accounts.models import User
from podium.api import schemas
from podium.core import clock
from podium.core.api import PREFIX, Access, ApiBlueprint
from podium.core.limits import count_try
from podium.core.web import services, session
from podium.leaderboards.queries import results_of
from podium.leaderboards.schemas import result
from podium.showcase.service import merit_of

bp = ApiBlueprint("profiles", __name__, tag="Users")


@bp.operation(
    "POST",
    "/users",
    body=schemas.NewUser,
    example={
        "username": "emmy",
        "email": "emmy@example.org",
        "password": "correct horse battery",
        "display_name": "Emmy Noether",
    },
    answer=schemas.Profile,
    status=201,
    errors=(429,),
)
def sign_up(body: schemas.NewUser) -> tuple[schemas.Profile, int, dict[str, str]]:
    """Sign up

    Then make a token with `POST /tokens`.
    """
    count_try("sign_up", body.username)
    user = service.sign_up(session(), **body.model_dump())
    recovery.welcome(
        session(), user=user, settings=services().settings, key=ticket_key()
    )
    session().commit()
    location = f"{PREFIX}/users/{user.username}"
    return schemas.Profile(**_profile(user)), 201, {"Location": location}


@bp.operation("GET", "/users/<username>", answer=schemas.Profile)
def get_user(username: str) -> schemas.Profile:
    """A user and their results"""
    return schemas.Profile(**_profile(service.by_username(session(), username)))


@bp.operation("GET", "/me", access=Access.SIGNED_IN, answer=schemas.MyProfile)
def get_me() -> schemas.MyProfile:
    """Whose token this is"""
    return schemas.MyProfile(**_profile(me()), email=me().email)


@bp.operation(
    "PATCH",
    "/me",
    access=Access.SIGNED_IN,
    body=schemas.ProfileChange,
    example={"about": "I like *splines*.", "link": "https://example.org/ada"},
    answer=schemas.MyProfile,
)
def change_me(body: schemas.ProfileChange) -> schemas.MyProfile:
    """Change my profile"""
    user = me()
    kept = {name: getattr(user, name) for name in ("display_name", "about", "link")}
    changed = {k: v for k, v in body.model_dump().items() if v is not None}
    service.update_profile(session(), user=user, **kept | changed)
    session().commit()
    return schemas.MyProfile(**_profile(user), email=user.email)


def _profile(user: User) -> dict[str, Any]:
    now = clock.now()
    results = results_of(session(), user=user, now=now)
    merit = merit_of(session(), user=user, now=now)
    return {
        "username": user.username,
        "display_name": user.shown_name,
        "about": user.about,
        "link": user.link,
        "joined_at": user.create_datetime,
        "tier": merit.tier,
        "points": round(merit.points, 2),
        "medals": {str(kind): count for kind, count in merit.medals.items()},
        "results": [result(found) for found in results],
    }
