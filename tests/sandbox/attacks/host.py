"""What a container leaves on the host: seen while it lives, looked for when it is gone."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podium_sandbox.engine import Engine, EngineError

CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A living container: its first process, its cgroups and its folders on the host.

    What is not to be seen from here (an engine on another machine) is left empty.
    """

    container: str
    pid: int
    cgroups: tuple[Path, ...]
    folders: tuple[Path, ...]


def trace(engine: Engine, container: str) -> Trace:
    """Note where a container that exists shows itself on this host."""
    found = engine.call("GET", f"/containers/{container}/json")
    identity, pid = str(found["Id"]), int(found["State"]["Pid"])
    return Trace(
        container=identity,
        pid=pid,
        cgroups=_cgroups(pid, identity),
        folders=_folders(engine, found),
    )


def remains(engine: Engine, traces: list[Trace]) -> list[str]:
    """What is still there of containers that should be gone, a line each."""
    known = {each["Id"] for each in _containers(engine)}
    living = _processes_by_cgroup([each.container for each in traces])
    left = [f"process {pid} of {name}" for name, pid in living]
    for each in traces:
        left += [f"container {each.container}"] if each.container in known else []
        left += [str(path) for path in (*each.cgroups, *each.folders) if path.exists()]
    return left


def _containers(engine: Engine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.call(
        "GET", "/containers/json", query={"all": "1"}
    )
    return found


def _cgroups(pid: int, identity: str) -> tuple[Path, ...]:
    found: set[Path] = set()
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for root in [CGROUPS, *(CGROUPS / c for c in controllers.split(","))]:
                folder = root / path.lstrip("/")
                if identity in path and folder.is_dir():
                    found.add(folder)
    return tuple(sorted(found))


def _folders(engine: Engine, found: dict[str, Any]) -> tuple[Path, ...]:
    """The container's own folder, the layer that holds what it wrote, its volumes."""
    root = Path(str(engine.call("GET", "/info")["DockerRootDir"]))
    folders = [root / "containers" / str(found["Id"])]
    layer = (found["GraphDriver"].get("Data") or {}).get("UpperDir")
    folders += [Path(layer).parent] if layer else []
    mounts = found.get("Mounts") or []
    folders += [Path(m["Source"]).parent for m in mounts if m["Type"] == "volume"]
    with contextlib.suppress(PermissionError):
        return tuple(folder for folder in folders if folder.is_dir())
    return ()


def _processes_by_cgroup(containers: list[str]) -> list[tuple[str, int]]:
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):
            text = Path("/proc", name, "cgroup").read_text()
            found += [(each, int(name)) for each in containers if each in text]
    return found


def gone(engine: Engine, container: str) -> bool:
    """Whether the engine knows nothing of a container any more."""
    try:
        engine.call("GET", f"/containers/{container}/json")
    except EngineError as error:
        return error.status == 404
    return False
