"""Downloads are whole, verified, resumed, and write nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.podium_cli.conftest import Podium
from tests.podium_cli.fake_podium import Fake

BIG = bytes(range(256)) * 20_000


@pytest.fixture(autouse=True)
def files(fake: Fake) -> None:
    fake.files = {"train.csv": b"id,x\n1,2\n", "test.csv": BIG, "empty.csv": b""}


def ranges(fake: Fake) -> list[str | None]:
    return [
        headers.get("Range")
        for _, path, headers in fake.asked
        if path.endswith("/data/test.csv")
    ]


def test_every_file_arrives(logged_in: Podium) -> None:
    ran = logged_in("download", "wine", "-p", "into/here")

    assert ran.code == 0
    assert {path.name: path.read_bytes() for path in Path("into/here").iterdir()} == {
        "train.csv": b"id,x\n1,2\n",
        "test.csv": BIG,
        "empty.csv": b"",
    }
    assert ran.out.splitlines()[2].split("\t") == [
        "into/here/test.csv",
        "5.1 MB",
        "downloaded",
    ]


def test_one_file_can_be_chosen(logged_in: Podium) -> None:
    ran = logged_in("download", "wine", "-f", "train.csv", "--json")

    (file,) = ran.json["files"]
    assert (file["path"], file["size"], file["state"]) == ("train.csv", 9, "downloaded")
    assert [path.name for path in Path().iterdir()] == ["train.csv"]


def test_a_file_that_is_not_there_is_answered_with_those_that_are(
    logged_in: Podium,
) -> None:
    ran = logged_in("download", "wine", "-f", "tran.csv")

    assert ran.code == 1
    assert "Its files: train.csv, test.csv, empty.csv." in ran.err


def test_what_is_here_is_not_loaded_again(logged_in: Podium, fake: Fake) -> None:
    logged_in("download", "wine")
    fake.asked.clear()
    ran = logged_in("download", "wine", "--json")

    assert {file["state"] for file in ran.json["files"]} == {"unchanged"}
    assert fake.paths() == ["GET /competitions/wine/data"]


def test_another_file_of_that_name_is_only_replaced_by_force(
    logged_in: Podium,
) -> None:
    Path("train.csv").write_text("my own work")
    refused = logged_in("download", "wine", "-f", "train.csv")

    assert refused.code == 1
    assert "--force" in refused.err
    assert Path("train.csv").read_text() == "my own work"
    assert logged_in("download", "wine", "-f", "train.csv", "--force").code == 0
    assert Path("train.csv").read_bytes() == b"id,x\n1,2\n"


def test_a_broken_connection_is_resumed_by_range(logged_in: Podium, fake: Fake) -> None:
    fake.cut_after = [1_000_000, 2_000_000]
    ran = logged_in("download", "wine", "-f", "test.csv")

    assert ran.code == 0
    assert Path("test.csv").read_bytes() == BIG
    assert ranges(fake)[0] is None
    # How much of a cut-off answer arrives is up to the network, not to us.
    assert len(ranges(fake)) == 3
    assert all(asked and asked != "bytes=0-" for asked in ranges(fake)[1:])


def test_the_next_command_goes_on_where_the_last_one_stopped(
    logged_in: Podium, fake: Fake
) -> None:
    fake.cut_after = [1_000_000] + [0] * 5
    stopped = logged_in("download", "wine", "-f", "test.csv")
    (part,) = Path().glob(".test.csv.*.part")
    have = part.stat().st_size

    assert stopped.code == 3
    assert f"stopped at {have} of {len(BIG)} bytes" in stopped.err
    assert not Path("test.csv").exists()
    fake.asked.clear()
    assert logged_in("download", "wine", "-f", "test.csv").code == 0
    assert ranges(fake) == [f"bytes={have}-"]
    assert Path("test.csv").read_bytes() == BIG
    assert [path.name for path in Path().iterdir()] == ["test.csv"]


def test_a_server_without_ranges_is_asked_from_the_start(
    logged_in: Podium, fake: Fake
) -> None:
    fake.ranges = False
    fake.cut_after = [1_000_000]
    assert logged_in("download", "wine", "-f", "test.csv").code == 0
    assert Path("test.csv").read_bytes() == BIG


def test_a_part_of_another_version_is_not_gone_on_with(
    logged_in: Podium, fake: Fake
) -> None:
    fake.cut_after = [1_000_000] + [0] * 5
    logged_in("download", "wine", "-f", "test.csv")
    fake.files["test.csv"] = bytes(reversed(BIG))
    fake.asked.clear()

    assert logged_in("download", "wine", "-f", "test.csv").code == 0
    assert ranges(fake) == [None]
    assert Path("test.csv").read_bytes() == bytes(reversed(BIG))


def test_a_part_that_is_too_long_is_thrown_away(logged_in: Podium, fake: Fake) -> None:
    sha256 = fake.item("train.csv")["sha256"]
    Path(f".train.csv.{sha256[:12]}.part").write_bytes(b"x" * 100)

    assert logged_in("download", "wine", "-f", "train.csv").code == 0
    assert Path("train.csv").read_bytes() == b"id,x\n1,2\n"


def test_a_file_whose_hash_differs_is_not_put_in_place(
    logged_in: Podium, fake: Fake
) -> None:
    fake.lie_about_hash = True
    ran = logged_in("download", "wine", "-f", "train.csv")

    assert ran.code == 3
    assert "its hash differs" in ran.err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../escape.csv",
        "/etc/x.csv",
        "a/b.csv",
        "..",
        ".bashrc",
        "a\\b",
        "NUL",
        "con.csv",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(
    logged_in: Podium, fake: Fake, tmp_path: Path, name: str
) -> None:
    fake.files = {name: b"evil"}
    before = sorted(tmp_path.rglob("*"))
    ran = logged_in("download", "wine")

    assert ran.code == 1
    assert "can't be a file's name here" in ran.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_cannot_be_made_is_said(logged_in: Podium) -> None:
    Path("taken").write_text("")
    ran = logged_in("download", "wine", "-p", "taken/below")

    assert ran.code == 1
    assert "can't be written" in ran.err


def test_a_refused_download_says_the_servers_sentence(
    logged_in: Podium, fake: Fake
) -> None:
    fake.refuse("GET /competitions/wine/data/", 403, "Accept the rules first.")
    ran = logged_in("download", "wine")

    assert (ran.code, ran.err) == (1, "Accept the rules first.\n")
