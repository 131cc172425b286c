"""A mail server of our own, and the mail that it took."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"


@dataclass
class Postbox:
    """Takes all mail, but for what it is told to ``say`` to an address instead."""

    say: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Whether mail to that address is taken."""
        if address in self.say:
            return self.say[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.receivers += envelope.rcpt_tos
        return "250 taken"

    async def handle_EHLO(  # noqa: N802
        self, _: SMTP, session: Session, __: Envelope, hostname: str, said: list[str]
    ) -> list[str]:
        """Count who comes."""
        self.connections += 1
        session.host_name = hostname  # type: ignore[assignment]
        return said


class AnyPort(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def postbox(
    *, tls: ssl.SSLContext | None = None, user: tuple[str, str] | None = None
) -> Iterator[Postbox]:
    """A mail server while it is needed; ``tls`` offers STARTTLS, ``user`` must log in."""
    box = Postbox()

    def known(_: Any, __: Any, ___: Any, ____: Any, data: Any) -> AuthResult:
        given = isinstance(data, LoginPassword) and (
            data.login.decode(),
            data.password.decode(),
        )
        return AuthResult(success=given == user, handled=False)

    options: dict[str, Any] = {"tls_context": tls} if tls else {}
    if user:
        options |= {"authenticator": known, "auth_required": True}
    controller = AnyPort(box, hostname=HOST, port=0, **options)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()
