"""Getting more rights: namespaces, mounts, users, capabilities, priorities, limits."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal

from tests.sandbox.attacks.programs.probing import (
    Control,
    Refused,
    libc,
    probe,
    reach,
    system_call,
)

NOT_LISTED = "seccomp: the call is on no list"
NO_NAMESPACES = "seccomp: no unshare, no setns, no clone with a namespace's flag"
NO_MOUNTS = "seccomp and no capabilities: no call of the mount family"
NO_CAPABILITIES = "no capabilities, and seccomp: the call is on no list"

NEW_NAMESPACES = {"user": 0x10000000, "mount": 0x20000, "net": 0x40000000}
PRIVILEGED = Control.PRIVILEGED


def _libc(function: str, *arguments: object) -> None:
    if getattr(libc, function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{function} was refused")


@probe(held_by=NO_NAMESPACES, control=PRIVILEGED)
def user_namespace() -> None:
    """Become root in a user namespace of one's own."""
    _libc("unshare", NEW_NAMESPACES["user"])


@probe(held_by=NO_NAMESPACES, control=PRIVILEGED)
def network_namespace() -> None:
    """Make a network namespace."""
    _libc("unshare", NEW_NAMESPACES["net"])


@probe(held_by=NO_NAMESPACES, control=PRIVILEGED)
def mount_namespace() -> None:
    """Make a mount namespace."""
    _libc("unshare", NEW_NAMESPACES["mount"])


@probe(held_by=NO_NAMESPACES, control=PRIVILEGED)
def cloned_user_namespace() -> None:
    """Start a child in a user namespace with clone()."""
    flags = NEW_NAMESPACES["user"] | signal.SIGCHLD
    if child := system_call("clone", flags, 0, 0, 0, 0):
        os.waitpid(child, 0)
    else:
        os._exit(0)


@probe(
    held_by="seccomp: clone3 does not exist, for its flags can't be looked at",
    refused="ENOSYS",
    control=PRIVILEGED,
)
def cloned_user_namespace_by_clone3() -> None:
    """Start a child in a user namespace with clone3(), whose flags lie in memory."""
    arguments = (ctypes.c_uint64 * 8)(NEW_NAMESPACES["user"], 0, 0, 0, signal.SIGCHLD)
    if child := system_call("clone3", ctypes.byref(arguments), 64):
        os.waitpid(child, 0)
    else:
        os._exit(0)


@probe(held_by=NO_NAMESPACES, control=PRIVILEGED)
def enter_namespace() -> None:
    """Enter a namespace by its file."""
    with open("/proc/self/ns/uts") as file:
        _libc("setns", file.fileno(), 0)


@probe(held_by=NO_MOUNTS, control=PRIVILEGED)
def mount() -> None:
    """Mount a file system over the scratch space."""
    _libc("unshare", NEW_NAMESPACES["mount"])
    _libc("mount", b"none", b"/tmp", b"tmpfs", 0, None)


@probe(held_by=NO_MOUNTS, control=PRIVILEGED)
def remount_root() -> None:
    """Make the root writable again."""
    _libc("unshare", NEW_NAMESPACES["mount"])
    _libc("mount", None, b"/", None, 32 | 4096, None)  # MS_REMOUNT | MS_BIND


@probe(held_by=NO_MOUNTS, control=PRIVILEGED)
def new_mount_calls() -> None:
    """Mount by the newer calls, which old lists of forbidden ones forget."""
    system_call("fsopen", b"tmpfs", 0)


@probe(held_by=NO_MOUNTS, control=PRIVILEGED)
def clone_a_mount() -> None:
    """Take a copy of a mount by open_tree()."""
    system_call("open_tree", -100, b"/", 1)


@probe(held_by=NO_MOUNTS, control=PRIVILEGED)
def pivot_root() -> None:
    """Exchange the root."""
    reach("pivot_root", b"/nowhere", b"/nowhere")


@probe(held_by=NO_CAPABILITIES)
def chroot() -> None:
    """Change the root, the first step out of it."""
    os.chroot("/tmp")


@probe(held_by=NO_CAPABILITIES)
def become_root() -> None:
    """Become root, or somebody else."""
    os.setgroups([])
    os.setgid(4711)
    os.setuid(4711)


@probe(held_by="no capabilities, no new privileges", refused="NONE")
def capabilities() -> str:
    """Have a capability."""
    with open("/proc/self/status") as file:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    held = [lines[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")]
    if not any(int(value, 16) for value in held):
        raise Refused("NONE")
    return " ".join(held)


@probe(held_by="no-new-privileges and a filter on every thread", refused="BOTH")
def unfiltered() -> str:
    """Run without no-new-privileges or without a filter of calls."""
    with open("/proc/self/status") as file:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    if (lines["NoNewPrivs"], lines["Seccomp"]) == ("1", "2"):
        raise Refused("BOTH")
    return lines["NoNewPrivs"] + lines["Seccomp"]


@probe(held_by=NO_CAPABILITIES, control=PRIVILEGED)
def host_name() -> None:
    """Change the container's name."""
    _libc("sethostname", b"job", 3)


@probe(held_by=NO_CAPABILITIES, control=PRIVILEGED, refused="EPERM EACCES")
def high_priority() -> None:
    """Get a higher priority than the host's programs."""
    os.nice(-5)


@probe(held_by=NOT_LISTED)
def scheduling_class() -> None:
    """Run in real time, or in any other class of scheduling."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:  # some kernels give no container real time at all
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def disk_priority() -> None:
    """Have the disk serve it before everybody else."""
    system_call("ioprio_set", 1, 0, 1 << 13)


@probe(held_by="ulimit nofile, hard, and no capabilities")
def more_open_files() -> None:
    """Raise the limit of open files."""
    _raise(resource.RLIMIT_NOFILE, 4096)


@probe(held_by="ulimit core 0, hard, and no capabilities")
def core_limit() -> None:
    """Allow core dumps again."""
    _raise(resource.RLIMIT_CORE, resource.RLIM_INFINITY)


@probe(held_by="ulimit fsize, hard, and no capabilities")
def file_size_limit() -> None:
    """Allow larger files again."""
    _raise(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)


def _raise(limit: int, value: int) -> None:
    try:
        resource.setrlimit(limit, (value, value))
    except ValueError as error:  # Python's word for EPERM here
        raise PermissionError(errno.EPERM, str(error)) from error


@probe(held_by="ulimit core 0: the kernel writes no dump", refused="NONE")
def core_dump() -> None:
    """Leave a core dump, which goes where the host's kernel wants it."""
    os.chdir("/tmp")
    with contextlib.suppress(PermissionError):
        core_limit()
    child = os.fork()
    if child == 0:
        ctypes.string_at(0)
    _, status = os.waitpid(child, 0)
    if not os.WCOREDUMP(status):
        raise Refused("NONE")
