"""What the API says of receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from podium.core.shapes import Answer
from podium.receipts import queries
from podium.receipts.models import Receipt

HASH = "The SHA-256 of a canonical form (RFC 8785), in hex."


class ChainLink(Answer):
    """A receipt's place in its competition's chain; it tells nothing of the score."""

    format: str = Field(examples=["podium-receipt/1"])
    competition: str = Field(examples=["breast-cancer"])
    number: int = Field(description="From 1, without a gap.")
    previous: str = Field(description="The hash of the receipt before; zeros at first.")
    statement: str = Field(description="The hash of the statement.")


class SignedLink(Answer):
    """A link, its hash, and the signature over its canonical form."""

    chain: ChainLink
    sha256: str = Field(description=f"Of the link. {HASH}")
    key: str = Field(description="An Ed25519 public key, in hex.")
    signature: str = Field(description="In hex.")


class ReceiptAnswer(SignedLink):
    """A receipt: `podium verify` checks it, without asking anybody."""

    statement: dict[str, Any] = Field(
        description="Hashes of what was sent and what judged, the public score, times; "
        "and in `sealed` the commitments to the exact scores and to the solution."
    )
    opening: dict[str, Any] | None = Field(
        description="What the commitments seal, with its salts; null until the "
        "competition has ended."
    )


class CommitmentItem(Answer):
    """What binds a revision to its solution and split."""

    revision: int
    sha256: str = Field(description=HASH)
    made_at: datetime
    live: bool = Field(description="Whether this revision is on the boards.")
    opening: dict[str, Any] | None = Field(
        description="The hash of the solution and the salt; null until the end."
    )


class ReceiptList(Answer):
    """A page of a competition's chain, in its order, and what the chain rests on."""

    items: list[SignedLink]
    next: str | None
    receipts: int = Field(description="How many there are by now.")
    sha256: str = Field(description="What the chain ends with by now. Write it down.")
    key: str = Field(description="The public key of this site, in hex.")
    commitments: list[CommitmentItem]


def link(receipt: Receipt, competition: str) -> SignedLink:
    """A receipt's link in the chain of a competition, by its slug."""
    return SignedLink(
        chain=ChainLink.model_validate(queries.chain_of(receipt, competition)),
        sha256=receipt.sha256,
        key=receipt.key,
        signature=receipt.signature,
    )
