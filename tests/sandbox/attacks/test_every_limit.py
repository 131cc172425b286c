"""Every limit of both tables is attacked by something; who adds one adds an attack."""

from __future__ import annotations

import importlib

import pytest

from podium_sandbox.limits import TABLES, Profile
from tests.sandbox.attacks import catalogue
from tests.sandbox.attacks.programs.probing import ATTACKS

# Attacks of the catalogue by their names, other tests by ``module::test``.
ATTACKED_BY = {
    "wall_s": ("resources.deaf_loop",),
    "cpu_s": (
        "tests.sandbox.test_docker_runner::"
        "test_the_kernel_ends_what_uses_up_its_processor_time",
    ),
    "start_s": (
        "tests.sandbox.test_runners::test_a_scorer_that_never_gets_ready_is_our_fault",
    ),
    "idle_s": (
        "tests.sandbox.test_pool::test_a_worker_that_is_too_old_is_replaced_unused",
    ),
    "cpus": ("resources.processor_hog",),
    "memory_mb": ("resources.memory_bomb", "resources.swap_bomb"),
    "pids": ("resources.fork_bomb", "resources.thread_bomb", "resources.zombies"),
    "tmp_mb": ("resources.tmpfs_bomb", "resources.disk_fill"),
    "tmp_inodes": ("resources.inode_flood",),
    "open_files": ("resources.descriptors",),
    "output_mb": ("resources.output_flood", "output.no_space_left"),
    "log_kept_kb": (
        "tests.sandbox.test_runners::"
        "test_a_flood_of_the_log_ends_the_job_and_64_kib_are_kept",
    ),
    "log_killed_kb": ("resources.log_flood",),
    "shm_mb": ("resources.shared_memory_bomb",),
    "input_mb": ("tests.sandbox.test_inputs::test_too_many_bytes_are_refused",),
    "output_inodes": ("resources.inode_flood",),
    "output_files": ("output.many_files",),
    "output_depth": ("output.deep_tree",),
}


@pytest.mark.parametrize("profile", list(Profile))
def test_every_limit_has_an_attack(profile: Profile) -> None:
    assert {limit.name for limit in TABLES[profile]} <= set(ATTACKED_BY)


@pytest.mark.parametrize("limit", ATTACKED_BY)
def test_the_attacks_are_there(limit: str) -> None:
    assert catalogue.MODULES
    for name in ATTACKED_BY[limit]:
        module, _, test = name.partition("::")
        if test:
            assert callable(getattr(importlib.import_module(module), test, None)), name
        else:
            assert name in ATTACKS
