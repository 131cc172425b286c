"""From limits to a container's options: every line of the profile, looked at."""

from __future__ import annotations

import json
from typing import Any

from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.policy import (
    FIRST_UID,
    container_options,
    environment,
    seccomp_profile,
)

LIMITS = limits_for(Profile.SCORER)
FORBIDDEN_CALLS = """
    socket connect bind listen accept ptrace process_vm_readv process_vm_writev
    io_uring_setup userfaultfd bpf perf_event_open keyctl add_key request_key mount
    umount2 pivot_root unshare setns setuid setgid setresuid chroot mknod mknodat
    shmget semget msgget mq_open vmsplice kexec_load init_module personality syslog
    sync chown fchownat name_to_handle_at open_by_handle_at fsopen modify_ldt
"""


def options(slot: int = 0) -> dict[str, Any]:
    return container_options(
        LIMITS, image="sha256:abc", slot=slot, labels={"podium.sandbox.service": "x"}
    )


def profile() -> dict[str, Any]:
    return dict(json.loads(seccomp_profile()))


def names_with(action: str) -> set[str]:
    return {
        name
        for rule in profile()["syscalls"]
        if rule["action"] == action
        for name in rule["names"]
    }


def test_there_is_no_network_and_no_mount() -> None:
    made = options()
    assert made["NetworkDisabled"] is True
    assert not {"Binds", "Mounts", "VolumesFrom", "Devices"} & set(made["HostConfig"])
    assert "Volumes" not in made


def test_root_is_read_only_and_nothing_is_privileged() -> None:
    host = options()["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["ALL"]
    assert "CapAdd" not in host
    assert "no-new-privileges:true" in host["SecurityOpt"]


def test_memory_has_no_swap_beside_it() -> None:
    host = options()["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == LIMITS.memory_mb << 20


def test_processes_and_processors_are_limited() -> None:
    host = options()["HostConfig"]
    assert host["PidsLimit"] == LIMITS.pids
    assert host["NanoCpus"] == LIMITS.cpus * 1e9


def test_the_kernel_limits_are_those_of_the_table_and_nproc_is_not_among_them() -> None:
    limits = {u["Name"]: u["Hard"] for u in options()["HostConfig"]["Ulimits"]}
    assert limits["nofile"] == LIMITS.open_files
    assert limits["core"] == 0
    assert limits["fsize"] == LIMITS.tmp_mb << 20
    assert limits["cpu"] == LIMITS.cpu_s
    assert "nproc" not in limits


def test_the_only_place_to_write_is_small_and_not_executable() -> None:
    tmpfs = options()["HostConfig"]["Tmpfs"]
    assert list(tmpfs) == ["/tmp"]
    for word in ("noexec", "nosuid", "nodev", "size=64m", "nr_inodes=4096"):
        assert word in tmpfs["/tmp"].split(",")


def test_each_slot_has_a_user_of_its_own_far_from_the_hosts() -> None:
    users = {options(slot)["User"] for slot in range(50)}
    assert len(users) == 50
    assert options(7)["User"] == f"{FIRST_UID + 7}:{FIRST_UID + 7}"


def test_nothing_of_the_hosts_environment_goes_in(monkeypatch: Any) -> None:
    monkeypatch.setenv("PODIUM_SECRET_KEY", "canary-7781")
    assert "canary-7781" not in json.dumps(options())
    assert set(environment()) == {
        "PATH",
        "HOME",
        "LANG",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
    }


def test_standard_input_ends_with_its_only_reader_and_the_log_driver_keeps_nothing() -> (
    None
):
    made = options()
    assert made["StdinOnce"] is True
    assert made["HostConfig"]["LogConfig"] == {"Type": "none"}
    assert made["HostConfig"]["IpcMode"] == "none"
    assert made["HostConfig"]["AutoRemove"] is False


def test_the_python_of_the_container_ignores_its_folder_and_environment() -> None:
    assert options()["Cmd"] == ["python3", "-I", "-m", "podium_scorer", "serve"]


def test_unknown_system_calls_are_refused() -> None:
    assert profile()["defaultAction"] == "SCMP_ACT_ERRNO"


def test_dangerous_system_calls_are_on_no_list() -> None:
    allowed = names_with("SCMP_ACT_ALLOW")
    assert "read" in allowed
    assert not allowed & set(FORBIDDEN_CALLS.split())


def test_clone_makes_no_namespace_and_clone3_does_not_exist() -> None:
    clone = next(r for r in profile()["syscalls"] if r["names"] == ["clone"])
    new_namespaces = 0x7E020000
    assert clone["args"] == [
        {
            "index": 0,
            "value": new_namespaces,
            "valueTwo": 0,
            "op": "SCMP_CMP_MASKED_EQ",
        }
    ]
    assert names_with("SCMP_ACT_ERRNO") == {"clone3"}


def test_socket_pairs_are_of_unix_sockets_only() -> None:
    pair = next(r for r in profile()["syscalls"] if r["names"] == ["socketpair"])
    assert [(a["index"], a["value"], a["op"]) for a in pair["args"]] == [
        (0, 1, "SCMP_CMP_EQ")
    ]


def test_every_rule_of_the_list_says_why() -> None:
    assert all(len(rule["comment"]) > 5 for rule in profile()["syscalls"])


def test_no_system_call_stands_twice() -> None:
    names = [name for rule in profile()["syscalls"] for name in rule["names"]]
    assert len(names) == len(set(names))


def code_options(inputs: str | None = "holder") -> dict[str, Any]:
    limits = limits_for(Profile.CODE)
    return container_options(limits, image="x", slot=3, labels={}, inputs=inputs)


def test_a_program_sees_its_input_read_only_and_nothing_else_of_the_host() -> None:
    host = code_options()["HostConfig"]
    assert host["VolumesFrom"] == ["holder:ro"]
    assert not {"Binds", "Mounts", "Devices"} & set(host)
    assert "VolumesFrom" not in code_options(inputs=None)["HostConfig"]


def test_every_place_where_a_program_writes_has_a_size_and_a_number_of_files() -> None:
    tmpfs = code_options()["HostConfig"]["Tmpfs"]
    assert set(tmpfs) == {"/tmp", "/output", "/dev/shm"}
    for options_ in tmpfs.values():
        words = {word.split("=")[0] for word in options_.split(",")}
        assert {"noexec", "nosuid", "nodev", "size", "nr_inodes"} <= words
    assert "mode=0700,uid=200003,gid=200003" in tmpfs["/output"]


def test_a_program_is_held_by_all_that_holds_a_scorer() -> None:
    scorer, code = options(3), code_options()
    differ = {"Tmpfs", "VolumesFrom", "PidsLimit", "Memory", "MemorySwap", "Ulimits"}
    for made in (scorer["HostConfig"], code["HostConfig"]):
        for name in differ:
            made.pop(name, None)
    assert code["HostConfig"] == scorer["HostConfig"]
    assert (code["NetworkDisabled"], code["User"]) == (True, "200003:200003")
