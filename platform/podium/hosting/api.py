"""For organizers: bundles to and from Podium, the checklist, the launch."""

from __future__ import annotations

import tempfile

from flask import Response, request

from podium.accounts.api import me
from podium.competitions import queries
from podium.competitions.models import Competition, RevisionState
from podium.competitions.schemas import AnnouncementItem, announced
from podium.core import clock, openapi
from podium.core.api import Access, ApiBlueprint, no_content
from podium.core.uploads import body_of
from podium.core.web import release, services, session
from podium.hosting import schemas, service
from podium.hosting.archive import bundle_answer
from podium.scoring.dispatch import wake

bp = ApiBlueprint("hosting", __name__, tag="Hosting")
SIGNED_IN = Access.SIGNED_IN


@bp.operation("GET", "/hosted", access=SIGNED_IN, answer=schemas.HostedList)
def list_hosted() -> schemas.HostedList:
    """The competitions that I host, drafts included"""
    found = queries.hosted_by(session(), user=me())
    items = [schemas.hosted_item(each, clock.now()) for each in found]
    return schemas.HostedList(items=items, next=None)


@bp.operation(
    "GET",
    "/competitions/<slug>/hosting",
    access=SIGNED_IN,
    answer=schemas.Hosted,
    errors=(403,),
)
def get_hosted(slug: str) -> schemas.Hosted:
    """A competition that I host, with its checklist"""
    return _shown(service.hosted(session(), slug=slug, user=me()))


@bp.operation(
    "PUT",
    "/competitions/<slug>/bundle",
    access=SIGNED_IN,
    answer=schemas.Pushed,
    upload=True,
    errors=(400, 403, 409, 413, 422),
)
def push_bundle(slug: str) -> schemas.Pushed:
    """Make or change a competition from a bundle

    The body is a ZIP of the bundle's folder. A new competition is a draft, which only its
    host sees until it is launched. A bundle with faults is refused with all of them, and
    changes nothing.
    """
    settings, user = services().settings, me()
    service.require_may_push(session(), settings, slug=slug, user=user)
    release()
    with tempfile.TemporaryFile(dir=services().settings.data_dir) as archive:
        service.receive(body_of(request), archive, most_bytes=settings.bundle_max_bytes)
        with service.unpacked(settings, archive) as bundle:
            session().expire_all()  # the upload may have taken long
            result = service.save_bundle(
                session(), services(), bundle=bundle, by=user, slug=slug
            )
            session().commit()
    wake(services())
    now, competition = clock.now(), result.competition
    items = service.checklist_of(session(), competition=competition, now=now)
    return schemas.pushed(result, items, _revision(competition), now)


@bp.operation(
    "GET",
    "/competitions/<slug>/bundle",
    access=SIGNED_IN,
    answers=openapi.FILE_ANSWERS,
    errors=(403, 409, 416),
)
def pull_bundle(slug: str) -> Response:
    """The bundle of a competition that I host, as a ZIP

    Exactly what was sent, solution included; sending it again changes nothing.
    """
    competition = service.hosted(session(), slug=slug, user=me())
    return bundle_answer(services().storage, competition)


@bp.operation(
    "POST",
    "/competitions/<slug>/launch",
    access=SIGNED_IN,
    body=schemas.Launch,
    example={"at": None},
    answer=schemas.Hosted,
    errors=(403, 409),
)
def launch_competition(slug: str, body: schemas.Launch) -> schemas.Hosted:
    """Show a draft to everybody, now or later"""
    competition = service.hosted(session(), slug=slug, user=me())
    service.launch(session(), competition=competition, now=clock.now(), at=body.at)
    session().commit()
    return _shown(competition)


@bp.operation(
    "DELETE",
    "/competitions/<slug>/launch",
    access=SIGNED_IN,
    answer=schemas.Hosted,
    errors=(403, 409),
)
def call_off_launch(slug: str) -> schemas.Hosted:
    """Call a planned launch off"""
    competition = service.hosted(session(), slug=slug, user=me())
    service.call_off(session(), competition=competition, now=clock.now())
    session().commit()
    return _shown(competition)


@bp.operation(
    "DELETE",
    "/competitions/<slug>",
    access=SIGNED_IN,
    answers={204: {"description": "The draft is deleted."}},
    errors=(403, 409),
)
def delete_draft(slug: str) -> Response:
    """Delete a draft

    A competition that was launched stays.
    """
    competition = service.hosted(session(), slug=slug, user=me())
    service.delete_draft(session(), competition=competition, now=clock.now())
    session().commit()
    return no_content()


@bp.operation(
    "POST",
    "/competitions/<slug>/announcements",
    access=SIGNED_IN,
    body=schemas.NewAnnouncement,
    example={"title": "More data", "text": "There is a new file `train_2.csv`."},
    answer=AnnouncementItem,
    status=201,
    errors=(403,),
)
def announce(slug: str, body: schemas.NewAnnouncement) -> AnnouncementItem:
    """Tell everybody who takes part in a competition that I host"""
    made = service.announce(
        session(),
        competition=service.hosted(session(), slug=slug, user=me()),
        by=me(),
        title=body.title,
        text=body.text,
    )
    session().commit()
    return announced(made)


@bp.operation(
    "DELETE",
    "/competitions/<slug>/announcements/<announcement_id>",
    access=SIGNED_IN,
    answers={204: {"description": "It is deleted."}},
    errors=(403,),
)
def delete_announcement(slug: str, announcement_id: str) -> Response:
    """Delete an announcement"""
    competition = service.hosted(session(), slug=slug, user=me())
    found = queries.announcement(
        session(), competition=competition, public_id=announcement_id
    )
    service.delete_announcement(session(), announcement=found)
    session().commit()
    return no_content()


def _shown(competition: Competition) -> schemas.Hosted:
    now = clock.now()
    items = service.checklist_of(session(), competition=competition, now=now)
    return schemas.hosted(competition, items, _revision(competition), now)


def _revision(competition: Competition) -> tuple[int, RevisionState] | None:
    newest = queries.newest_revision(session(), competition=competition)
    return None if newest is None else (newest.number, newest.state)
