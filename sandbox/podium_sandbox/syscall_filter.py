"""A seccomp filter for the process runner: what our own scorer needs, and nothing else.

An allowlist: whatever is not on it fails with EPERM. No call that opens a file for
writing, makes a socket, starts a program, forks, signals or traces another process, or
mounts. The container runner has a list of its own, ``seccomp.json``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass

# Numbers on x86_64 and aarch64; None where the machine does not have the call.
_ALLOWED: Mapping[str, tuple[int | None, int | None]] = {
    # The streams, and what was opened for reading.
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "close": (3, 57),
    "close_range": (436, 436),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "pipe2": (293, 59),  # pyarrow wakes its readers by one
    "eventfd2": (290, 19),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "fadvise64": (221, 223),
    # Looking at files; Landlock says at which.
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    # Memory.
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "brk": (12, 214),
    "mincore": (27, 232),
    "get_mempolicy": (239, 236),
    # Threads of this process, and its end.
    "futex": (202, 98),
    "set_tid_address": (218, 96),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "arch_prctl": (158, None),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "restart_syscall": (219, 128),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    # Time, chance, and who am I.
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "sysinfo": (99, 179),
    "uname": (63, 160),
}

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLONE_THREAD = 0x10000
_TERMINAL_AND_CLOEXEC = (
    0x5401,
    0x541B,
    0x5450,
    0x5451,
)  # TCGETS FIONREAD FION- FIOCLEX
# Copies of descriptors and their flags. Not F_SETOWN and F_SETSIG: with them the kernel
# sends any signal to any process of the same user, past the refusal of kill.
_DESCRIPTOR_FLAGS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD to F_SETFL, F_DUPFD_CLOEXEC
_NAME_OF_THREAD = (15, 16)  # PR_SET_NAME PR_GET_NAME

# Instructions of classic BPF, and seccomp's verdicts.
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_AT_NUMBER, _AT_ARCH, _AT_ARGUMENT = 0, 4, 16
_X32 = 0x40000000
_PR_SET_SECCOMP, _FILTER = 22, 2


@dataclass(frozen=True)
class _Machine:
    column: int
    arch: int
    open: int | None
    openat: int
    clone: int
    clone3: int
    tgkill: int
    fcntl: int
    ioctl: int
    prctl: int
    prlimit64: int


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, 2, 257, 56, 435, 234, 72, 16, 157, 302),
    "aarch64": _Machine(1, 0xC00000B7, None, 56, 220, 435, 131, 25, 29, 167, 261),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def available() -> bool:
    """Whether the filter is known for this machine."""
    return platform.machine() in _MACHINES


def install() -> None:
    """Put this thread, and all that it starts, under the filter for good.

    Needs no_new_privs; raises OSError where the kernel refuses.
    """
    code = b"".join(build(_MACHINES[platform.machine()], os.getpid()))
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(code) // 8, code)
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def build(machine: _Machine, pid: int) -> list[bytes]:
    """The filter's instructions, 8 bytes each."""
    code = [
        _load(_AT_ARCH),
        _jump(_JUMP_EQUAL, machine.arch, 1, 0),
        _return(_KILL),
        _load(_AT_NUMBER),
        _jump(_JUMP_ABOVE, _X32, 0, 1),
        _return(_KILL),
    ]
    for numbers in _ALLOWED.values():
        if (number := numbers[machine.column]) is not None:
            code += [_jump(_JUMP_EQUAL, number, 0, 1), _return(_ALLOW)]
    code += _without_flags(machine.open, 1, _WRITING)
    code += _without_flags(machine.openat, 2, _WRITING)
    code += _with_flags(machine.clone, 0, _CLONE_THREAD)
    code += _one_of(machine.tgkill, 0, (pid,))
    code += _one_of(machine.fcntl, 1, _DESCRIPTOR_FLAGS)
    code += _one_of(machine.ioctl, 1, _TERMINAL_AND_CLOEXEC)
    code += _one_of(machine.prctl, 0, _NAME_OF_THREAD)
    code += _one_of(machine.prlimit64, 2, (0,), high_too=True)
    # The C library falls back to clone, whose flags can be looked at.
    code += [
        _jump(_JUMP_EQUAL, machine.clone3, 0, 1),
        _return(_ERROR | errno.ENOSYS),
        _return(_ERROR | errno.EPERM),
    ]
    return code


def _without_flags(number: int | None, argument: int, flags: int) -> list[bytes]:
    body = [_jump(_JUMP_SET, flags, 0, 1), _return(_ERROR | errno.EPERM)]
    return _when(number, argument, [*body, _return(_ALLOW)])


def _with_flags(number: int | None, argument: int, flags: int) -> list[bytes]:
    body = [_jump(_JUMP_SET, flags, 0, 1), _return(_ALLOW)]
    return _when(number, argument, [*body, _return(_ERROR | errno.EPERM)])


def _one_of(
    number: int, argument: int, values: tuple[int, ...], *, high_too: bool = False
) -> list[bytes]:
    body: list[bytes] = []
    for value in values:
        body += [_jump(_JUMP_EQUAL, value & 0xFFFFFFFF, 0, 1), _return(_ALLOW)]
    if high_too:  # the one value is 0, and all 64 bits of it must be
        body = [
            _jump(_JUMP_EQUAL, 0, 0, 3),
            _load(_AT_ARGUMENT + 8 * argument + 4),
            _jump(_JUMP_EQUAL, 0, 0, 1),
            _return(_ALLOW),
        ]
    return _when(number, argument, [*body, _return(_ERROR | errno.EPERM)])


def _when(number: int | None, argument: int, body: list[bytes]) -> list[bytes]:
    if number is None:
        return []
    body = [_load(_AT_ARGUMENT + 8 * argument), *body]
    return [_jump(_JUMP_EQUAL, number, 0, len(body)), *body]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(test: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", test, if_true, if_false, value)


def _return(verdict: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, verdict)
