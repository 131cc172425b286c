"""What Kaggle's clients may ask, whatever the layout of the request.

Each function takes plain values and answers a dictionary of ``podium.kaggle.wire`` or the
address of a download. Refusals are Podium's own.
"""

from __future__ import annotations

from datetime import datetime

from podium.accounts.models import User
from podium.competitions import queries as competitions
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import NotFound, Refused
from podium.core.paging import cursor_of, id_of, key_of
from podium.core.web import commit_then_read, services, session
from podium.kaggle import access, links, service, wire
from podium.kaggle.wire import Shape
from podium.leaderboards import queries as boards
from podium.leaderboards.models import Split
from podium.scoring import service as scoring
from podium.scoring.dispatch import wake
from podium.submissions import queries as submission_queries
from podium.submissions import service as submissions
from podium.submissions.models import Submission
from podium.teams import queries as teams

PAGE_ROWS, PAGE_ROWS_MOST = 20, 200
FILE_ROWS = 1000
BOARD = "kaggle-board"


def site_url() -> str:
    """The address of the site, for people."""
    return services().settings.site_url


def me() -> User:
    """The user who asks."""
    return access.me(site_url())


def list_competitions(
    *, search: str, group: str, page: int, page_token: str, page_size: int
) -> Shape:
    """Competitions, newest first; those of the user alone where the group says so."""
    entered = "ENTERED" in group.upper()
    user = me() if entered else access.viewer()
    size = _page_size(page_size)
    found = competitions.page_of(
        session(),
        now=clock.now(),
        search=search,
        ids=teams.entered_competitions(session(), user=user)
        if entered and user
        else None,
        limit=size + 1,
        offset=size * (page - 1) if page > 1 and not page_token else 0,
        after_id=id_of("kaggle-competitions", page_token),
    )
    shown = found[:size]
    more = len(found) > size
    return {
        "competitions": _competitions(shown, user),
        "nextPageToken": cursor_of("kaggle-competitions", shown[-1].id) if more else "",
    }


def list_files(*, slug: str) -> Shape:
    """A competition's data files."""
    competition = competitions.by_slug(session(), slug)
    return {
        "files": [
            wire.data_file(file, url=links.data_file(competition, file.name))
            for file in competition.data_files
        ],
        "nextPageToken": "",
    }


def file_link(*, slug: str, name: str) -> str:
    """The address of one data file."""
    competition = competitions.by_slug(session(), slug)
    file = competitions.data_file(session(), competition=competition, name=name)
    return links.data_file(competition, file.name)


def archive_link(*, slug: str) -> str:
    """The address of all data files as one ZIP."""
    competition = competitions.by_slug(session(), slug)
    if not competition.data_files:
        raise NotFound(f"{competition.title} has no data files.")
    return links.archive(competition)


def announce(*, slug: str, file_name: str, size: int) -> Shape:
    """The first step of a submission: an address to send the file to."""
    competition = competitions.by_slug(session(), slug)
    token = service.announce(
        session(),
        user=me(),
        competition=competition,
        file_name=file_name,
        size=size,
        settings=services().settings,
        now=clock.now(),
    )
    session().commit()
    return {"token": token, "createUrl": links.upload(token)}


def hand_in(*, slug: str, token: str, description: str, sandbox: bool) -> Shape:
    """The last step of a submission: take the file that was sent."""
    if sandbox:
        raise Refused(
            "Podium has no sandbox submissions. To check a file without submitting it, "
            "use “podium check”; leave --sandbox out to submit."
        )
    competition = competitions.by_slug(session(), slug)
    submission = service.hand_in(
        session(),
        user=me(),
        competition=competition,
        token=token,
        description=description,
        settings=services().settings,
        now=clock.now(),
    )
    commit_then_read()
    wake(services())
    return {
        "message": f"Successfully submitted to {competition.title}",
        "ref": submission.id,
    }


def list_submissions(
    *, slug: str, group: str, page: int, page_token: str, page_size: int
) -> Shape:
    """The submissions of the user's team, newest first."""
    user = me()
    competition = competitions.by_slug(session(), slug)
    team = teams.team_of(session(), competition=competition, user=user)
    if team is None:
        return {"submissions": [], "nextPageToken": ""}
    name, size = f"kaggle-submissions-{team.id}", _page_size(page_size)
    found = submission_queries.of_team(
        session(),
        team=team,
        limit=size + 1,
        offset=size * (page - 1) if page > 1 and not page_token else 0,
        before_id=id_of(name, page_token),
    )
    shown = found[:size]
    more = len(found) > size
    items = [_submission(each) for each in shown]
    return {
        "submissions": [item for item in items if _in_group(item, group)],
        "nextPageToken": cursor_of(name, shown[-1].id) if more else "",
    }


def get_submission(*, ref: int) -> Shape:
    """One submission of the user's team."""
    return _submission(_own(ref))


def submission_link(*, ref: int) -> str:
    """The address of the file of a submission of the user's team."""
    return links.submission(_own(ref))


def limits(*, slug: str) -> Shape:
    """How much the user's team has sent and may still send."""
    user, now = me(), clock.now()
    competition = competitions.by_slug(session(), slug)
    team = teams.team_of(session(), competition=competition, user=user)
    left = submissions.allowance(session(), team=team, competition=competition, now=now)
    return wire.limits(
        left,
        today=submission_queries.used_today(
            session(), team=team, now=now, late=competition.takes_late(now)
        )
        if team
        else 0,
        total=team.submissions_made if team else 0,
    )


def leaderboard(
    *, slug: str, page_token: str, page_size: int, public: bool = False
) -> Shape:
    """A page of the board that is open: the private one after the end, unless the public
    one is asked for."""
    competition = competitions.by_slug(session(), slug)
    split = Split.PUBLIC if public else boards.open_split(competition, now=clock.now())
    name = f"{BOARD}-{competition.id}-{split}"
    page = boards.board_page(
        session(),
        competition=competition,
        split=split,
        now=clock.now(),
        limit=_page_size(page_size),
        after=_after(name, page_token),
    )
    metric = wire.metric_of(competition)
    return {
        "submissions": [wire.board_row(row, metric=metric) for row in page.rows],
        "nextPageToken": cursor_of(name, *page.next) if page.next else "",
    }


def team_submissions(*, team_id: int) -> Shape:
    """The submission of a team that stands on the open board, if any does."""
    team = teams.team_by_id(session(), team_id)
    competition = team.competition
    split = boards.open_split(competition, now=clock.now())
    row = boards.row_of(session(), competition=competition, split=split, team=team)
    best = boards.best_submission(
        session(), competition=competition, split=split, team_id=team.id
    )
    if row is None or best is None:
        return {"submissions": []}
    shown = wire.board_row(row, metric=wire.metric_of(competition))
    return {
        "submissions": [
            {
                "id": best[0],
                "dateSubmitted": shown["submissionDate"],
                "publicScore": shown["score"],
            }
        ]
    }


def list_pages(*, slug: str, name: str) -> Shape:
    """A competition's pages, or the one that is named."""
    competition = competitions.by_slug(session(), slug)
    if name:
        found = [competitions.page(session(), competition=competition, name=name)]
    else:
        found = list(competition.pages)
    return {"pages": [wire.page(page) for page in found]}


def list_hosts(*, slug: str) -> Shape:
    """Who organizes a competition."""
    host = competitions.by_slug(session(), slug).host
    if host is None:
        return {"hosts": []}
    shown = {
        "id": host.id,
        "userName": host.username,
        "displayName": host.shown_name,
        "profileUrl": f"{site_url()}/u/{host.username}",
    }
    return {"hosts": [shown]}


def list_topics(*, slug: str) -> Shape:
    """The discussion of a competition; Podium's competitions have none."""
    competitions.by_slug(session(), slug)
    return {"topics": [], "totalCount": 0}


def _competitions(found: list[Competition], user: User | None) -> list[Shape]:
    now = clock.now()
    counts = teams.team_counts(session(), [each.id for each in found])
    return [
        wire.competition(
            each,
            {
                "teams": counts.get(each.id, 0),
                "header": scoring.header(
                    session(), competition=each, viewer=user, now=now
                ),
            },
            site_url=site_url(),
            now=now,
        )
        for each in found
    ]


def _submission(found: Submission) -> Shape:
    standing = scoring.standing(
        session(), submission=found, settings=services().settings, now=clock.now()
    )
    return wire.submission(standing, site_url=site_url())


def _own(ref: int) -> Submission:
    return submission_queries.by_id(session(), submission_id=ref, viewer=me())


def _in_group(item: Shape, group: str) -> bool:
    wanted = group.upper()
    if wanted.endswith("SUCCESSFUL"):
        return bool(item["status"] == "COMPLETE")
    return not wanted.endswith("SELECTED")


def _page_size(asked: int) -> int:
    return min(asked, PAGE_ROWS_MOST) if asked > 0 else PAGE_ROWS


def _after(name: str, token: str) -> tuple[float, datetime, int] | None:
    key = key_of(name, token)
    if key is None:
        return None
    return float(key[0]), datetime.fromisoformat(key[1]), int(key[2])
