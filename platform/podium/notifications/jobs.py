"""Sending mail that is due. Any number of processes may do so."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from podium.bootstrap import Services
from podium.core import clock
from podium.notifications import service
from podium.notifications.models import Mail
from podium.notifications.transport import NotSent, Transport, message, transport

FORGET_EVERY_S = 3600.0
log = logging.getLogger(__name__)


def deliver(services: Services) -> int:
    """Send what is due; how many mails the server took.

    A mail is taken, committed, sent, and noted: who dies in between leaves one that is
    sent again later, so it arrives at least once.
    """
    sent = 0
    with services.database.reading() as reading:
        if not service.is_due(reading, now=clock.now()):
            return 0
    with closing(transport(services.settings)) as way:
        while (mail := _taken(services)) is not None:
            sent += _send(services, way, mail)
    return sent


def loop(services: Services, stop: Event) -> None:
    """Send mail until told to stop; a round that fails is told and tried again."""
    forget_at = time.monotonic()
    while not stop.is_set():
        try:
            deliver(services)
            if time.monotonic() >= forget_at:
                _forget(services)
                forget_at = time.monotonic() + FORGET_EVERY_S
        except (SQLAlchemyError, OSError) as error:
            log.warning("mail could not be looked at and will be: %s", error)
        stop.wait(services.settings.mail_interval_s)


def _taken(services: Services) -> Mail | None:
    with services.database.session() as session:
        mail = service.take(session, now=clock.now())
        session.commit()
        return mail


def _send(services: Services, way: Transport, mail: Mail) -> int:
    try:
        way.send(message(mail, services.settings))
    except NotSent as error:
        log.warning("mail %s (%s) was not sent: %s", mail.id, mail.kind, error.sentence)
        with services.database.session() as session:
            service.record_failure(
                session,
                mail=mail,
                now=clock.now(),
                error=error.sentence,
                final=error.final,
            )
            session.commit()
        return 0
    with services.database.session() as session:
        service.record_sent(session, mail=mail, now=clock.now())
        session.commit()
    return 1


def _forget(services: Services) -> None:
    with services.database.session() as session:
        service.forget_old(session, now=clock.now())
        session.commit()
