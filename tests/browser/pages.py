"""Every page of the site with something on it, and most of them without."""

from __future__ import annotations

from tests.browser.showroom import Showroom

MAIN = "/c/breast-cancer"


def for_visitors(room: Showroom) -> dict[str, str]:
    """Pages that everybody sees, by a short name."""
    return {
        "home-visitor": "/",
        "competitions": "/competitions",
        "competitions-none": "/competitions?search=nothing-like-this",
        "overview": MAIN,
        "data": f"{MAIN}/data",
        "rules": f"{MAIN}/rules",
        "leaderboard": f"{MAIN}/leaderboard",
        "leaderboard-private": f"/c/{room.ended}/leaderboard",
        "leaderboard-empty": "/c/bird-calls/leaderboard",
        "receipts": f"{MAIN}/receipts",
        "receipts-ended": f"/c/{room.ended}/receipts",
        "receipts-none": "/c/bird-calls/receipts",
        "overview-upcoming": "/c/bird-calls",
        "team-public": f"/t/{room.team}",
        "user": "/u/ada",
        "user-empty": "/u/yuki",
        "search": "/search?q=an",
        "search-none": "/search?q=zzzz",
        "status": "/status",
        "help": "/help",
        "help-participants": "/help/participants",
        "metrics": "/help/metrics",
        "metric": "/help/metrics/log_loss",
        "log-in": "/log-in",
        "sign-up": "/sign-up",
        "forgot": "/forgot",
        "not-found": "/c/brest-cancer",
    }


def for_the_viewer(room: Showroom) -> dict[str, str]:
    """Pages of somebody who has logged in and taken part."""
    return {
        "home": "/",
        "leaderboard-mine": f"{MAIN}/leaderboard",
        "team": f"{MAIN}/team",
        "team-not-joined": "/c/bird-calls/team",
        "submit": f"{MAIN}/submit",
        "submit-refused": "/c/bird-calls/submit",
        "submissions": f"{MAIN}/submissions",
        "submissions-none": "/c/bird-calls/submissions",
        "submission-scored": f"{MAIN}/submissions/{room.scored}",
        "submission-rejected": f"{MAIN}/submissions/{room.rejected}",
        "submission-waiting": f"{MAIN}/submissions/{room.waiting}",
        "receipt": f"/receipts/{room.receipt}",
        "invitations": "/invitations",
        "profile": "/settings/profile",
        "email": "/settings/email",
        "tokens": "/settings/tokens",
        "devices": "/settings/devices",
        "own-data": "/settings/data",
        "password": "/change-password",
    }


def for_administrators() -> dict[str, str]:
    """Pages of who runs this Podium."""
    return {
        "admin": "/admin",
        "admin-users": "/admin/users",
        "admin-users-none": "/admin/users?q=zzzz",
        "admin-user": "/admin/users/bruno",
        "admin-user-blocked": "/admin/users/umut",
        "admin-competitions": "/admin/competitions",
        "admin-audit": "/admin/audit",
    }
