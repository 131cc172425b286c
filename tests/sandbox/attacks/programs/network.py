"""Talking to anybody: every family of sockets, and names."""

from __future__ import annotations

import os
import socket
import struct
import threading

from tests.sandbox.attacks.programs.probing import Control, Refused, probe

NO_SOCKET = "seccomp: socket() is on no list; below it, an empty network namespace"
NO_INTERFACE = "NetworkDisabled: a network namespace with nothing but lo"


@probe(held_by=NO_SOCKET)
def tcp() -> None:
    """Connect to a listener by TCP."""
    server = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(server.getsockname(), 2)


@probe(held_by=NO_SOCKET)
def udp() -> None:
    """Send a datagram and receive it."""
    inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inbox.bind(("127.0.0.1", 0))
    inbox.settimeout(2)
    outbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    outbox.sendto(b"labels", inbox.getsockname())
    assert inbox.recv(10) == b"labels"


@probe(held_by=NO_SOCKET)
def ipv6() -> None:
    """Make a socket of IPv6."""
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM)


@probe(held_by=NO_SOCKET)
def dns() -> None:
    """Ask a name server, which takes secrets along in the name."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def answer() -> None:
        question, asker = server.recvfrom(512)
        assert b"secret" in question
        server.sendto(question[:2] + b"\x81\x80" + question[4:], asker)

    threading.Thread(target=answer, daemon=True).start()
    name = b"".join(bytes([len(p)]) + p for p in (b"secret", b"example"))
    query = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + name + b"\0\0\1\0\1"
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(2)
    client.sendto(query, server.getsockname())
    assert client.recv(512)[:2] == query[:2]


@probe(held_by=NO_SOCKET)
def raw() -> None:
    """Make a raw socket, which forges packets of any kind."""
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


@probe(held_by=NO_SOCKET)
def packet() -> None:
    """Make a packet socket, which hears what passes."""
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


@probe(held_by=NO_SOCKET)
def netlink() -> None:
    """Ask the kernel for its routes by netlink."""
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    link.bind((0, 0))


@probe(held_by=NO_SOCKET, control=Control.PRIVILEGED)
def vsock() -> None:
    """Make a vsock, which reaches the hypervisor past every network namespace."""
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


@probe(held_by=NO_SOCKET)
def unix() -> None:
    """Listen and connect at a unix socket in the scratch space."""
    server = socket.socket(socket.AF_UNIX)
    path = f"/tmp/attempt-{os.getpid()}.sock"
    server.bind(path)
    server.listen()
    socket.socket(socket.AF_UNIX).connect(path)


@probe(held_by=NO_SOCKET)
def abstract() -> None:
    """Listen and connect at an abstract socket, which has no file to protect."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"\0attempt-{os.getpid()}")
    server.listen()
    socket.socket(socket.AF_UNIX).connect(f"\0attempt-{os.getpid()}")


@probe(held_by=NO_SOCKET)
def listen() -> None:
    """Listen for connections from outside."""
    socket.create_server(("0.0.0.0", 0))


@probe(held_by=NO_INTERFACE, refused="NONE")
def interfaces() -> list[str]:
    """Find a network interface that leads anywhere."""
    found = [name for name in os.listdir("/sys/class/net") if name != "lo"]
    if not found:
        raise Refused("NONE")
    return found


@probe(held_by=NO_INTERFACE, refused="NONE")
def routes() -> list[str]:
    """Find a route to anywhere."""
    with open("/proc/net/route") as file:
        found = file.read().splitlines()[1:]
    if not found:
        raise Refused("NONE")
    return found


@probe(
    held_by="NetworkDisabled: the engine writes no resolver into the container",
    refused="NONE ENOENT",
)
def resolver() -> str:
    """Learn a name server's address, which is one inside the host's network."""
    with open("/etc/resolv.conf") as file:
        servers = [line for line in file if line.startswith("nameserver")]
    if not servers:
        raise Refused("NONE")
    return servers[0]
