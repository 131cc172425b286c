"""Who acts, where an operator works at the command line."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.core import audit


@contextmanager
def acting(services: Services) -> Iterator[Session]:
    """A session whose acts the audit log lays to the operator."""
    with services.database.session() as session:
        audit.attribute(session, _operator)
        yield session


def _operator() -> audit.Origin:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        name = str(os.getuid())
    return audit.Origin(f"operator ({name})", "command line")
