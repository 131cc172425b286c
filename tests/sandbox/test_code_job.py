"""What is asked of the rooms for programs, and which images they may have."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Any

import pytest

from podium_sandbox.client import CodeJob
from podium_sandbox.code_job import DEFAULT_WALL_S, CodeJobError
from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.rooms import ImageListError, parse_images


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output": "../x"}, "'../x' is no plain file name"),
        ({"inputs": ("a/b",)}, "'a/b' is no plain file name"),
        ({"inputs": ("a", "A")}, "the same name"),
        ({"entry": "a/../b.py"}, "is no plain path"),
        ({"train": "/x.py"}, "is no plain path"),
        ({"limits": {"pids": 3}}, "can't set pids"),
        ({"inputs": tuple(f"f{n}" for n in range(101))}, "more than 100 inputs"),
        ({"colour": "red"}, "it has no 'colour'"),
        ({"image": ["python"]}, "image must be a text"),
        ({"inputs": "test.csv"}, "inputs must be a list of texts"),
        ({"limits": {"wall_s": "1"}}, "limits must be an object of numbers"),
        ({"limits": {"wall_s": True}}, "limits must be an object of numbers"),
        ({"train_wall_s": -1}, "train_wall_s must be a number from 0"),
        ({"train_wall_s": math.inf}, "train_wall_s must be a number from 0"),
        ({"entry": None, "train": 3}, "entry must be a text; train must be a text"),
    ],
)
def test_an_unsound_job_is_told_apart(changes: dict[str, Any], said: str) -> None:
    data = CodeJob(image="python").to_json() | changes
    with pytest.raises(CodeJobError, match=re.escape(said)):
        CodeJob.from_json(data)


def test_a_job_names_its_image() -> None:
    with pytest.raises(CodeJobError, match="it names no image"):
        CodeJob.from_json({})


def test_training_has_its_own_time_or_that_of_the_job() -> None:
    job = CodeJob(image="python", limits={"wall_s": 5.0, "memory_mb": 64})
    assert job.training_limits == {"wall_s": 5.0, "memory_mb": 64}
    job = replace(job, train_wall_s=9.0)
    assert job.training_limits == {"wall_s": 9.0, "memory_mb": 64}


def test_a_job_crosses_the_wall_unchanged() -> None:
    job = CodeJob(
        image="python", inputs=("a.csv",), train="t.py", limits={"wall_s": 3.0}
    )
    assert CodeJob.from_json(json.loads(json.dumps(job.to_json()))).to_json() == (
        job.to_json()
    )


def test_the_client_waits_as_long_as_the_table_says() -> None:
    assert limits_for(Profile.CODE).wall_s == DEFAULT_WALL_S


@pytest.mark.parametrize("text", ["python", "=x", "a=", "a=b,c"])
def test_a_list_of_images_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ImageListError, match="NAME=IMAGE"):
        parse_images(text)


def test_a_list_of_images_may_be_empty_or_long() -> None:
    assert parse_images("") == {}
    assert parse_images("a=b:1, c=d") == {"a": "b:1", "c": "d"}
