"""Runs one program inside its container and hands its output over.

Its text is given to the image's own Python (``python3 -I -c``), so it uses the standard
library of Python 3.8 and nothing else. It is the container's first process: it starts the
program, kills whatever outlives it, and only then looks at /output, which nobody can
change any more. The program can neither signal it nor look into it.

Standard input brings one line of JSON (nonce, command, output's limits); its end, before
the program's, ends everything. Standard output takes one line that says the harness is
ready, one line of JSON with the result, and the bytes of the files. The program has
neither of the two: what it prints goes to standard error, which is its log.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import select
import signal
import stat
import sys

OUTPUT = "/output"
# What every file system takes and no shell misunderstands.
NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_. +=@-]*[A-Za-z0-9_+=@-])?")
NAME_CHARS, PATH_CHARS = 100, 255
CHUNK_BYTES = 1 << 20
CGROUPS = "/sys/fs/cgroup"
NOT_FOUND, NOT_STARTED, HUNG_UP = 127, 126, 3
_PR_SET_DUMPABLE = 4


class Fault(Exception):
    """What is wrong with an output: a sentence for whoever wrote the program."""


def main() -> None:
    """Serve one job and end."""
    # Others of the same user could look into this process otherwise.
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # The kernel keeps signals from a first process that has no handlers; Python has some.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    send(json.dumps({"ready": 1, "scorer": "harness"}).encode() + b"\n")
    line = sys.stdin.buffer.readline()
    if not line:
        return
    job = json.loads(line)
    exit_code = run(job["command"])
    kill_survivors()
    result: dict[str, object] = {
        "nonce": job["nonce"],
        "exit_code": exit_code,
        **usage(),
    }
    files: list[tuple[str, int]] = []
    fault = ""
    try:
        files = collect(job["output_files"], job["output_depth"], job["output_bytes"])
    except Fault as error:
        fault = str(error)[:400]
    result.update(files=files, fault=fault)
    send(json.dumps(result).encode() + b"\n")
    for path, size in files:
        send_file(os.path.join(OUTPUT, path), size)


def run(command: list[str]) -> int:
    """Run the program; its exit code, 128 and the signal's number if it was killed.

    Needs no thread: a program that has used up all processes must not harm it.
    """
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    child = os.fork()
    if child == 0:
        become(command)
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(woken, select.POLLIN)
    while True:
        events = dict(poll.poll())
        if 0 in events and not os.read(0, 1):
            os._exit(HUNG_UP)  # the host has gone, and with this process all others go
        with contextlib.suppress(BlockingIOError):
            os.read(woken, 4096)
        status = bury(child)
        if status is not None:
            if os.WIFSIGNALED(status):
                return 128 + os.WTERMSIG(status)
            return os.WEXITSTATUS(status)


def bury(child: int) -> int | None:
    """Take leave of all that have ended; the status of ``child`` if it was among them."""
    found = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if ended == 0:
            return found
        if ended == child:
            found = status


def become(command: list[str]) -> None:
    """Become the program; does not return."""
    code = NOT_STARTED
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.closerange(3, 4096)
        os.execvp(command[0], command)
    except FileNotFoundError:
        code = NOT_FOUND
        os.write(2, f"There is no program {command[0]!r} in the image.\n".encode())
    except (OSError, ValueError) as error:
        os.write(2, f"The program could not be started: {error}\n".encode())
    os._exit(code)


def kill_survivors() -> None:
    """Kill and bury every other process of the container."""
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def usage() -> dict[str, object]:
    """What the program used, and which limits of the container it met."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = read_first("memory/memory.max_usage_in_bytes", "memory.peak")
    met = []
    if counted("oom_kill", "memory/memory.oom_control", "memory.events"):
        met.append("memory")
    if counted("max", "pids/pids.events", "pids.events"):
        met.append("processes")
    space = os.statvfs(OUTPUT)
    if 0 in (space.f_bavail, space.f_favail):
        met.append("output")
    return {
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "memory_peak_bytes": int(peak) if peak.isdigit() else used.ru_maxrss * 1024,
        "met": met,
    }


def read_first(*names: str) -> str:
    """The text of the first of these files of the cgroup (version 1, then 2)."""
    for name in names:
        try:
            with open(os.path.join(CGROUPS, name)) as file:
                return file.read().strip()
        except OSError:
            continue
    return ""


def counted(event: str, *names: str) -> int:
    """How often an event happened, by a file of lines of words and numbers."""
    for line in read_first(*names).splitlines():
        word, _, number = line.partition(" ")
        if word == event and number.isdigit():
            return int(number)
    return 0


def collect(most_files: int, most_depth: int, most_bytes: int) -> list[tuple[str, int]]:
    """Paths and sizes of the files in /output; raises Fault."""
    os.chmod(OUTPUT, 0o700)  # it is ours, whatever the program made of it
    found: list[tuple[str, int]] = []
    folders = [""]
    total = 0
    seen: set[str] = set()
    while folders:
        folder = folders.pop()
        for name in sorted(listed(folder)):
            path = os.path.join(folder, name)
            check_name(name, path, seen)
            status = os.lstat(os.path.join(OUTPUT, path))
            if stat.S_ISDIR(status.st_mode):
                if path.count("/") + 1 >= most_depth:
                    raise Fault(f"The output's folders lie too deep: {path!r}.")
                folders.append(path)
                continue
            check_file(path, status)
            total += status.st_size
            found.append((path, status.st_size))
            if len(found) > most_files:
                raise Fault(f"The output has more than {most_files} files.")
            if total > most_bytes:
                raise Fault(f"The output has more than {most_bytes} bytes.")
    return found


def listed(folder: str) -> list[str]:
    """The names in a folder of the output."""
    try:
        return os.listdir(os.path.join(OUTPUT, folder))
    except OSError as error:
        text = f"The output's folder {folder!r} can't be read: {error}."
        raise Fault(text) from error


def check_name(name: str, path: str, seen: set[str]) -> None:
    """Raise Fault for a name that is not plain, too long, or another one's twin."""
    if not NAME.fullmatch(name) or len(name) > NAME_CHARS or len(path) > PATH_CHARS:
        raise Fault(
            f"The output has a name that is not allowed: {ascii(name)[:150]}. Use at most "
            f"{NAME_CHARS} letters and digits, and _ . + = @ - between them."
        )
    if path.lower() in seen:
        raise Fault(f"The output has two names that differ in capitals only: {path!r}.")
    seen.add(path.lower())


def check_file(path: str, status: os.stat_result) -> None:
    """Raise Fault unless it is a plain file of its own with all its bytes."""
    if not stat.S_ISREG(status.st_mode):
        raise Fault(
            f"The output has something that is no regular file: {path!r}. Links, pipes, "
            "sockets and devices are not collected."
        )
    if status.st_nlink != 1:
        raise Fault(f"The output has a file with two names (a hard link): {path!r}.")
    if status.st_blocks * 512 < status.st_size:
        raise Fault(f"The output has a file with holes (a sparse file): {path!r}.")
    if not status.st_mode & stat.S_IRUSR:
        raise Fault(f"The output has a file that can't be read: {path!r}.")


def send_file(path: str, size: int) -> None:
    """Send exactly ``size`` bytes of a file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    while size > 0:
        data = os.read(descriptor, min(size, CHUNK_BYTES))
        if not data:
            os._exit(HUNG_UP)
        send(data)
        size -= len(data)
    os.close(descriptor)


def send(data: bytes) -> None:
    """Write all of it to standard output."""
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)
