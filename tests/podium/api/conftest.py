"""Callers of the API."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from podium.bootstrap import Services
from tests.podium.api.world import World


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


@pytest.fixture
def world(services: Services, client: FlaskClient) -> World:
    return World(services, client)
