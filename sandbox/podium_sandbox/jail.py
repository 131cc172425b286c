"""Locks itself in, then runs a program's module: ``python -I -m podium_sandbox.jail``.

Started by the process runner, once a job. Takes every measure that the kernel grants
without root, says on the status descriptor which ones hold, closes it, and becomes the
program. Runs as root too: then it gives up root's capabilities, and its user where the
interpreter's folders are readable for others.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import os
import resource
import runpy
import signal
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from podium_sandbox import landlock, syscall_filter

EXIT_UNFIT = 102  # the jail itself could not be built

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_CAPABILITIES = 64
_CAPABILITY_VERSION = 0x20080522
_NEW_UTS, _NEW_IPC, _NEW_USER, _NEW_NET = 0x04000000, 0x08000000, 0x10000000, 0x40000000
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/dev/null",
    "/dev/urandom",
    "/sys/devices/system/cpu",
)
# Address space beyond the memory limit: libraries, and what allocators reserve unused.
_RESERVED_BYTES = 4 << 30


class Measures:
    """Which measures hold, and why others do not."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self.missing: list[str] = []

    def take(self, name: str, measure: Callable[[], str | None]) -> None:
        """Try one; its answer, if any, is a more telling name for it."""
        try:
            self.held.append(measure() or name)
        except (OSError, ValueError, AttributeError, LookupError) as error:
            self.missing.append(f"{name}: {error}")


def libraries(program: str) -> tuple[list[Path], list[Path]]:
    """What a program must be able to read: (whole trees, folders only to be listed)."""
    trees = [Path(path) for path in (*_SYSTEM_LIBRARIES, *_SYSTEM_FILES)]
    trees += [Path(prefix) / "lib" for prefix in {sys.prefix, sys.base_prefix}]
    folders = [Path(path) for path in sys.path if path]
    spec = importlib.util.find_spec(program)
    if spec is not None and spec.origin is not None:
        trees.append(Path(spec.origin).parent)
    return trees, folders


def give_up_root(uid: int, folders: list[Path]) -> str:
    """Become another user; raises OSError where that one could not read the libraries."""
    for folder in folders:
        if folder.exists() and not _readable_by_others(folder):
            raise OSError(f"{folder} is not readable for other users than root")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    return f"user {uid} instead of root"


def drop_bounding_set() -> None:
    """Give up, as root, the capabilities that a later program could be given."""
    for capability in range(_CAPABILITIES):
        _libc().prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def drop_capabilities() -> str:
    """Empty the capability sets; raises OSError where the kernel refuses."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _check(_libc().capset(header, (ctypes.c_uint32 * 6)()))
    return "no capabilities" if os.geteuid() else "user root without its capabilities"


def limit_resources(limits: dict[str, int]) -> None:
    """Set the kernel's own limits, for good (soft and hard alike)."""
    memory = limits["memory_bytes"]
    for kind, value in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, memory + _RESERVED_BYTES),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, 8 << 20),
    ):
        resource.setrlimit(kind, (value, value))


def leave_namespaces() -> str:
    """An empty network, IPC and host name of its own; a user namespace where needed."""
    kinds = _NEW_NET | _NEW_IPC | _NEW_UTS
    if _libc().unshare(kinds) != 0:
        _check(_libc().unshare(kinds | _NEW_USER))
    if any(name != "lo" for _, name in socket.if_nameindex()):
        raise OSError("there is a network interface")
    return "empty network namespace"


def restrict_files(program: str) -> str:
    """Only libraries can be read, nothing written."""
    trees, folders = libraries(program)
    return f"landlock {landlock.restrict(trees=trees, folders=folders)}"


def lock_in(program: str, limits: dict[str, int], measures: Measures) -> None:
    """Take every measure there is; the order matters, the last one forbids the others."""
    trees, folders = libraries(program)
    linux = sys.platform == "linux"
    os.umask(0o077)
    os.chdir("/")
    measures.take("resource limits", lambda: limit_resources(limits))
    if not linux:
        measures.missing.append(f"everything else: {sys.platform} is not Linux")
        return
    if os.geteuid() == 0:
        drop_bounding_set()
        uid, needed = limits["uid"], [*trees, *folders]
        measures.take("a user of its own", lambda: give_up_root(uid, needed))
    measures.take("empty network namespace", leave_namespaces)
    measures.take("no capabilities", drop_capabilities)
    _check(_libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    measures.take("no new privileges", lambda: _set(_PR_SET_NO_NEW_PRIVS, 1))
    measures.take("memory closed to others", lambda: _set(_PR_SET_DUMPABLE, 0))
    measures.take("landlock", lambda: restrict_files(program))


def filter_calls() -> str:
    """The system call filter; raises OSError where there is none for this machine."""
    if not syscall_filter.available():
        raise OSError("no filter for this kind of processor")
    syscall_filter.install()
    return "seccomp"


def main() -> None:
    """Read the arguments, lock in, report, and run the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limits", type=json.loads, required=True)
    parser.add_argument("--status", type=int, required=True)
    parser.add_argument("--code", help="run this instead of the program: a self-check")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    parent = os.getppid()
    measures = Measures()
    try:
        lock_in(options.program, options.limits, measures)
        if os.getppid() != parent:  # it died before the kernel knew to tell us
            os._exit(EXIT_UNFIT)
        measures.take("seccomp", filter_calls)
        report = {"held": measures.held, "missing": measures.missing}
        os.write(options.status, json.dumps(report).encode())
        os.close(options.status)
    except OSError as error:
        sys.stderr.write(f"the jail could not be built: {error}\n")
        os._exit(EXIT_UNFIT)
    _become(options.program, options.arguments, options.code)


def _become(program: str, arguments: list[str], code: str | None) -> None:
    sys.argv = [program, *arguments]
    if code is None:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        exec(compile(code, "self-check", "exec"), {"__name__": "__main__"})  # noqa: S102


def _readable_by_others(path: Path) -> bool:
    needed = stat.S_IROTH | stat.S_IXOTH if path.is_dir() else stat.S_IROTH
    above = all(p.stat().st_mode & stat.S_IXOTH for p in path.resolve().parents)
    return above and path.stat().st_mode & needed == needed


def _set(option: int, value: int) -> None:
    _check(_libc().prctl(option, value, 0, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    main()
