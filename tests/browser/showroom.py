"""A site with people, competitions and scores in it, to photograph and to check.

It stands on the competitions that ship with Podium and on one that has ended and one that
has not opened. Its scores are drawn at random: it is scenery, for tests only.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, ORGANIZER, User
from podium.competitions.importer import import_bundle
from podium.competitions.models import Competition, RevisionState
from podium.competitions.queries import newest_revision
from podium.core import clock
from podium.core.paths import resource
from podium.scoring.models import ScoringHost
from podium.submissions.models import Status
from podium.teams import service as teams
from podium.teams.models import Team
from podium_scorer.bundle import read_bundle
from tests.podium.factories import Factory

NAMES = (
    "Ada Quill", "Bruno Sato", "Chiara Vogel", "Dag Lindqvist", "Esi Mensah", "Farid Aziz",
    "Greta Novak", "Hugo Ferreira", "Ines Moreau", "Jun Park", "Kofi Boateng", "Lena Roth",
    "Mateo Ruiz", "Nora Dahl", "Omar Haddad", "Priya Nair", "Quentin Bell", "Rosa Klein",
    "Sven Berg", "Tara Singh", "Umut Kaya", "Vera Popova", "Wim de Boer", "Yuki Mori",
)  # fmt: skip
TEAMS = (
    "Residual Noise", "Gradient Ascent", "The Overfitters", "Kernel Panic", "Bayes Watch",
    "Null Hypothesis", "Lost in Latent Space", "One Hot", "Bag of Nerds", "Cross Entropy",
    "Seven Folds",
)  # fmt: skip
FAULTS = [
    {
        "kind": "missing_ids", "message": "Ids of the sample submission are missing.",
        "advice": "Add a row for each of them.", "count": 12,
        "examples": [{"value": "1042"}, {"value": "1057"}, {"value": "1101"}],
    },
    {
        "kind": "not_a_number", "message": "A prediction is not a number.",
        "advice": "Write a number such as 0.25, with a point.", "count": 3,
        "column": "malignant",
        "examples": [{"line": 17, "value": "n/a"}, {"line": 40, "value": ""},
                     {"line": 41, "value": "0,7"}],
    },
]  # fmt: skip
ABOUT = """I like small data and large uncertainty.

- gradient boosting, Gaussian processes, calibration
- favourite formula: $p(\\theta \\mid x) \\propto p(x \\mid \\theta)\\,p(\\theta)$
"""


@dataclass(frozen=True)
class Showroom:
    """Where to look: addresses of things whose names are random."""

    viewer: User
    team: str
    scored: str
    rejected: str
    waiting: str
    receipt: str
    ended: str
    admin: User


def furnish(make: Factory) -> Showroom:
    """Fill the site."""
    draw = random.Random(7)
    people = [
        make.user(name.split()[0].lower(), display_name=name, about=ABOUT, link="https://example.org/ada")
        if name == "Ada Quill" else make.user(name.split()[0].lower(), display_name=name)
        for name in NAMES
    ]  # fmt: skip
    shipped = _shipped(make)
    main = shipped["breast-cancer"]
    mine = _fill(make, main, people, draw, best=0.991, spread=0.03, private=0.004)
    for slug, best in (
        ("diabetes-progression", 54.0),
        ("digits", 0.09),
        ("wine", 0.97),
    ):
        if slug in shipped:
            _fill(make, shipped[slug], people[3:12], draw, best=best, spread=best / 20)
    ended = make.competition(
        "winter-load", title="Winter Load Forecast", metric="rmse",
        subtitle="Predict a city's power demand, hour by hour, through its coldest month.",
        tags=["time series", "energy"], host_name="Nordic Grid Lab",
    )  # fmt: skip
    _fill(make, ended, people, draw, best=41.7, spread=9, private=2.5)
    _end(make, ended)
    _upcoming(make)
    ada = people[0]
    scored = make.submission(
        mine, ada, public=0.9874, private=0.9821, margin=0.009,
        file_name="boosted_v7.csv", description="Gradient boosting, calibrated",
    )  # fmt: skip
    rejected = make.submission(
        mine, ada, status=Status.REJECTED, errors=FAULTS, counted=False,
        file_name="blend_first_try.csv",
    )  # fmt: skip
    waiting = make.submission(
        mine,
        ada,
        file_name="stack_of_three.csv.gz",
        description="Three models, averaged",
    )
    _invite(make, shipped.get("digits", main), people[5], ada)
    _host(make)
    _operate(make, mine, people)
    return Showroom(
        viewer=ada,
        team=mine.public_id,
        scored=scored.public_id,
        rejected=rejected.public_id,
        waiting=waiting.public_id,
        receipt=make.receipt(scored).public_id,
        ended=ended.slug,
        admin=people[-1],
    )


def _shipped(make: Factory) -> dict[str, Competition]:
    found = {}
    for folder in sorted(resource("competitions").iterdir()):
        if not (folder / "competition.yaml").is_file():
            continue
        bundle = read_bundle(folder)
        with make.session() as session:
            competition = import_bundle(
                session, bundle=bundle, storage=make.services.storage
            ).competition
            revision = newest_revision(session, competition=competition)
            revision.state = RevisionState.READY
            revision.public_rows, revision.private_rows = 90, 137
            competition.live_revision_id = revision.id
            found[bundle.slug] = competition
    return found


def _fill(make, competition, people, draw, *, best, spread, private=0.0):  # type: ignore[no-untyped-def]
    lower = competition.slug in {"diabetes-progression", "digits", "winter-load"}
    start, first = max(competition.opens_at, clock.now() - timedelta(days=9)), None
    groups = iter(people)
    for place, name in enumerate(TEAMS):
        members = [
            m for m, _ in zip(groups, range(3 if place % 3 == 0 else 1), strict=False)
        ]
        if not members:
            break
        team = make.team(competition, *members, name=name)
        first = first or team
        for turn in range(draw.randint(1, 4)):
            off = spread * (0.15 + place / 8 + draw.random() / 5) / (1 + turn)
            score = best + off if lower else best - off
            sent = make.submission(
                team, members[0], at=start + timedelta(hours=7 * place + 20 * turn),
                public=score, private=score - private * draw.random(), margin=spread / 4,
            )  # fmt: skip
            make.receipt(sent)
    return first


def _end(make: Factory, competition: Competition) -> None:
    with make.session() as session:
        held = session.get_one(Competition, competition.id)
        held.opens_at = clock.now() - timedelta(days=62)
        held.closes_at = clock.now() - timedelta(days=2)


def _upcoming(make: Factory) -> None:
    now = clock.now()
    make.competition(
        "bird-calls", title="Dawn Chorus", live=False, metric="macro_f1", data={},
        subtitle="Name the birds in thirty seconds of forest at sunrise.",
        tags=["audio", "biology"], host_name="Birdsong Archive",
        opens_at=now + timedelta(days=5), closes_at=now + timedelta(days=65),
    )  # fmt: skip


def _invite(make: Factory, competition: Competition, by: User, user: User) -> None:
    with make.session() as session:
        held = session.get_one(Competition, competition.id)
        sender = session.merge(by)
        team = teams.team_or_new(
            session, competition=held, user=sender, now=clock.now()
        )
        teams.invite(
            session, team=team, by=sender, username=user.username, now=clock.now()
        )


def _host(make: Factory) -> None:
    with make.session() as session:
        session.add(
            ScoringHost(
                name="scorer-1",
                seen_at=clock.now(),
                sandbox={
                    "mode": "docker",
                    "strength": [
                        "a fresh container for each job", "no network",
                        "read-only file system", "no capabilities, not root",
                        "limits on memory, processes, time and output",
                    ],
                    "checks": {}, "reason": "", "trouble": "",
                },
            )
        )  # fmt: skip


def _operate(make: Factory, team: Team, people: list[User]) -> None:
    """What an administrator finds: a failure of ours, and a few acts in the log."""
    make.submission(
        team, people[0], status=Status.FAILED, failures=5, counted=False,
        file_name="trees.csv", host_message="The engine did not answer within 20 s.",
    )  # fmt: skip
    with make.session() as session:
        bruno, umut, yuki = (
            session.get_one(User, people[place].id) for place in (1, -4, -1)
        )
        accounts.set_role(session, user=yuki, name=ADMIN, has=True)
        accounts.set_role(session, user=bruno, name=ORGANIZER, has=True)
        accounts.set_active(session, user=umut, active=False, reason="Advertising.")
