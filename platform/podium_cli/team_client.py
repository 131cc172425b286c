"""What teams ask of a Podium's API: making one, joining, merging."""

from __future__ import annotations

from urllib.parse import quote

import httpx2 as httpx

from podium_cli.connection import Connection, Json, path_of
from podium_cli.errors import Refused


class TeamClient(Connection):
    """One's team in a competition, and those that one could join."""

    def team(self, slug: str) -> Json:
        """My team, with its members and the invitations that wait."""
        return self.call("GET", f"{path_of(slug)}/team")

    def name_team(self, slug: str, name: str) -> Json:
        """Make a team of this name, or rename mine."""
        try:
            self.team(slug)
        except Refused as error:
            if error.status != httpx.codes.NOT_FOUND or error.kind != "no_team":
                raise
            return self.call("POST", f"{path_of(slug)}/team", json={"name": name})
        return self.call("PATCH", f"{path_of(slug)}/team", json={"name": name})

    def invite(self, slug: str, username: str) -> Json:
        """Invite a user into my team."""
        path = f"{path_of(slug)}/team/invitations"
        return self.call("POST", path, json={"username": username})

    def invitations(self) -> list[Json]:
        """The invitations that wait for my answer."""
        items: list[Json] = self.call("GET", "/invitations")["items"]
        return items

    def answer_invitation(self, invitation_id: str, *, accept: bool) -> Json:
        """Join the team that invited me, or decline."""
        word = "accept" if accept else "decline"
        path = f"/invitations/{quote(invitation_id, safe='')}/{word}"
        return self.call("POST", path)

    def hand_over(self, slug: str, username: str) -> Json:
        """Make another member the leader of my team."""
        path = f"{path_of(slug)}/team/leader"
        return self.call("PUT", path, json={"username": username})

    def remove_member(self, slug: str, username: str) -> None:
        """Take a member out of my team."""
        self.call("DELETE", f"{path_of(slug)}/team/members/{quote(username, safe='')}")

    def make_link(self, slug: str) -> Json:
        """A link by which others join my team."""
        return self.call("POST", f"{path_of(slug)}/team/link")

    def close_link(self, slug: str) -> None:
        """Let nobody join by my team's link any more."""
        self.call("DELETE", f"{path_of(slug)}/team/link")

    def join_by_link(self, link: str) -> Json:
        """Join a team by its link, or by the last part of it."""
        secret = link.rstrip("/").rpartition("/")[2]
        return self.call("POST", f"/team-links/{quote(secret, safe='')}")

    def take_requests(self, slug: str, *, is_open: bool) -> Json:
        """Let others ask to join my team, or no longer."""
        path = f"{path_of(slug)}/team/openness"
        return self.call("PUT", path, json={"open_to_requests": is_open})

    def join_requests(self, slug: str) -> list[Json]:
        """Requests to join, to my team and of mine."""
        found = self.call("GET", f"{path_of(slug)}/join-requests")
        items: list[Json] = found["items"]
        return items

    def ask_to_join(self, slug: str, name: str, message: str = "") -> Json:
        """Ask the team of this name to let me in."""
        body = {"name": name, "message": message}
        return self.call("POST", f"{path_of(slug)}/join-requests", json=body)

    def accept_join(self, request_id: str) -> Json:
        """Let in who asked to join my team."""
        path = f"/join-requests/{quote(request_id, safe='')}/accept"
        return self.call("POST", path)

    def close_join(self, request_id: str) -> None:
        """Decline a request to join my team, or take my own back."""
        self.call("DELETE", f"/join-requests/{quote(request_id, safe='')}")

    def merge_requests(self, slug: str) -> list[Json]:
        """Requests to merge, to my team and of my team."""
        items: list[Json] = self.call("GET", f"{path_of(slug)}/team/merge-requests")[
            "items"
        ]
        return items

    def ask_to_merge(self, slug: str, name: str) -> Json:
        """Ask the team of this name to become one with mine."""
        path = f"{path_of(slug)}/team/merge-requests"
        return self.call("POST", path, json={"name": name})

    def accept_merge(self, request_id: str) -> Json:
        """Merge with the team that asked mine."""
        path = f"/merge-requests/{quote(request_id, safe='')}/accept"
        return self.call("POST", path)

    def close_merge(self, request_id: str) -> None:
        """Decline a request to merge, or take my team's own back."""
        self.call("DELETE", f"/merge-requests/{quote(request_id, safe='')}")
