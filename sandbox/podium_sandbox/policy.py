"""From limits to a container: a pure function, so that a test can look at every option.

Nothing here talks to an engine. The names are those of the engine's API, version 1.41 and
newer ("create a container").
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from podium_sandbox.limits import Limits

SCORER_COMMAND = ("podium_scorer", "serve")
CUSTOM_COMMAND = (*SCORER_COMMAND, "--custom")
INPUT, OUTPUT = "/input", "/output"
FIRST_UID = 200_000
UID_SLOTS = 1024

LABEL_SERVICE = "podium.sandbox.service"  # which run of the service, new at each start
LABEL_SOCKET = "podium.sandbox.socket"  # the service's address: one service at a time
LABEL_DEADLINE = (
    "podium.sandbox.deadline"  # seconds since 1970; nobody needs it after it
)

_MB = 1 << 20
_CPU_SHARES = 256  # a quarter of what other programs of the host get when all are busy
_PERIOD = 1_000_000_000


@dataclass(frozen=True)
class Isolation:
    """What an operator adds to every container, by names that the engine knows.

    ``runtime`` is one of the engine's runtimes (for example gVisor's ``runsc``),
    ``apparmor`` a profile that is loaded in the kernel. Empty is the engine's own choice.
    """

    runtime: str = ""
    apparmor: str = ""


def environment() -> dict[str, str]:
    """Everything a scorer finds in its environment; nothing is inherited."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - inside the sandbox
        "LANG": "C.UTF-8",
        # One thread of work: more only wait for each other under a limit of one core.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


@cache
def seccomp_profile() -> str:
    """The list of allowed system calls, with reasons, as one line of JSON."""
    text = resources.files("podium_sandbox").joinpath("seccomp.json").read_text("utf-8")
    return json.dumps(json.loads(text), separators=(",", ":"))


def container_options(
    limits: Limits,
    *,
    image: str,
    slot: int,
    labels: Mapping[str, str],
    command: Sequence[str] = ("python3", "-I", "-m", *SCORER_COMMAND),
    inputs: str | None = None,
    isolation: Isolation = Isolation(),
) -> dict[str, Any]:
    """The body of a request to create the container of one job.

    ``slot`` chooses the user: no two containers that live at the same time share one.
    ``inputs`` names the container whose volume at /input is seen here, read-only.
    """
    uid = FIRST_UID + slot
    host_options = _host_options(limits, uid)
    if isolation.runtime:
        host_options["Runtime"] = isolation.runtime
    if isolation.apparmor:
        host_options["SecurityOpt"].append(f"apparmor={isolation.apparmor}")
    if inputs is not None:
        host_options["VolumesFrom"] = [f"{inputs}:ro"]
    return {
        "Image": image,
        "Cmd": list(command),
        "Entrypoint": [],
        "User": f"{uid}:{uid}",
        "Hostname": "job",
        "Env": [f"{name}={value}" for name, value in environment().items()],
        "WorkingDir": "/tmp",  # noqa: S108 - inside the sandbox
        "Labels": dict(labels),
        "StopSignal": "SIGKILL",
        "NetworkDisabled": True,  # an empty network namespace, 90 ms faster than "none"
        "OpenStdin": True,
        "StdinOnce": True,  # the end of our connection is the end of its input
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": host_options,
    }


def input_holder_options(*, image: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The body of a request to create what holds a job's input: it is never started.

    Its volume has no name, so that it goes with the last container that uses it.
    """
    return {
        "Image": image,
        "Entrypoint": [],
        "Cmd": ["never-started"],
        "Labels": dict(labels),
        "Volumes": {INPUT: {}},
        "NetworkDisabled": True,
        "HostConfig": {"LogConfig": {"Type": "none"}, "RestartPolicy": {"Name": "no"}},
    }


def _host_options(limits: Limits, uid: int) -> dict[str, Any]:
    memory = limits.memory_mb * _MB
    return {
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "Privileged": False,
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={seccomp_profile()}"],
        "PidsLimit": limits.pids,
        "Memory": memory,
        "MemorySwap": memory,  # memory and swap together: no swap beside it
        "OomScoreAdj": 500,
        "NanoCpus": int(limits.cpus * _PERIOD),
        "CpuShares": _CPU_SHARES,
        "Ulimits": [
            {"Name": name, "Soft": value, "Hard": value}
            for name, value in _ulimits(limits).items()
        ],
        "Tmpfs": _tmpfs(limits, uid),
        "IpcMode": "none",  # no shared memory but the one that is mounted above
        "CgroupnsMode": "private",
        "LogConfig": {"Type": "none"},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,  # whether memory ran out is asked after the end
        "Init": False,
    }


def _ulimits(limits: Limits) -> dict[str, int]:
    has_output = limits.output_inodes > 0
    # Not nproc: the kernel counts it per user over all containers.
    return {
        "nofile": limits.open_files,
        "core": 0,
        "fsize": max(limits.tmp_mb, limits.output_mb * has_output) * _MB,
        "cpu": limits.cpu_s,
        "memlock": 64 << 10,
        "msgqueue": 0,
        "rtprio": 0,
    }


def _tmpfs(limits: Limits, uid: int) -> dict[str, str]:
    """The places to write: scratch space, a program's shared memory and its output."""
    held = "rw,noexec,nosuid,nodev"
    places = {
        "/tmp": (  # noqa: S108 - inside the sandbox
            f"{held},size={limits.tmp_mb}m,nr_inodes={limits.tmp_inodes},mode=1777"
        )
    }
    if limits.shm_mb:
        # Mounted here, since the engine's own /dev/shm limits no inodes.
        places["/dev/shm"] = (  # noqa: S108 - inside the sandbox
            f"{held},size={limits.shm_mb}m,nr_inodes={limits.tmp_inodes},mode=1777"
        )
    if limits.output_inodes:
        places[OUTPUT] = (
            f"{held},size={limits.output_mb}m,nr_inodes={limits.output_inodes},"
            f"mode=0700,uid={uid},gid={uid}"
        )
    return places
