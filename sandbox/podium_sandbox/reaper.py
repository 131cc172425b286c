"""Which containers are leftovers: a pure rule, and the loop over the engine's list.

A service that was killed can't clean up after itself. Its containers carry labels: which
run of the service made them, at which address, and until when anybody needs them. One
service at a time has an address (a lock says so), so containers of another run at our
address have lost theirs. Those of other addresses are left alone until their deadline,
unless they ended a while ago: their service, if it lived, would have removed them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from podium_sandbox.engine import Engine, EngineError
from podium_sandbox.policy import LABEL_DEADLINE, LABEL_SERVICE, LABEL_SOCKET

# A container of ours that no worker holds may be one that is being made this moment.
YOUNG_S = 60.0
# How long after its end a container may still be asked how it ended.
ENDED_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A run of a service, and the address that it has for itself."""

    service: str
    address: str


def labels(owner: Owner, deadline: float) -> dict[str, str]:
    """The labels of a container; ``deadline`` is in seconds since 1970."""
    return {
        LABEL_SERVICE: owner.service,
        LABEL_SOCKET: owner.address,
        LABEL_DEADLINE: str(int(deadline)),
    }


def is_leftover(
    found: Mapping[str, str],
    *,
    age_s: float,
    ended_s: float | None,
    now: float,
    owner: Owner,
    in_use: bool,
) -> bool:
    """Whether a container with the labels ``found`` belongs to nobody any more.

    ``ended_s`` says how long ago its program ended, None if it runs.
    """
    if found.get(LABEL_SERVICE) == owner.service:
        return not in_use and age_s > YOUNG_S
    if found.get(LABEL_SOCKET) == owner.address:
        return True
    if ended_s is not None and ended_s > ENDED_S:
        return True
    deadline = found.get(LABEL_DEADLINE, "")
    return deadline.isdigit() and now > int(deadline)


def reap(engine: Engine, owner: Owner, in_use: Collection[str], now: float) -> int:
    """Remove every leftover on the engine; how many. Raises EngineError."""
    wanted = json.dumps({"label": [LABEL_SERVICE]})
    query = {"all": "1", "filters": wanted}
    removed = 0
    for container in engine.call("GET", "/containers/json", query=query):
        identity = str(container["Id"])
        if is_leftover(
            container["Labels"],
            age_s=now - float(container["Created"]),
            ended_s=_ended_s(engine, container, now),
            now=now,
            owner=owner,
            in_use=identity in in_use,
        ):
            removed += remove(engine, identity)
    return removed


def _ended_s(engine: Engine, container: Mapping[str, Any], now: float) -> float | None:
    if container["State"] != "exited":
        return None
    try:
        state = engine.call("GET", f"/containers/{container['Id']}/json")["State"]
        return now - datetime.fromisoformat(state["FinishedAt"]).timestamp()
    except EngineError as error:
        if error.status == 404:  # somebody removed it meanwhile
            return None
        raise


def remove(engine: Engine, container: str) -> bool:
    """Kill and remove a container; False where it was gone. Raises EngineError."""
    try:
        query = {"force": "1", "v": "1"}
        engine.call("DELETE", f"/containers/{container}", query=query)
    except EngineError as error:
        if error.status in {404, 409}:  # gone, or somebody is removing it
            return False
        raise
    return True
