"""Landlock by its three system calls: from here on, only these paths, only for reading.

Needs no privilege; Linux 5.13 and newer. The ABI says what the kernel can hold: files since
1, TCP since 4, abstract sockets and signals since 6. Numbers are the same on every machine.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# The number of file rights that each ABI knows; all of them are handled, few are granted.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP_SINCE, _TCP = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    ]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    version = _libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    return max(int(version), 0)


def restrict(*, trees: Iterable[Path], folders: Iterable[Path]) -> int:
    """Allow this thread to read files below ``trees`` and to list ``folders``, no more.

    Paths that do not exist are left out. Needs no_new_privs. Returns the ABI that holds
    now; raises OSError where the kernel has no Landlock.
    """
    version = abi()
    size = 8 if version < _TCP_SINCE else 16 if version < _SCOPES_SINCE else 24
    rights = _Ruleset(
        (1 << _FILE_RIGHTS.get(version, 16)) - 1,
        _TCP if version >= _TCP_SINCE else 0,
        _SCOPES if version >= _SCOPES_SINCE else 0,
    )
    ruleset = _call(_CREATE_RULESET, ctypes.byref(rights), size, 0)
    try:
        for path in trees:
            _allow(ruleset, path, _READ_FILE | _READ_DIR)
        for path in folders:
            _allow(ruleset, path, _READ_DIR)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _READ_FILE  # the kernel refuses folder rights on a file
        if rights:
            rule = _PathBeneath(rights, descriptor)
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
