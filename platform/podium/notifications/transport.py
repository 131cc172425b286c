"""How mail leaves: by SMTP, or, where no server is set, onto the terminal."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
import sys
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

from podium.notifications.models import SITE, Mail
from podium.settings import Settings

ANSWER_WITHIN_S = 20.0
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class NotSent(Exception):
    """A mail was not taken; ``final`` where no later try would change that."""

    def __init__(self, sentence: str, *, final: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.final = final


class Transport(Protocol):
    """Where mail goes."""

    def send(self, message: EmailMessage) -> None:
        """Hand over one mail; raises NotSent."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


def transport(settings: Settings) -> Transport:
    """The way that the settings name."""
    return Smtp(settings.mail_url) if settings.mail_url else Terminal()


def message(mail: Mail, settings: Settings) -> EmailMessage:
    """The mail as it is sent; raises NotSent for an address that no mail can go to.

    Its Message-ID follows from the row, so that one which is sent twice, because a
    process died in between, is told apart by who receives it.
    """
    made = EmailMessage()
    name, address = parseaddr(settings.mail_sender)
    made["From"] = Address(name, addr_spec=address)
    try:
        made["To"] = Address(addr_spec=mail.address)
    except (ValueError, IndexError, MessageError) as error:
        raise NotSent("This is no address that mail can go to.", final=True) from error
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(mail.created_at)
    digest = hashlib.sha256(f"{mail.id} {mail.created_at} {mail.address}".encode())
    made["Message-ID"] = f"<{digest.hexdigest()[:32]}@{address.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text.replace(SITE, settings.site_url))
    return made


@dataclass
class Terminal:
    """Prints mail: for a Podium that has no mail server, and for trying things out."""

    def send(self, message: EmailMessage) -> None:
        """Print one mail."""
        text = "".join(f"  | {line}\n" for line in message.get_content().splitlines())
        sys.stdout.write(f"Mail to {message['To']}: {message['Subject']}\n{text}")
        sys.stdout.flush()

    def close(self) -> None:
        """There is nothing to hang up."""


class Smtp:
    """A mail server; connects with the first mail, and again after it hung up.

    ``smtps://`` is TLS from the start and ``smtp://`` begins with STARTTLS and goes no
    further without it. ``smtp+plain://`` is for a relay on the same machine.
    """

    def __init__(self, url: str) -> None:
        self._at = urlsplit(url)
        self._server: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        """Hand over one mail; raises NotSent."""
        try:
            if self._server is None:
                self._server = self._connected()
            self._server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, said),) = error.recipients.values()
            raise _refused(code, said) from error
        except smtplib.SMTPAuthenticationError as error:
            self.close()
            raise NotSent(
                f"The mail server does not take the user name and password: "
                f"{_text(error.smtp_error)}",
                final=False,
            ) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise _refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise NotSent(f"The mail server can't do that: {error}", final=False) from (
                error
            )
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise NotSent(
                f"The mail server {self._at.hostname} can't be reached: {error}",
                final=False,
            ) from error

    def close(self) -> None:
        """Hang up; the next mail connects again."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _connected(self) -> smtplib.SMTP:
        host = self._at.hostname or ""
        port = self._at.port or PORTS[self._at.scheme]
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self._at.scheme == "smtps":
            server = smtplib.SMTP_SSL(
                host, port, timeout=ANSWER_WITHIN_S, context=context
            )
        else:
            server = smtplib.SMTP(host, port, timeout=ANSWER_WITHIN_S)
        try:
            if self._at.scheme == "smtp":
                server.starttls(context=context)
            if self._at.username:
                server.login(
                    unquote(self._at.username), unquote(self._at.password or "")
                )
        except BaseException:
            server.close()
            raise
        return server


def _refused(code: int, said: bytes | str) -> NotSent:
    """What the server said; 5xx is for good, 4xx for now (RFC 5321, 4.2.1)."""
    return NotSent(f"The mail server said {code} {_text(said)}", final=code >= 500)


def _text(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:300]
