"""A person with a browser, without scripts: fills forms with the tokens they carry."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from podium.accounts.models import User
from tests.podium.factories import PASSWORD


class Person:
    """Somebody at the site. ``get`` and ``post`` follow no redirects."""

    def __init__(self, app: Flask, user: User | None = None) -> None:
        self.client = app.test_client()
        if user is not None:
            answer = self.post("/log-in", login=user.username, password=PASSWORD)
            assert answer.status_code == 302, answer.text

    def get(self, address: str, **options: Any) -> TestResponse:
        """Open a page, and read it to its end."""
        return self.client.get(address, buffered=True, **options)

    def token(self, address: str = "/log-in") -> str:
        """The CSRF token of a page's forms."""
        page = self.client.get(address, follow_redirects=True).text
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
        if found is None:
            raise AssertionError(f"{address} has no form")
        return found.group(1)

    def post(self, address: str, **fields: Any) -> TestResponse:
        """Send a form, with the token that the page before it carried."""
        page = "/settings/profile" if self._logged_in() else "/log-in"
        return self.client.post(address, data={"csrf_token": self.token(page)} | fields)

    def _logged_in(self) -> bool:
        return self.client.get("/settings/profile").status_code == 200
