"""Using up what the host has: memory, disk, processes, processors, the log."""

from __future__ import annotations

import errno
import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.sandbox.attacks.programs.probing import (
    CODE,
    SCORER,
    Function,
    attack,
    sleep_for_ever,
    tell,
)

NO_END = 1 << 40
MB = 1 << 20
TIME = {SCORER: "cut_off time", CODE: "cut_off time"}
MEMORY = {SCORER: "cut_off memory", CODE: "cut_off memory"}
LOG = {SCORER: "cut_off log", CODE: "cut_off log"}
GOES_ON = {SCORER: "scored", CODE: "finished 0"}
LITTLE_MEMORY = {"memory_mb": 96}
LITTLE_SPACE = {"tmp_mb": 32, "output_mb": 32}


def _until_refused(work: Callable[[], object], most: int) -> tuple[int, str]:
    """How often some work could be done, and the error that ended it."""
    for done in range(most):
        try:
            work()
        except OSError as error:
            return done, errno.errorcode.get(error.errno or 0, "?")
        except RuntimeError:  # what Python says of a thread that could not be started
            return done, "EAGAIN"
    return most, ""


@attack(
    held_by="the pids cgroup; the end of the container ends every process",
    ends=TIME,
    wall_s=2.5,
    most={"processes": lambda limits: limits.pids},
    bounded={"most": 20},
    least={"processes": 20},
)
def fork_bomb(most: int = NO_END) -> None:
    """Fork without end, in every child too."""

    def fork() -> None:
        if os.fork() == 0:
            if most < NO_END:
                os._exit(0)
            while True:
                _until_refused(os.fork, NO_END)
                time.sleep(0.1)  # so that the first of them gets to tell

    _, refusal = _until_refused(fork, most)
    tell(processes=len([p for p in os.listdir("/proc") if p.isdigit()]))
    tell(refusal=refusal)
    if most == NO_END:
        sleep_for_ever()


@attack(
    held_by="the pids cgroup, which counts threads too",
    ends=GOES_ON,
    most={"threads": lambda limits: limits.pids},
    bounded={"most": 20},
    least={"threads": 20},
)
def thread_bomb(most: int = 5000) -> None:
    """Start thousands of threads."""
    end = threading.Event()
    threads: list[threading.Thread] = []

    def start() -> None:
        thread = threading.Thread(target=end.wait)
        thread.start()
        threads.append(thread)

    started, refusal = _until_refused(start, most)
    end.set()
    for thread in threads:
        thread.join()
    tell(threads=started, refusal=refusal)


@attack(
    held_by="the pids cgroup counts the dead too; the container's end buries them",
    ends=TIME,
    wall_s=4,
    most={"zombies": lambda limits: limits.pids},
    bounded={"most": 20},
    least={"zombies": 20},
)
def zombies(most: int = NO_END) -> None:
    """Leave children dead and unburied, and stop."""

    def leave_one() -> None:
        if os.fork() == 0:
            os._exit(0)

    left, refusal = _until_refused(leave_one, most)
    tell(zombies=left, refusal=refusal)
    if most == NO_END:
        os.kill(os.getpid(), signal.SIGSTOP)
        sleep_for_ever()


def memory_attack(
    *, held_by: str, limits: Mapping[str, float] = LITTLE_MEMORY
) -> Callable[[Function], Function]:
    """Declare an attack that takes ``most`` MB and tells of each."""
    return attack(
        held_by=held_by,
        ends=MEMORY,
        limits=limits,
        most={"mb": lambda limits: limits.memory_mb},
        bounded={"most": 8},
        least={"mb": 8},
    )


@memory_attack(held_by="the memory cgroup")
def memory_bomb(most: int = NO_END) -> None:
    """Take memory without end."""
    kept = []
    for mb in range(1, most + 1):
        kept.append(bytearray(b"x" * MB))
        tell(mb=mb)


@memory_attack(held_by="the memory cgroup counts shared memory too")
def shared_memory_bomb(most: int = NO_END) -> None:
    """Take memory that belongs to no process: mappings that are shared, and memfd."""
    kept = []
    for mb in range(1, most + 1):
        if mb % 2:
            kept.append(mmap.mmap(-1, MB))
        else:
            file = os.memfd_create("attempt")
            os.truncate(file, MB)
            kept.append(mmap.mmap(file, MB))
        kept[-1].write(b"x" * MB)
        tell(mb=mb)


@memory_attack(held_by="the memory cgroup: memory and swap together are the limit")
def swap_bomb(most: int = NO_END) -> None:
    """Take memory and have it swapped out at once, so that it does not count."""
    kept = []
    for mb in range(1, most + 1):
        kept.append(mmap.mmap(-1, MB, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
        kept[-1].write(b"x" * MB)
        kept[-1].madvise(21)  # MADV_PAGEOUT
        tell(mb=mb)


@memory_attack(
    held_by="the memory cgroup counts the files of a tmpfs",
    limits=LITTLE_MEMORY | {"tmp_mb": 512},
)
def tmpfs_bomb(most: int = NO_END) -> None:
    """Take memory as files of the scratch space."""
    with open("/tmp/attempt", "wb", buffering=0) as file:
        for mb in range(1, most + 1):
            file.write(b"x" * MB)
            tell(mb=mb)


@attack(
    held_by="the memory cgroup counts the page cache and gives it back",
    ends=GOES_ON,
    limits=LITTLE_MEMORY,
    most={"peak_mb": lambda limits: limits.memory_mb},
    bounded={"most": 64},
    least={"read_mb": 64},
)
def page_cache(most: int = 256) -> None:
    """Fill the page cache by reading files."""
    read = 0
    for path in _files("/usr"):
        with open(path, "rb", buffering=0) as file:
            # Out of the cache first: only who reads a page anew is charged with it.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while data := file.read(MB):
                read += len(data)
        if read >= most * MB:
            break
    tell(read_mb=read // MB, peak_mb=_peak_bytes() // MB)


def _files(folder: str) -> Iterator[str]:
    for where, _, names in os.walk(folder):
        for name in names:
            if os.path.isfile(path := os.path.join(where, name)):
                yield path


def _peak_bytes() -> int:
    """The most memory that this container ever had, by its cgroup (version 1 or 2)."""
    for name in ("memory/memory.max_usage_in_bytes", "memory.peak", "memory.current"):
        if os.path.exists(path := f"/sys/fs/cgroup/{name}"):
            with open(path) as file:
                return int(file.read())
    return 0


@attack(
    held_by="read-only root; the size of each tmpfs",
    ends=GOES_ON,
    limits=LITTLE_SPACE,
    most={"mb": lambda limits: _writable_mb(limits)},
    bounded={"most": 8},
    least={"mb": 8},
)
def disk_fill(most: int = 4096) -> None:
    """Fill the disk, wherever a file can be written."""
    written = 0

    def fill(folder: str) -> None:
        nonlocal written
        with open(f"{folder}/attempt-{time.monotonic_ns()}", "wb", 0) as file:
            while written < most * MB:
                written += file.write(b"x" * MB)

    for folder in _writable_folders():
        _until_refused(lambda folder=folder: fill(folder), 64)
    tell(mb=written // MB)


def _writable_mb(limits: Any) -> float:
    """Scratch space, and what the code profile has beside it."""
    output_mb = limits.output_mb if limits.output_inodes else 0
    return float(limits.tmp_mb + limits.shm_mb + output_mb)


def _writable_folders() -> list[str]:
    folders = ["/tmp"]
    for where, names, _ in os.walk("/"):
        names[:] = [n for n in names if where != "/" or n not in {"proc", "sys", "usr"}]
        if where != "/tmp" and os.access(where, os.W_OK):
            folders.append(where)
    return folders


@attack(
    held_by="nr_inodes of each tmpfs",
    ends={SCORER: "scored", CODE: "cut_off output"},
    most={"files": lambda limits: 2 * limits.tmp_inodes + limits.output_inodes},
    bounded={"most": 500},
    least={"files": 500},
)
def inode_flood(most: int = 100_000) -> None:
    """Make files without content, which take no space but the table's."""
    made = 0
    for folder in _writable_folders():
        numbers = iter(range(made, most))
        done, _ = _until_refused(
            lambda folder=folder, numbers=numbers: open(
                f"{folder}/attempt-{next(numbers)}", "x"
            ).close(),
            most - made,
        )
        made += done
    tell(files=made)


@attack(
    held_by="the host counts the log, cuts the job off and keeps 64 KiB; no log driver",
    ends=LOG,
    bounded={"most": 100},
    least={"flooded": 100},
)
def log_flood(most: int = NO_END) -> None:
    """Write to standard error without end."""
    for _ in range(most):
        os.write(2, b"spam and eggs " * 500 + b"\n")
    tell(flooded=most)


@attack(
    held_by="the host counts what comes and cuts the job off",
    ends={SCORER: "cut_off output", CODE: "cut_off log"},
    bounded={"most": 100},
    least={"flooded": 100},
)
def output_flood(most: int = NO_END) -> None:
    """Write to standard output without end and without a line's end."""
    for _ in range(most):
        os.write(1, b"spam and eggs " * 500)
    tell(flooded=most)


@attack(
    held_by="the host's clock, and a kill that can't be ignored", ends=TIME, wall_s=1
)
def deaf_loop() -> None:
    """Loop for ever and ignore every signal."""
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    tell(deaf=1)
    while True:
        pass


@attack(
    held_by="the processor quota of the cgroup",
    ends=GOES_ON,
    limits={"cpus": 0.15},
    most={"processors": lambda limits: limits.cpus * 1.4},
    bounded={},
    least={"processors": 0.22},  # also where others use the machine
)
def processor_hog(seconds: float = 1.5) -> None:
    """Use more processor time than one's share, by many processes."""
    began = time.monotonic()
    children = []
    for _ in range(8):
        if (child := os.fork()) == 0:
            while time.monotonic() < began + seconds:
                pass
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    used = os.times()
    spent = used.children_user + used.children_system
    tell(processors=round(spent / (time.monotonic() - began), 3))


@attack(
    held_by="ulimit nofile",
    ends=GOES_ON,
    most={"pipes": lambda limits: limits.open_files / 2},
    bounded={"most": 100},
    least={"pipes": 100},
)
def descriptors(most: int = 5000) -> None:
    """Open pipes and fill them, for their buffers are the kernel's memory."""

    def open_one() -> None:
        _, end = os.pipe()
        os.set_blocking(end, False)
        os.write(end, b"x" * 65536)

    opened, refusal = _until_refused(open_one, most)
    tell(pipes=opened, refusal=refusal)
    sys.stderr.flush()
