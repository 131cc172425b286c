"""Outputs that are not what they seem, for whoever reads them on the host."""

from __future__ import annotations

import gzip
import mmap
import os
import time
from collections.abc import Callable

from tests.sandbox.attacks.programs.probing import (
    CODE,
    Function,
    attack,
    sleep_for_ever,
    tell,
)

MB = 1 << 20
REFUSED = {CODE: "cut_off output"}
COLLECTED = {CODE: "finished 0"}
ONE_OF_US = "the harness takes regular files with one name, and follows no link"
NAMES = "plain names only, checked in the container and on the host again"
HOST_NEVER_WALKS = "the host never sees the folder, only bounded frames of files"


def hostile(
    held_by: str, ends: dict[str, str] = REFUSED, **more: object
) -> Callable[[Function], Function]:
    """Declare an attack that leaves something in its folder of output."""
    return attack(held_by=held_by, ends=ends, least={"made": 1}, **more)


def output() -> str:
    """The folder of output; made where a plain container has none."""
    os.makedirs("/output", exist_ok=True)
    return "/output"


@hostile(ONE_OF_US)
def link_to_a_secret() -> None:
    """Have the host read a file of its own by a symbolic link."""
    os.symlink("/etc/passwd", f"{output()}/predictions.csv")
    tell(made=1)


@hostile(ONE_OF_US)
def link_to_a_folder() -> None:
    """Have the host write or read through a symbolic link to a folder."""
    os.symlink("/etc", f"{output()}/folder")
    tell(made=1)


@hostile(ONE_OF_US)
def two_names() -> None:
    """Give one file two names, so that one may change what the other is checked for."""
    with open(f"{output()}/one", "w") as file:
        file.write("1")
    os.link(f"{output()}/one", f"{output()}/two")
    tell(made=1)


@hostile("a file with holes is refused, and ulimit fsize bounds its size")
def holes() -> None:
    """Send a file that takes no space here and much on the host."""
    with open(f"{output()}/sparse", "wb") as file:
        file.truncate(8 * MB)
    tell(made=1)


@hostile(HOST_NEVER_WALKS)
def deep_tree() -> None:
    """Make folders within folders, as deep as they go."""
    os.chdir(output())
    for depth in range(200):
        os.mkdir("d")
        os.chdir("d")
        tell(made=depth)


@hostile("output_files: more are refused", limits={"output_mb": 32})
def many_files() -> None:
    """Make more files than anybody wants to look at."""
    for number in range(1500):
        with open(f"{output()}/{number}", "w") as file:
            file.write("x")
    tell(made=1)


def _name(name: bytes) -> None:
    with open(os.path.join(output().encode(), name), "wb") as file:
        file.write(b"x")
    tell(made=1)


@hostile(NAMES)
def name_with_a_line_feed() -> None:
    """Name a file so that a list of files has a line more."""
    _name(b"a\nb")


@hostile(NAMES)
def name_with_escape_codes() -> None:
    """Name a file so that a terminal obeys it."""
    _name(b"\x1b[2J\x1b]0;owned\x07")


@hostile(NAMES)
def name_that_is_no_text() -> None:
    """Name a file in bytes that are no UTF-8."""
    _name(b"\xff\xfe\x80")


@hostile(NAMES)
def name_that_is_an_option() -> None:
    """Name a file like an option of a program."""
    _name(b"--checkpoint-action=exec=sh")


@hostile(NAMES)
def name_that_is_hidden() -> None:
    """Name a file like one that a shell would run or that nobody sees."""
    _name(b".bashrc")


@hostile(NAMES)
def name_that_leads_out() -> None:
    """Name a file so that another system's separator leads out of the folder."""
    _name(b"..\\..\\evil.csv")


@hostile(NAMES)
def name_that_is_too_long() -> None:
    """Name a file as long as the kernel allows."""
    _name(b"x" * 255)


@hostile(NAMES)
def names_that_are_twins() -> None:
    """Name two files so that they are one where capitals do not count."""
    _name(b"predictions.csv")
    _name(b"Predictions.csv")


@hostile("the harness owns the folder and takes its rights back", COLLECTED)
def locked_folder() -> None:
    """Lock the folder of output, so that nobody can look into it."""
    _name(b"inside")
    os.chmod(output(), 0)


@hostile("a file that can't be read is refused, with a sentence")
def locked_file() -> None:
    """Lock a file of the output, so that whoever reads it stumbles."""
    _name(b"locked")
    os.chmod(f"{output()}/locked", 0)


@hostile("a folder that can't be read is refused, with a sentence")
def locked_folder_within() -> None:
    """Lock a folder within the output."""
    os.mkdir(f"{output()}/within")
    os.chmod(f"{output()}/within", 0)
    tell(made=1)


@hostile("bytes are bytes: nothing that is collected is ever unpacked", COLLECTED)
def archive_bomb() -> None:
    """Send an archive that is a thousand times larger inside."""
    with open(f"{output()}/bomb.csv.gz", "wb") as file:
        file.write(gzip.compress(bytes(64 * MB), 9))
    tell(made=1)


@hostile(
    "the harness kills everybody else before it looks at the output",
    {CODE: "finished 0|cut_off output"},  # as it lay there when the daemon was killed
)
def swapped_while_it_is_read() -> None:
    """Have a daemon exchange a file and a link to a secret, as soon as it is read."""
    here = output()
    _name(b"predictions.csv")
    if os.fork() == 0:
        os.setsid()
        while os.getppid() != 1:  # the program still runs
            time.sleep(0.001)
        while True:
            os.symlink("/etc/passwd", f"{here}/link")
            os.replace(f"{here}/link", f"{here}/predictions.csv")
            with open(f"{here}/file", "w") as file:
                file.write("x")
            os.replace(f"{here}/file", f"{here}/predictions.csv")
    tell(made=1)


@hostile(
    "the harness kills everybody else before it looks at the output",
    COLLECTED,
)
def growing_while_it_is_read() -> None:
    """Have a daemon write on through a mapping when the job is over."""
    with open(f"{output()}/growing", "wb+") as file:
        file.write(bytes(MB))
        file.flush()
        if os.fork() == 0:
            os.setsid()
            view = mmap.mmap(file.fileno(), MB)
            while True:
                view[:8] = time.monotonic_ns().to_bytes(8, "little")
                with open(f"{output()}/growing", "ab") as more:
                    more.write(b"x")
    tell(made=1)


@hostile("the size of /output, and the harness needs no space of its own", COLLECTED)
def no_space_left() -> None:
    """Leave no byte of scratch space and memory to whoever collects."""
    for folder in ("/tmp", "/dev/shm"):
        try:
            with open(f"{folder}/full", "wb") as file:
                for _ in range(64):
                    file.write(bytes(MB))
        except OSError:
            continue
    _name(b"small")


@hostile("the harness needs no process of its own", COLLECTED)
def no_process_left() -> None:
    """End while every process that the job may have is taken."""
    _name(b"small")
    for _ in range(400):
        try:
            if os.fork() == 0:
                os.setsid()
                sleep_for_ever()
        except OSError:
            break
