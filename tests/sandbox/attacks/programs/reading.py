"""Looking for what is somebody else's: secrets, files, processes, descriptors."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.sandbox.attacks.programs.probing import (
    CODE,
    Control,
    Refused,
    attack,
    probe,
    tell,
)

# What the tests leave in the service's environment and in files of the host.
# Put together, so that the text of this program is no find.
CANARY = "canary-of-the-host-" + "7731"
LABEL = "canary-of-the-labels-" + "4409"
GIVEN = "canary-of-the-inputs-" + "5518"
INPUT = "/input"
READ_ONLY_INPUT = "/input is mounted read-only, and its files are root's"
MOST_READ = 1 << 20


def processes() -> Iterator[int]:
    """The numbers of all processes that can be seen."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


@probe(
    held_by="an explicit environment, nothing inherited, processes of one's own only",
    refused="NONE",
    control=Control.SHARED,
)
def environment() -> str:
    """Find a secret of the service in the environment of any process."""
    for number in processes():
        try:
            with open(f"/proc/{number}/environ", "rb") as file:
                if CANARY.encode() in file.read():
                    return str(number)
        except OSError:
            continue
    if CANARY in repr(dict(os.environ)):
        return "mine"
    raise Refused("NONE")


@probe(held_by="a process namespace of its own", refused="NONE", control=Control.SHARED)
def process_list() -> int:
    """See processes that are not the job's own."""
    others = set(processes()) - {1, os.getpid(), os.getppid()}
    if not others:
        raise Refused("NONE")
    return len(others)


@probe(
    held_by="no mount of the host, a root of its own",
    refused="NONE",
    control=Control.SHARED,
)
def files_of_the_host() -> str:
    """Find a file with a secret of the host, anywhere."""
    for folder, _, names in os.walk("/"):
        if folder.startswith(("/proc", "/sys", "/usr")):
            continue
        for name in names:
            path = os.path.join(folder, name)
            if _holds(path, CANARY.encode()):
                return path
    raise Refused("NONE")


def _holds(path: str, wanted: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return wanted in os.read(descriptor, MOST_READ)
        finally:
            os.close(descriptor)
    except OSError:
        return False


@probe(held_by="no mount of the host", refused="NONE", control=Control.SHARED)
def mounts_of_the_host() -> list[str]:
    """Find a folder of the host that is mounted writable."""
    usual = {"/", "/tmp", "/output", "/dev", "/dev/shm", "/dev/mqueue", "/dev/pts"}
    usual |= {"/dev/console", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf"}
    found = []
    with open("/proc/self/mounts") as file:
        for line in file:
            _, point, _, options, *_ = line.split()
            if point.startswith(("/proc", "/sys")) or point in usual:
                continue
            if "rw" in options.split(","):
                found.append(point)
    if not found:
        raise Refused("NONE")
    return found


@probe(
    held_by="the harness can't be looked into: PR_SET_DUMPABLE 0",
    refused="EACCES EPERM",
    profiles=(CODE,),
)
def memory_of_the_harness() -> None:
    """Open the memory of the process that collects the output."""
    os.close(os.open("/proc/1/mem", os.O_RDWR))


@probe(
    held_by="the harness can't be looked into: PR_SET_DUMPABLE 0",
    refused="EACCES EPERM",
    profiles=(CODE,),
)
def streams_of_the_harness() -> None:
    """Write to the stream by which the host hears what was collected."""
    os.close(os.open("/proc/1/fd/1", os.O_WRONLY))


@probe(
    held_by="the harness can't be looked into: PR_SET_DUMPABLE 0",
    refused="EACCES EPERM",
    profiles=(CODE,),
)
def environment_of_the_harness() -> bytes:
    """Read what the harness was told."""
    with open("/proc/1/environ", "rb") as file:
        return file.read(100)


@probe(
    held_by="a root of its own, and PR_SET_DUMPABLE 0",
    refused="EACCES EPERM",
    profiles=(CODE,),
)
def root_of_the_harness() -> list[str]:
    """Look at the files through the eyes of the harness."""
    return os.listdir("/proc/1/root")


@probe(held_by=READ_ONLY_INPUT, refused="EROFS EACCES", profiles=(CODE,))
def change_inputs() -> None:
    """Change the inputs, which other jobs get too."""
    with open(f"{INPUT}/{os.listdir(INPUT)[0]}", "r+b") as file:
        file.write(b"x")


@probe(held_by=READ_ONLY_INPUT, refused="EROFS EACCES", profiles=(CODE,))
def add_to_inputs() -> None:
    """Leave a file among the inputs."""
    open(f"{INPUT}/attempt", "x").close()


@probe(held_by=READ_ONLY_INPUT, refused="EROFS", profiles=(CODE,))
def loosen_inputs() -> None:
    """Make the inputs writable."""
    os.chmod(INPUT, 0o777)


@probe(held_by=READ_ONLY_INPUT, refused="EROFS", profiles=(CODE,))
def remove_inputs() -> None:
    """Remove an input."""
    os.remove(f"{INPUT}/{os.listdir(INPUT)[-1]}")


@attack(
    held_by="no label is in a program's container, its image, its environment or a mount",
    ends={CODE: "finished 0"},
    facts={"labels": [], "inputs": 1},
    least={"inputs": 1},
)
def search_labels() -> None:
    """Search every file and every process for the labels, and find the inputs."""
    labels, inputs = [], []
    paths = [os.path.join(where, n) for where, _, names in _places() for n in names]
    paths += [f"/proc/{n}/{x}" for n in processes() for x in ("environ", "cmdline")]
    for path in paths:
        labels += [path] if _holds(path, LABEL.encode()) else []
        inputs += [path] if _holds(path, GIVEN.encode()) else []
    tell(labels=labels, inputs=len(inputs))


def _places() -> Iterator[tuple[str, list[str], list[str]]]:
    for where, folders, names in os.walk("/"):
        folders[:] = [n for n in folders if where != "/" or n not in {"proc", "sys"}]
        yield where, folders, names
