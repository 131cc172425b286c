"""``podium-server demo``: fills a running Podium as its users would, through the public API.

The operator's part is the import of the competitions that ship. Everything else (sign-ups,
teams, invitations, submissions) goes over HTTP with the users' own tokens, and the
baselines are trained in a process of their own from the data that participants download.
A second run finds what is there and adds only what is missing.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import httpx2 as httpx

from podium.core import clock
from podium.core.paths import resource
from podium.processes import Child
from podium.settings import Settings, read_settings
from podium.supervisor import AFTER_STAGE, say

PASSWORD = "podium-demo"  # noqa: S105  # printed, and used on this machine alone
SETTLED_WITHIN_S = 120.0
_DEADLINES = ("entry_deadline:", "merger_deadline:")  # they may not be after the end


# A file of predictions and its description, as the baselines' index has them.
Prediction: TypeAlias = Mapping[str, str]


class DemoError(Exception):
    """The demo could not be filled; the text says why."""


@dataclass(frozen=True)
class Person:
    """A demo user."""

    username: str
    name: str
    about: str = ""


@dataclass(frozen=True)
class DemoTeam:
    """A demo team: who is in it, and which of a competition's baselines it sends.

    Baselines stand weakest first; ``upto`` says how far the team got. ``models`` names
    those of a whole field that it sends instead.
    """

    name: str
    people: tuple[Person, ...]
    upto: int = 0
    models: tuple[str, ...] = ()
    broken_first: bool = False

    @property
    def wanted(self) -> int:
        """How many files it sends in a competition."""
        return self.upto + len(self.models) + int(self.broken_first)

    def files_of(self, predictions: Sequence[Prediction]) -> list[Prediction]:
        """What it sends of what was trained."""
        if not self.models:
            return list(predictions[: self.upto])
        named = {each["file"].partition("-")[2]: each for each in predictions}
        return [named[f"{model}.csv"] for model in self.models]


ADA = Person("ada", "Ada Quill", "Statistics by day, gradient boosting by night.")
BEN = Person("ben", "Ben Okafor", "I like models that fit on one page.")
CHI = Person("chi", "Chi Nakamura", "Forests, mostly.")
DEE = Person("dee", "Dee Larsen", "Learning in public.")
EVA = Person("eva", "Eva Marín", "Physician who codes.")
FIN = Person("fin", "Fin O'Leary", "Kernels.")
GUL = Person("gul", "Gül Aydın")
HAN = Person("han", "Han Sørensen", "Trees and more trees.")
IDA = Person("ida", "Ida Petrova", "Robust statistics.")
JON = Person("jon", "Jon Achebe")
KAI = Person("kai", "Kai Wójcik", "Boosting anything that moves.")
LIV = Person("liv", "Liv Costa")
PEOPLE = (ADA, BEN, CHI, DEE, EVA, FIN, GUL, HAN, IDA, JON, KAI, LIV)
LOG_INS = (ADA, BEN, CHI, DEE)  # those that the demo tells of
TEAMS = (
    DemoTeam("Straight Lines", (ADA, BEN), upto=3),
    DemoTeam("Random Foresters", (CHI,), upto=2),
    DemoTeam("First Steps", (DEE,), upto=1, broken_first=True),
)
# The competition that has ended, so that final ranks, moves and medals can be seen, and
# the teams that only took part in it.
ENDED = "diabetes-progression"
FIELD = (
    DemoTeam("Night Shift", (EVA,), models=("lasso", "products")),
    DemoTeam("Kernel Trick", (FIN,), models=("vectors",)),
    DemoTeam("Smooth Operators", (GUL,), models=("process",)),
    DemoTeam("Canopy", (HAN,), models=("tree", "extra-trees")),
    DemoTeam("No Outliers", (IDA,), models=("huber",)),
    DemoTeam("Next Door", (JON,), models=("neighbours",)),
    DemoTeam("Stumped", (KAI, LIV), models=("tree", "boosting")),
)


def children(settings: Settings) -> list[Child]:
    """The child that fills the demo once the site answers."""
    return [
        Child(
            name="demo",
            command=[sys.executable, "-m", "podium.demo"],
            stage=AFTER_STAGE,
            environment={**os.environ, **settings.environment()},
            ready_within_s=600.0,
            once=True,
        )
    ]


def main() -> int:
    """Fill the Podium that runs with this process's settings; the exit code."""
    settings = read_settings()
    try:
        fill(settings)
    except (DemoError, httpx.HTTPError, subprocess.CalledProcessError) as error:
        say(f"The demo could not be filled: {error}")
        return 1
    return 0


def fill(settings: Settings) -> None:
    """Import, sign up, train, submit and wait; raises DemoError."""
    bundles = sorted(path.parent for path in resource("competitions").glob("*/*.yaml"))
    password = _password(settings)
    with Api(settings.site_url) as anonymous:
        if not _runs_programs(anonymous):
            programs = [each for each in bundles if (each / "programs").is_dir()]
            names = ", ".join(each.name for each in programs)
            say(f"{names} is left out: programs run in containers, see the status page")
            bundles = [each for each in bundles if each not in programs]
        bundles = [each for each in bundles if not _has_ended(anonymous, each.name)]
        _import(bundles)
        users = {each: _user(settings, anonymous, each, password) for each in PEOPLE}
        slugs = [bundle.name for bundle in bundles]
        for slug in slugs:
            _until_open(anonymous, slug)
            teams = TEAMS + (FIELD if slug == ENDED else ())
            _fill_competition(settings, users, slug, teams)
        _until_scored(users[ADA], slugs)
        if ENDED in slugs:
            _end(settings)
    for user in users.values():
        user.close()
    names = ", ".join(each.username for each in LOG_INS)
    say(f"Log in as {names}; the password is {password}")


class Api:
    """The public API as one user sees it; refusals become DemoError."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(
            base_url=f"{url}/api/v1", headers=headers, timeout=60.0
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """A request's JSON answer; raises DemoError with the server's sentence."""
        answer = self._http.request(method, path, **options)
        if answer.is_success:
            return answer.json() if answer.content else None
        raise DemoError(f"{method} {path}: {answer.json().get('detail', answer.text)}")

    def items(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.call("GET", path, params={"cursor": cursor} if cursor else {})
            yield from page["items"]
            if not (cursor := page["next"]):
                return

    def download(self, path: str, to: Path) -> None:
        """Save a file."""
        with self._http.stream("GET", path) as answer, to.open("wb") as file:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)

    def found(self, path: str) -> bool:
        """Whether there is something at that path."""
        return self._http.get(path).is_success


def _import(bundles: Sequence[Path]) -> None:
    say(f"Importing {len(bundles)} competitions")
    _import_bundles(*bundles)


def _import_bundles(*arguments: Path | str) -> None:
    subprocess.run(
        [sys.executable, "-m", "podium.cli", "import-bundle", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _has_ended(api: Api, slug: str) -> bool:
    """Whether an earlier run has ended the competition: it is not opened again."""
    path = f"/competitions/{slug}"
    return api.found(path) and api.call("GET", path)["stage"] == "ended"


def _end(settings: Settings) -> None:
    """End a competition as its organizer would, by an earlier end in its bundle, and let
    its final ranks count for medals."""
    say(f"{ENDED} ends: its final ranks, medals and moves can be seen")
    folder = settings.data_dir / "demo" / ENDED / "bundle"
    shutil.copytree(resource("competitions") / ENDED, folder, dirs_exist_ok=True)
    path, soon = folder / "competition.yaml", clock.now() + timedelta(seconds=1)
    lines = path.read_text().splitlines()
    kept = [line for line in lines if not line.strip().startswith(_DEADLINES)]
    path.write_text(
        "\n".join(
            f"  closes: {soon:%Y-%m-%d %H:%M:%S}" if "  closes:" in line else line
            for line in kept
        )
        + "\n"
    )
    _import_bundles("--ranked", folder)


def _password(settings: Settings) -> str:
    """A known password where only this machine can log in, else a random one, kept."""
    try:
        local = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        local = settings.host == "localhost"
    if local:
        return PASSWORD
    file = settings.data_dir / "demo-password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(12))
    return file.read_text()


def _user(settings: Settings, api: Api, person: Person, password: str) -> Api:
    if not api.found(f"/users/{person.username}"):
        api.call(
            "POST",
            "/users",
            json={
                "username": person.username,
                "email": f"{person.username}@example.org",
                "password": password,
                "display_name": person.name,
            },
        )
    made = api.call(
        "POST",
        "/tokens",
        json={
            "login": person.username,
            "password": password,
            "label": "demo",
            "expires_days": 1,
        },
    )
    user = Api(settings.site_url, made["token"])
    user.call("PATCH", "/me", json={"about": person.about})
    return user


def _runs_programs(api: Api) -> bool:
    """Whether a machine that scores can run participants' programs."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while not (hosts := api.call("GET", "/status")["hosts"]):
        if time.monotonic() > deadline:
            raise DemoError("no machine that scores was seen")
        time.sleep(0.2)
    return any(host["code_images"] for host in hosts)


def _until_open(api: Api, slug: str) -> None:
    """Wait until the competition's solution has been prepared."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while not api.call("GET", f"/competitions/{slug}")["ready"]:
        if time.monotonic() > deadline:
            raise DemoError(f"{slug} was not ready in {SETTLED_WITHIN_S:.0f} s")
        time.sleep(0.2)


def _fill_competition(
    settings: Settings, users: dict[Person, Api], slug: str, teams: Sequence[DemoTeam]
) -> None:
    folder = settings.data_dir / "demo" / slug
    missing = [
        team
        for team in teams
        if len(_submissions(users[team.people[0]], slug)) < team.wanted
    ]
    if not missing:
        return
    say(f"{slug}: training baselines and submitting their predictions")
    predictions = _train(users[ADA], slug, folder)
    for team in missing:
        _enter(users, team, slug)
        _send(users, team, slug, folder, predictions)


def _submissions(user: Api, slug: str) -> list[dict[str, Any]]:
    return list(user.items(f"/competitions/{slug}/submissions"))


def _train(user: Api, slug: str, folder: Path) -> list[Prediction]:
    """Train the baselines from what participants download; file and description of each."""
    data, output = folder / "data", folder / "predictions"
    index = output / "index.json"
    if not index.exists():
        data.mkdir(parents=True, exist_ok=True)
        for file in user.items(f"/competitions/{slug}/data"):
            user.download(
                f"/competitions/{slug}/data/{file['name']}", data / file["name"]
            )
        program = resource("competitions") / "baselines.py"
        arguments = ["--data", data, "--slug", slug, "--output", output, "--field"]
        subprocess.run(
            [sys.executable, str(program), *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return list(json.loads(index.read_text())["submissions"])


def _enter(users: dict[Person, Api], team: DemoTeam, slug: str) -> None:
    """Accept the rules, make the team, invite the others and let them accept."""
    leader, *others = team.people
    for person in team.people:
        path = f"/competitions/{slug}/participation"
        users[person].call("PUT", path, json={"accept_rules": True})
    if not users[leader].found(f"/competitions/{slug}/team"):
        users[leader].call(
            "POST", f"/competitions/{slug}/team", json={"name": team.name}
        )
    for person in others:
        if users[person].found(f"/competitions/{slug}/team"):
            continue
        invitation = users[leader].call(
            "POST",
            f"/competitions/{slug}/team/invitations",
            json={"username": person.username},
        )
        users[person].call("POST", f"/invitations/{invitation['id']}/accept")


def _send(
    users: dict[Person, Api],
    team: DemoTeam,
    slug: str,
    folder: Path,
    predictions: Sequence[Prediction],
) -> None:
    sent = {each["description"] for each in _submissions(users[team.people[0]], slug)}
    files = [
        (folder / "predictions" / each["file"], each["description"])
        for each in team.files_of(predictions)
    ]
    if team.broken_first:
        files.insert(0, _broken(files[0][0], folder))
    for number, (path, description) in enumerate(files):
        if description not in sent:
            person = team.people[number % len(team.people)]
            users[person].call(
                "POST",
                f"/competitions/{slug}/submissions",
                params={"file_name": path.name, "description": description},
                content=path.read_bytes(),
                headers={"Content-Type": "application/octet-stream"},
            )


def _broken(good: Path, folder: Path) -> tuple[Path, str]:
    """The first try of a beginner: a program that fails, or a file without some rows and
    with a value that is no number."""
    if good.suffix == ".zip":
        path = folder / "first-try.py"
        path.write_text("import pandas as pd\n\npd.read_csv('train.csv')\n")
        return path, "My first try"
    lines = good.read_text().splitlines()
    first, _, rest = lines[1].partition(",")
    lines[1] = f"{first},oops" + ("," + rest.partition(",")[2] if "," in rest else "")
    path = folder / "first-try.csv"
    path.write_text("\n".join(lines[:-5]) + "\n")
    return path, "My first try"


def _until_scored(user: Api, slugs: Sequence[str]) -> None:
    """Wait until nothing waits any more, saying how far it is."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    told = None
    while waiting := _waiting(user):
        if time.monotonic() > deadline:
            raise DemoError(f"{waiting} submissions were not scored in time")
        if waiting != told:
            say(f"Waiting for {waiting} scores")
            told = waiting
        time.sleep(0.3)
    for slug in slugs:
        best = user.call("GET", f"/competitions/{slug}/leaderboard")["items"]
        if not best:
            raise DemoError(f"{slug} has no team on its board")
        say(f"{slug}: {best[0]['team']['name']} leads with {best[0]['score']:.5f}")


def _waiting(user: Api) -> int:
    queue = user.call("GET", "/status")["queue"]
    return int(queue["waiting"]) + int(queue["running"])


if __name__ == "__main__":
    sys.exit(main())
