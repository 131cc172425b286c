"""The API keeps to its OpenAPI document, whatever schemathesis thinks of."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, seed, settings
from schemathesis.config import SchemathesisConfig
from sqlalchemy import update

from podium.api import BLUEPRINTS
from podium.core import clock
from podium.core.api import new_app
from podium.receipts.models import Receipt
from podium.submissions.models import Submission
from podium.teams.models import Invitation, JoinRequest, MergeRequest, Team
from tests.podium.api.world import World
from tests.podium.factories import DAY

EXAMPLES = 20
SEED = 20261123
# What is there, so that a good part of the requests finds something.
THERE = {
    "slug": "stars",
    "username": "ada",
    "submission_id": "submission",
    "team_id": "team",
    "invitation_id": "invitation",
    "request_id": "merge",
    "join_id": "join",
    "secret": "link",
    "announcement_id": "announcement",
    "receipt_id": "receipt",
    "token_id": 1,
}
# Rules that no schema can say: what a name may hold, which passwords are too simple, which
# files are none. Elsewhere what the schema allows must not be refused as invalid.
BEYOND_THE_SCHEMA = [
    "signUp",
    "changeMe",
    "makeTeam",
    "renameTeam",
    "askToJoin",
    "submit",
    "pushBundle",
]
MAY_BE_INVALID = ["2xx", "401", "403", "404", "409", "413", "415", "422", "429"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": SEED,
        "generation": {
            "max-examples": EXAMPLES,
            "database": "none",
            "allow-x00": False,  # refused everywhere, and tested on its own
        },
        # What answers hold differs from run to run, so nothing is learnt from them.
        "phases": {
            "fuzzing": {
                "extra-data-sources": {"responses": False},
                "error-feedback": {"enabled": False},
            }
        },
        "parameters": {"cursor": ""},  # they are signed
        "operations": [
            {
                "include-operation-id": BEYOND_THE_SCHEMA,
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": MAY_BE_INVALID}
                },
            }
        ],
    }
)


def _document() -> Any:
    """The OpenAPI document, which needs no database."""
    app = new_app("podium", static_folder=None)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    with app.app_context():
        return app.spec


class Site:
    """The site of the test that runs, for a schema that is older than it."""

    app: Flask

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer as the present site, and close the answer as a server does."""
        answer = self.app(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()


SITE = Site()
SCHEMA = schemathesis.openapi.from_dict(_document(), config=CONFIG)
SCHEMA.app = SITE


@SCHEMA.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any]) -> Any:
    """Send two of three requests to what is there."""
    names = "train.csv" if "/data/" in context.operation.path else "rules"
    known = THERE | {"name": names}
    return {
        name: value if len(str(value)) % 3 == 2 else known.get(name, value)
        for name, value in (path_parameters or {}).items()
    }


@pytest.fixture
def token(app: Flask, world: World) -> str:
    """A world with one of everything, and the token of somebody in it."""
    SITE.app = app
    world.competition("stars")
    user, caller = world.participant("stars", "ada")
    other, theirs = world.participant("stars", "grace")
    submission = world.sent("stars", user, public=0.7, private=0.6)
    world.sent("stars", other, public=0.8, private=0.6)
    receipt = world.receipt(submission)
    made = theirs(
        "post", "/competitions/stars/team/invitations", json={"username": "ada"}
    )
    with world.session() as session:
        session.get_one(Submission, submission.id).public_id = "submission"
        session.get_one(Team, submission.team_id).public_id = "team"
        session.get_one(Receipt, receipt.id).public_id = "receipt"
        session.execute(
            update(Invitation)
            .where(Invitation.public_id == made.json["id"])
            .values(public_id="invitation")
        )
        asking = session.get_one(Invitation, 1).team
        asking.link_secret, asking.link_until = "link", clock.now() + DAY
        session.add(
            JoinRequest(public_id="join", team_id=submission.team_id, user_id=other.id)
        )
        session.add(
            MergeRequest(
                public_id="merge", team_id=asking.id, other_id=submission.team_id
            )
        )
    return caller.token


@SCHEMA.parametrize()
@seed(SEED)
@settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_an_operation_keeps_to_its_contract(case: Any, token: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"})
