"""A receipt at home: checked offline, compared with files, and scored again."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.core.signing import SigningKey
from podium_cli.scorer import scorer
from podium_scorer import receipt as form
from tests.podium_cli.conftest import Podium
from tests.podium_cli.fake_podium import Fake
from tests.test_repository import ROOT

BUNDLE = ROOT / "competitions/breast-cancer"
SOLUTION, SAMPLE = BUNDLE / "solution.csv", BUNDLE / "data/sample_submission.csv"
KEY = SigningKey(b"\5" * 32)
FAULTY, REFUSED = 4, 1


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def submission() -> Path:
    """Predictions that are right more often than not."""
    path = Path("mine.csv")
    with SOLUTION.open() as source, path.open("w") as target:
        target.write("id,malignant\n")
        for number, row in enumerate(csv.DictReader(source)):
            right = float(row["malignant"]) * 0.6 + 0.2
            target.write(f"{row['id']},{right if number % 5 else 1 - right}\n")
    return path


@pytest.fixture
def opened(submission: Path) -> dict[str, Any]:
    """The receipt of that file as the site would write it, after the end."""
    files = ["--solution", str(SOLUTION), "--submission", str(submission)]
    report = scorer(["score", *files, "--metric", "roc_auc"], trouble="No")
    scores = {"salt": "a" * 64} | {
        name: report.get(name)
        for name in ("public", "public_interval", "private", "private_interval")
    }
    revision = {"salt": "b" * 64, "solution_sha256": sha256(SOLUTION)}
    statement = {
        "competition": "breast-cancer",
        "submission": "7k3mqx9dtz",
        "submission_sha256": sha256(submission),
        "id_column": "id",
        "image": None,
        "scorer": report["scorer"],
        "metric": {"name": "roc_auc", "own": False, "params": {}, "decimals": 5},
        "public": round(report["public"], 5),
        "sealed": {
            "scores": form.digest(scores),
            "revision": form.digest(revision),
        },
    }
    return signed(statement) | {"opening": {"scores": scores, "revision": revision}}


def signed(
    statement: dict[str, Any], *, number: int = 1, previous: str = form.START
) -> dict[str, Any]:
    chain = form.link(
        competition="breast-cancer",
        number=number,
        previous=previous,
        statement=form.digest(statement),
    )
    return {
        "statement": statement,
        "chain": chain,
        "sha256": form.digest(chain),
        "key": KEY.public,
        "signature": KEY.sign(form.canonical(chain)),
        "opening": None,
    }


def saved(document: Any, name: str = "receipt.json") -> str:
    Path(name).write_text(json.dumps(document, indent=1))
    return name


def test_a_sound_receipt_is_told_as_such_and_whose_key_was_not_asked(
    podium: Podium, opened: dict[str, Any]
) -> None:
    ran = podium("verify", saved(opened))
    assert ran.code == 0, ran.out
    assert "is sound" in ran.out
    assert "Compare it with the site's /.well-known/podium-receipts" in ran.out


@pytest.mark.parametrize("how", ["hex", "upper", "file of hex", "file of the site"])
def test_the_key_is_taken_as_text_or_from_a_file(
    podium: Podium, opened: dict[str, Any], how: str
) -> None:
    said = saved({"algorithm": "Ed25519", "key": KEY.public}, "key.json")
    Path("key.txt").write_text(KEY.public + "\n")
    named = {
        "hex": KEY.public,
        "upper": KEY.public.upper(),
        "file of hex": "key.txt",
        "file of the site": said,
    }[how]
    ran = podium("verify", saved(opened), "--key", named, "--json")
    assert ran.code == 0
    assert "It is signed with the key you named." in ran.json["proved"]


def test_another_key_is_a_fault(podium: Podium, opened: dict[str, Any]) -> None:
    other = SigningKey(b"\6" * 32).public
    ran = podium("verify", saved(opened), "--key", other, "--json")
    assert ran.code == FAULTY
    assert ran.json["sound"] is False


@pytest.mark.parametrize("named", ["not-a-key", "ab" * 31, "."])
def test_what_is_no_key_is_told(
    podium: Podium, opened: dict[str, Any], named: str
) -> None:
    ran = podium("verify", saved(opened), "--key", named)
    assert ran.code == REFUSED
    assert "neither a key of 64 hex digits nor a file" in ran.err


def test_a_changed_score_is_a_fault(podium: Podium, opened: dict[str, Any]) -> None:
    opened["statement"]["public"] = 1.0
    ran = podium("verify", saved(opened))
    assert ran.code == FAULTY
    assert "NOT sound" in ran.out
    assert "The statement is not the one that was signed." in ran.out


def test_a_forged_signature_is_a_fault(podium: Podium, opened: dict[str, Any]) -> None:
    opened["signature"] = SigningKey(b"\6" * 32).sign(form.canonical(opened["chain"]))
    assert podium("verify", saved(opened)).code == FAULTY


@pytest.mark.parametrize("content", [b"", b"id,y\n", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_receipt_is_told(podium: Podium, content: bytes) -> None:
    Path("receipt.json").write_bytes(content)
    ran = podium("verify", "receipt.json")
    assert ran.code == REFUSED
    assert "receipt.json is no receipt." in ran.err


def test_without_cryptography_it_says_what_to_install(
    podium: Podium, opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    ran = podium("verify", saved(opened))
    assert ran.code == REFUSED
    assert "pip install 'podium[local]'" in ran.err


def test_the_files_are_compared_and_scored_again(
    podium: Podium, opened: dict[str, Any], submission: Path
) -> None:
    files = ("--submission", str(submission), "--solution", str(SOLUTION))
    ran = podium("verify", saved(opened), *files, "--sample", str(SAMPLE), "--json")
    assert ran.code == 0, ran.out + ran.err
    proved = " ".join(ran.json["proved"])
    assert f"{submission} is the submission that was judged." in proved
    assert f"{SOLUTION} is the solution that was judged." in proved
    assert "The public score is the same here" in proved
    assert "The private score is the same here" in proved


def test_while_sealed_the_public_score_is_compared_as_it_was_shown(
    podium: Podium, opened: dict[str, Any], submission: Path
) -> None:
    opened["opening"] = None
    files = ("--submission", str(submission), "--solution", str(SOLUTION))
    ran = podium("verify", saved(opened), *files)
    assert ran.code == 0, ran.out + ran.err
    assert "The solution is still sealed" in ran.out
    assert "The public score is the same here" in ran.out
    assert "private" not in ran.out


def test_a_score_that_the_scorer_does_not_come_to_is_a_fault(
    podium: Podium, opened: dict[str, Any], submission: Path
) -> None:
    statement = opened["statement"] | {"public": opened["statement"]["public"] + 2e-5}
    files = ("--submission", str(submission), "--solution", str(SOLUTION))
    ran = podium("verify", saved(signed(statement)), *files)
    assert ran.code == FAULTY
    assert "The public score is" in ran.out


@pytest.mark.parametrize("what", ["submission", "solution"])
def test_another_file_is_a_fault(
    podium: Podium, opened: dict[str, Any], submission: Path, what: str
) -> None:
    Path("other.csv").write_text("id,malignant\n1,0\n")
    ran = podium("verify", saved(opened), f"--{what}", "other.csv")
    assert ran.code == FAULTY
    assert f"other.csv is not the {what} that was judged." in ran.out


def test_an_organizers_own_metric_is_not_scored_again(
    podium: Podium, opened: dict[str, Any], submission: Path
) -> None:
    statement = opened["statement"]
    statement["metric"] |= {"own": True, "params": None}
    files = ("--submission", str(submission), "--solution", str(SOLUTION))
    ran = podium("verify", saved(signed(statement)), *files)
    assert ran.code == 0
    assert "It was not scored again" in ran.out


@pytest.fixture
def chain(opened: dict[str, Any]) -> list[dict[str, Any]]:
    """Three links, of which the receipt's is the first."""
    links = [opened]
    for number in (2, 3):
        statement = {"competition": "breast-cancer", "submission": f"s{number}"}
        previous = links[-1]["sha256"]
        links.append(signed(statement, number=number, previous=previous))
    named = ("chain", "sha256", "key", "signature")
    return [{name: each[name] for name in named} for each in links]


def kept(links: list[dict[str, Any]]) -> str:
    Path("chain.jsonl").write_text("".join(json.dumps(each) + "\n" for each in links))
    return "chain.jsonl"


def test_a_receipt_stands_in_a_chain_that_was_kept(
    podium: Podium, opened: dict[str, Any], chain: list[dict[str, Any]]
) -> None:
    assert podium("verify", saved(opened), "--chain", kept(chain)).code == 0


def test_a_chain_without_the_receipt_is_a_fault(
    podium: Podium, opened: dict[str, Any], chain: list[dict[str, Any]]
) -> None:
    other = signed(opened["statement"] | {"public": 0.1})
    ran = podium("verify", saved(other), "--chain", kept(chain))
    assert ran.code == FAULTY
    assert "does not stand in the chain" in ran.out


@pytest.mark.parametrize(
    "spoil", ["order", "gap", "signature", "no link", "no JSON", "nonsense"]
)
def test_a_broken_chain_is_a_fault(
    podium: Podium, opened: dict[str, Any], chain: list[dict[str, Any]], spoil: str
) -> None:
    match spoil:
        case "order":
            chain[1], chain[2] = chain[2], chain[1]
        case "gap":
            del chain[1]
        case "signature":
            chain[1]["signature"] = chain[2]["signature"]
        case "no link":
            del chain[1]["chain"]
        case "nonsense":
            chain[1] = {"chain": [], "sha256": 1, "key": 2, "signature": 3}
    name = kept(chain)
    if spoil == "no JSON":
        Path(name).write_text("{")
    assert podium("verify", saved(opened), "--chain", name).code == FAULTY


def test_a_receipt_is_fetched_by_its_submission(
    logged_in: Podium, fake: Fake, opened: dict[str, Any]
) -> None:
    answer = json.dumps(opened).encode()
    fake.instead["GET /receipts/r1"] = [(200, {}, answer)]
    submission = json.dumps({"receipt": "/api/v1/receipts/r1"}).encode()
    fake.instead["GET /submissions/s1"] = [(200, {}, submission)]
    ran = logged_in("receipt", "s1", "-o", "mine.json")
    assert ran.code == 0
    assert "Next: podium verify mine.json" in ran.err
    assert logged_in("verify", "mine.json").code == 0


def test_a_submission_without_a_score_has_no_receipt(
    logged_in: Podium, fake: Fake
) -> None:
    submission = json.dumps({"receipt": None}).encode()
    fake.instead["GET /submissions/s1"] = [(200, {}, submission)]
    ran = logged_in("receipt", "s1")
    assert ran.code == REFUSED
    assert "only scored submissions do" in ran.err


def test_a_chain_is_kept_line_by_line(
    logged_in: Podium,
    fake: Fake,
    opened: dict[str, Any],
    chain: list[dict[str, Any]],
) -> None:
    body = json.dumps({"items": chain, "next": None}).encode()
    fake.instead["GET /competitions/wine/receipts"] = [(200, {}, body)]
    ran = logged_in("chain", "wine", "-o", "c.jsonl", "--json")
    assert (ran.json["receipts"], ran.json["sha256"]) == (3, chain[-1]["sha256"])
    assert logged_in("verify", saved(opened), "--chain", "c.jsonl").code == 0
