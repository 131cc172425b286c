"""Where log-ins are kept: one file that only its owner can read.

``PODIUM_URL`` and ``PODIUM_TOKEN`` come before what is kept; ``PODIUM_CONFIG_DIR`` moves
the file. A token is only ever given out for the address it was stored with.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from podium_cli.errors import NotLoggedIn, Refused

FILE = "credentials.json"


@dataclass(frozen=True, kw_only=True)
class Login:
    """A server and the token for it. ``token_id`` is known where we made the token."""

    url: str
    token: str | None = None
    username: str | None = None
    token_id: int | None = None


@dataclass(frozen=True)
class Credentials:
    """The file of log-ins."""

    path: Path

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> Credentials:
        """The file of the user who runs this."""
        folder = environ.get("PODIUM_CONFIG_DIR")
        return cls(
            (Path(folder) if folder else platformdirs.user_config_path("podium")) / FILE
        )

    def current(self, environ: Mapping[str, str] = os.environ) -> Login:
        """The log-in to use; raises NotLoggedIn where no server is known."""
        data = self._read()
        url = environ.get("PODIUM_URL") or data["default"]
        if not url:
            raise NotLoggedIn(
                "No server is known yet. Log in first: podium login URL, or set "
                "PODIUM_URL and PODIUM_TOKEN."
            )
        url = site_url(url)
        kept = self.kept(url) or Login(url=url)
        token = environ.get("PODIUM_TOKEN")
        return Login(url=url, token=token) if token else kept

    def kept(self, url: str) -> Login | None:
        """What is kept for that server."""
        server = self._read()["servers"].get(url)
        if not isinstance(server, dict):
            return None
        return Login(
            url=url,
            token=server.get("token"),
            username=server.get("username"),
            token_id=server.get("token_id"),
        )

    def save(self, login: Login) -> None:
        """Keep a log-in and make its server the default."""
        data = self._read()
        data["servers"][login.url] = {
            "token": login.token,
            "username": login.username,
            "token_id": login.token_id,
        }
        data["default"] = login.url
        self._write(data)

    def forget(self, url: str) -> None:
        """Remove a log-in; the default becomes another one that is left, or none."""
        data = self._read()
        data["servers"].pop(url, None)
        if data["default"] == url:
            data["default"] = next(iter(data["servers"]), None)
        self._write(data)

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"default": None, "servers": {}}
        except OSError as error:
            raise Refused(
                f"The log-ins in {self.path} can't be read: {error.strerror}. Set "
                "PODIUM_CONFIG_DIR to a folder of your own."
            ) from error
        except ValueError as error:
            raise self._damaged() from error
        if not isinstance(data, dict) or not isinstance(data.get("servers"), dict):
            raise self._damaged()
        return {"default": data.get("default"), "servers": data["servers"]}

    def _write(self, data: dict[str, Any]) -> None:
        """Replace the file at once; it is never readable for others, not even while new."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp makes its file with mode 0600.
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=FILE)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    json.dump(data, stream, indent=2)
                os.replace(name, self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
        except OSError as error:
            raise Refused(
                f"The log-in can't be kept in {self.path}: {error.strerror}. Set "
                "PODIUM_CONFIG_DIR to a folder that you may write to."
            ) from error

    def _damaged(self) -> Refused:
        return Refused(
            f"The file of log-ins, {self.path}, is damaged. Delete it and log in again."
        )


def site_url(text: str) -> str:
    """The address of a Podium from what a person writes; raises Refused.

    Without a scheme it is https, and http on this machine itself.
    """
    address = text.strip()
    if "://" not in address:
        address = f"{'http' if _is_local(f'//{address}') else 'https'}://{address}"
    try:
        parts = urlsplit(address)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
        sound = sound and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or "@" in address or "?" in address or "#" in address:
        raise Refused(
            f"“{text}” is not the address of a Podium. Write it like "
            "https://podium.example.org."
        )
    return address.rstrip("/").removesuffix("/api/v1")


def is_open_line(url: str) -> bool:
    """Whether others on the way can read what is sent there."""
    return url.startswith("http://") and not _is_local(url)


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in {"localhost", "::1"} or host.startswith("127.")
