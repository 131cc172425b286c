"""Receipts for programs: a competition's chain, and one whole receipt."""

from __future__ import annotations

from podium.accounts.api import viewer
from podium.competitions.queries import by_slug
from podium.core import clock
from podium.core.api import Access, ApiBlueprint
from podium.core.keys import receipt_key
from podium.core.paging import PageQuery, cursor_of, id_of
from podium.core.web import services, session
from podium.receipts import queries, schemas

bp = ApiBlueprint("receipts", __name__, tag="Receipts")


@bp.operation(
    "GET",
    "/competitions/<slug>/receipts",
    query=PageQuery,
    answer=schemas.ReceiptList,
)
def list_receipts(slug: str, query: PageQuery) -> schemas.ReceiptList:
    """The chain of a competition's receipts, and the commitments to its solution

    Links alone, the oldest first: what they are links of is their teams' until the end.
    """
    competition, now = by_slug(session(), slug), clock.now()
    list_name = f"receipts-{competition.id}"
    found = queries.links(
        session(),
        competition=competition,
        after=id_of(list_name, query.cursor) or 0,
        limit=query.limit + 1,
    )
    shown = found[: query.limit]
    more = len(found) > query.limit
    receipts, sha256 = queries.head(session(), competition=competition)
    return schemas.ReceiptList(
        items=[schemas.link(each, slug) for each in shown],
        next=cursor_of(list_name, shown[-1].number) if more else None,
        receipts=receipts,
        sha256=sha256,
        key=receipt_key(services().settings).public,
        commitments=[
            schemas.CommitmentItem.model_validate(each)
            for each in queries.commitments(session(), competition=competition, now=now)
        ],
    )


@bp.operation(
    "GET",
    "/receipts/<receipt_id>",
    access=Access.BETTER_SIGNED_IN,
    answer=schemas.ReceiptAnswer,
)
def get_receipt(receipt_id: str) -> schemas.ReceiptAnswer:
    """A receipt

    Of my own team always; of others once the competition has ended, for the scores that
    stand on its final board.
    """
    now = clock.now()
    found = queries.by_public_id(
        session(), public_id=receipt_id, viewer=viewer(), now=now
    )
    return schemas.ReceiptAnswer.model_validate(
        queries.document(session(), found, now=now)
    )
