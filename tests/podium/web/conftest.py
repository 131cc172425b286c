"""A competition, and people with a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from podium.accounts.models import User
from podium.competitions.models import Competition
from tests.podium.factories import Factory
from tests.podium.web.people import Person

Visit = Callable[..., Person]


@pytest.fixture
def stars(make: Factory) -> Competition:
    return make.competition("stars")


@pytest.fixture
def ada(make: Factory) -> User:
    return make.user("ada", display_name="Ada Quill")


@pytest.fixture
def visitor(app: Flask) -> Person:
    return Person(app)


@pytest.fixture
def as_ada(app: Flask, ada: User) -> Person:
    return Person(app, ada)


@pytest.fixture
def as_user(app: Flask) -> Visit:
    """Somebody's browser, logged in."""
    return lambda user: Person(app, user)
