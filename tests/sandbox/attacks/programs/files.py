"""Writing where nobody may, and files that are not what they seem."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time

from tests.sandbox.attacks.programs.probing import Control, Refused, probe

READ_ONLY = "read-only root, and a user that owns nothing"
FOLDERS = (
    "/ /bin /boot /dev /etc /home /lib /media /mnt /opt /proc /root /run /sbin /srv /sys"
    " /usr /usr/bin /usr/lib /usr/local /usr/local/lib /var /var/cache /var/lib /var/tmp"
).split()
LIBRARIES = os.path.dirname(os.__file__)


def _new(folder: str) -> str:
    return os.path.join(folder, f"attempt-{time.monotonic_ns()}")


@probe(held_by=READ_ONLY, refused="EROFS EACCES")
def write_root() -> list[str]:
    """Make a file in any of the root's folders."""
    written = []
    refusal = OSError()
    for folder in FOLDERS:
        try:
            path = _new(folder)
            open(path, "x").close()
            written.append(path)
        except OSError as error:
            refusal = refusal if isinstance(error, FileNotFoundError) else error
    if not written:
        raise refusal
    return written


@probe(held_by=READ_ONLY, refused="EROFS EACCES")
def change_library() -> None:
    """Change a module of the standard library for the next job."""
    with open(os.path.join(LIBRARIES, "json", "__init__.py"), "r+") as file:
        text = file.read()
        file.seek(0)
        file.write(text)


@probe(held_by=READ_ONLY, refused="EROFS EACCES")
def plant_byte_code() -> None:
    """Leave byte code that the next interpreter would load."""
    folder = os.path.join(LIBRARIES, "json", "__pycache__")
    os.makedirs(folder, exist_ok=True)
    open(_new(folder), "x").close()


@probe(held_by=READ_ONLY, refused="EROFS EACCES EXDEV")
def replace_interpreter() -> None:
    """Put another program in the interpreter's place."""
    program = os.path.realpath(sys.executable)
    shutil.copy(program, other := _new("/tmp"))
    os.replace(other, other := _new(os.path.dirname(program)))
    os.replace(other, program)


@probe(held_by=READ_ONLY, refused="EROFS EACCES")
def plant_start_up_code() -> None:
    """Leave a module that every interpreter imports when it starts."""
    folders = [p for p in sys.path if p.endswith("-packages")]
    open(os.path.join(folders[0], "sitecustomize.py"), "w").close()


@probe(held_by=READ_ONLY, refused="EROFS EACCES EPERM")
def loosen_rights() -> None:
    """Make a folder of the root writable for everybody."""
    os.chmod("/etc", 0o777)


@probe(held_by="seccomp: no chown of any kind", refused="EPERM")
def give_away() -> None:
    """Give a file to root."""
    open(path := _new("/tmp"), "x").close()
    os.chown(path, 0, 0)


@probe(held_by="the scratch space is mounted noexec and nosuid", refused="EACCES EPERM")
def set_user_id() -> None:
    """Run a program with its owner's rights."""
    path = _new("/tmp")
    shutil.copy(os.path.realpath(sys.executable), path)
    os.chmod(path, 0o4755)
    assert os.stat(path).st_mode & stat.S_ISUID
    subprocess.run([path, "-I", "-c", ""], check=True)


@probe(
    held_by="the root is another file system than the scratch space", refused="EXDEV"
)
def hard_link() -> None:
    """Take a file of the root along by a hard link."""
    os.link("/etc/os-release", _new("/tmp"))


@probe(held_by="seccomp: no mknod", refused="EPERM")
def make_fifo() -> None:
    """Make a FIFO, at which a reader would wait for ever."""
    os.mkfifo(_new("/tmp"))


@probe(held_by="ulimit fsize", refused="EFBIG")
def sparse_file() -> None:
    """Make a file of a terabyte that takes no space."""
    with open(_new("/tmp"), "wb") as file:
        file.truncate(1 << 40)


@probe(held_by="ulimit fsize", refused="EFBIG EINVAL")
def reserved_file() -> None:
    """Reserve the space of a file that is larger than any may be."""
    with open(_new("/tmp"), "wb") as file:
        os.posix_fallocate(file.fileno(), 5 << 30, 4096)


@probe(held_by="seccomp: no setxattr", refused="EPERM")
def attributes() -> None:
    """Hang attributes on a file, which nobody counts."""
    open(path := _new("/tmp"), "x").close()
    os.setxattr(path, "user.attempt", b"x")


@probe(
    held_by="no mount of the engine's sockets, and no other socket",
    refused="NONE",
    control=Control.SHARED,
)
def sockets() -> list[str]:
    """Find a socket of the host, the engine's for example."""
    found = []
    for folder, _, names in os.walk("/", onerror=None):
        if folder.startswith(("/proc", "/sys")):
            continue
        paths = (os.path.join(folder, name) for name in names)
        found += [path for path in paths if _is_socket(path)]
    if not found:
        raise Refused("NONE")
    return found


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except OSError:
        return False
