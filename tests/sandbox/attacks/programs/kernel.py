"""The kernel's surface: calls that no scorer needs, devices, /proc and /sys."""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import time

from tests.sandbox.attacks.programs.probing import (
    Control,
    Refused,
    probe,
    reach,
    system_call,
)

NOT_LISTED = "seccomp: the call is on no list"
READ_ONLY = "read-only /proc/sys, /sys and cgroups, and a user that owns none of them"

PRIVILEGED = Control.PRIVILEGED


@probe(held_by=NOT_LISTED)
def trace() -> None:
    """Trace a process and so take over its rights."""
    system_call("ptrace", 0, 0, 0, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def read_memory_of_a_process() -> None:
    """Read the memory of a process by a call."""
    secret, copy = (
        ctypes.create_string_buffer(b"secret"),
        ctypes.create_string_buffer(7),
    )
    here, there = (
        struct.pack("QQ", ctypes.addressof(buffer), 6) for buffer in (copy, secret)
    )
    system_call("process_vm_readv", os.getpid(), here, 1, there, 1, 0)
    assert copy.value == b"secret"


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def take_a_descriptor() -> None:
    """Take an open descriptor out of another process."""
    system_call("pidfd_getfd", os.pidfd_open(os.getpid()), 0, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def compare_processes() -> None:
    """Compare the insides of two processes."""
    system_call("kcmp", os.getpid(), os.getpid(), 0, 0, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def keyring() -> None:
    """Leave a key in the kernel's keyring, which has no namespace."""
    system_call("add_key", b"user", b"podium-attempt", b"x", 1, -2)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def read_keyring() -> None:
    """Find the session's keyring."""
    system_call("keyctl", 0, -3, 1)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def bpf() -> None:
    """Load into the kernel's virtual machine."""
    attributes = struct.pack("4I", 2, 4, 4, 1) + bytes(112)  # a map: array, 4, 4, 1
    system_call("bpf", 0, attributes, len(attributes))


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def performance_events() -> None:
    """Watch the processor by performance events."""
    attributes = struct.pack("IIQ", 1, 128, 0) + bytes(112)  # software, CPU clock
    system_call("perf_event_open", attributes, 0, -1, -1, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def io_uring() -> None:
    """Make a ring of requests, whose calls no filter sees."""
    system_call("io_uring_setup", 1, ctypes.create_string_buffer(120))


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def user_faults() -> None:
    """Handle page faults, which makes races in the kernel easy to win."""
    system_call("userfaultfd", 1)


@probe(held_by=NOT_LISTED)
def splice_memory() -> None:
    """Give pages of memory to a pipe."""
    _, end = os.pipe()
    data = ctypes.create_string_buffer(b"x" * 16)
    system_call("vmsplice", end, struct.pack("QQ", ctypes.addressof(data), 16), 1, 0)


@probe(held_by="seccomp and IpcMode none or private", refused="EPERM")
def shared_segment() -> None:
    """Make a System V segment, which outlives its process."""
    system_call("shmget", 0, 4096, 0o1600)


@probe(held_by=NOT_LISTED)
def semaphores() -> None:
    """Make System V semaphores."""
    system_call("semget", 0, 1, 0o1600)


@probe(held_by=NOT_LISTED)
def old_message_queue() -> None:
    """Make a System V message queue."""
    system_call("msgget", 0, 0o1600)


@probe(held_by=NOT_LISTED)
def message_queue() -> None:
    """Make a POSIX message queue."""
    system_call("mq_open", b"podium-attempt", 0o102, 0o600, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def watch_files() -> None:
    """Watch every file of a file system."""
    system_call("fanotify_init", 0, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def open_by_handle() -> None:
    """Open a file by its number, past the container's root."""
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount_id = ctypes.c_int()
    system_call("name_to_handle_at", -100, b"/dev", handle, ctypes.byref(mount_id), 0)
    system_call("open_by_handle_at", os.open("/dev", os.O_RDONLY), handle, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def personality() -> None:
    """Turn address space randomisation off."""
    system_call("personality", 0x0040000)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def kernel_log() -> None:
    """Read the kernel's log."""
    system_call("syslog", 3, ctypes.create_string_buffer(64), 64)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def reboot() -> None:
    """Restart the machine."""
    reach("reboot", 0, 0, 0, 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def swap_on() -> None:
    """Take a file as swap space."""
    reach("swapon", b"/nowhere", 0)


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def accounting() -> None:
    """Have every ended process written to a file."""
    reach("acct", b"/nowhere")


@probe(held_by=NOT_LISTED, control=PRIVILEGED)
def set_clock() -> None:
    """Set the host's clock."""
    reach("clock_settime", 0, 0)


@probe(
    held_by="seccomp: calls of another architecture end the process", refused="SIGSYS"
)
def calls_of_32_bit() -> int:
    """Make a call by the old 32-bit gate, where every number means something else."""
    if os.uname().machine != "x86_64":
        raise Refused("SIGSYS")
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # eax = getpid; int 0x80; ret
    start = ctypes.addressof(ctypes.c_char.from_buffer(code))
    assert ctypes.CFUNCTYPE(ctypes.c_int)(start)() == os.getpid()
    return os.getpid()


def _open_to_write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY))


@probe(held_by=READ_ONLY, refused="EROFS EACCES EPERM", control=PRIVILEGED)
def kernel_setting() -> None:
    """Change what the kernel runs when a program crashes."""
    _open_to_write("/proc/sys/kernel/core_pattern")


@probe(held_by=READ_ONLY, refused="EROFS EACCES EPERM", control=PRIVILEGED)
def system_folder() -> None:
    """Change a setting under /sys."""
    _open_to_write("/sys/kernel/mm/transparent_hugepage/enabled")


@probe(held_by=READ_ONLY, refused="EROFS EACCES EPERM", control=PRIVILEGED)
def own_limits() -> None:
    """Raise one's own memory limit where the kernel keeps it."""
    paths = ("memory/memory.limit_in_bytes", "memory.max")
    found = [p for p in paths if os.path.exists(f"/sys/fs/cgroup/{p}")]
    _open_to_write(f"/sys/fs/cgroup/{found[0]}")


@probe(held_by="masked paths", refused="EMPTY ENOENT EACCES", control=PRIVILEGED)
def kernel_keys() -> str:
    """Read the list of the kernel's keys."""
    return _first_line("/proc/keys")


@probe(held_by="masked paths", refused="EMPTY ENOENT EACCES", control=PRIVILEGED)
def kernel_timers() -> str:
    """Read the list of the kernel's timers, which names every program of the host."""
    return _first_line("/proc/timer_list")


def _first_line(path: str) -> str:
    with open(path) as file:
        if not (line := file.readline()):
            raise Refused("EMPTY")
    return line


@probe(held_by="seccomp and no capabilities, and the device cgroup")
def make_device() -> None:
    """Make a device, the disk for example."""
    os.mknod(f"/tmp/attempt-{time.monotonic_ns()}", 0o20600, os.makedev(1, 3))


@probe(
    held_by="/dev has the harmless devices alone", refused="NONE", control=PRIVILEGED
)
def devices() -> list[str]:
    """Find a device that is not one of the harmless ones."""
    harmless = set("null zero full random urandom tty console ptmx".split())
    found = [
        entry.name
        for entry in os.scandir("/dev")
        if entry.name not in harmless and not (entry.is_dir() or entry.is_symlink())
    ]
    if not found:
        raise Refused("NONE")
    return found
