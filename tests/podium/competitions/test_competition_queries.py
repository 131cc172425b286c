"""Finding competitions, their pages and files."""

from __future__ import annotations

import pytest

from podium.competitions import queries
from podium.competitions.models import Competition, Stage
from podium.core import clock
from podium.core.errors import NotFound
from tests.podium.factories import DAY, Factory

NOW = clock.now()


def found(make: Factory, **wanted: object) -> list[str]:
    with make.session() as session:
        page = queries.page_of(session, now=NOW, **wanted)
        return [each.slug for each in page]


def test_an_address_that_is_nearly_right_names_the_right_one(make: Factory) -> None:
    make.competition("breast-cancer")
    with make.session() as session:
        assert queries.by_slug(session, "breast-cancer").slug == "breast-cancer"
        with pytest.raises(NotFound, match="Did you mean “breast-cancer”"):
            queries.by_slug(session, "brest-cancer")
        with pytest.raises(NotFound, match="Check the spelling"):
            queries.by_slug(session, "x" * 500)


def test_the_newest_come_first_in_pages(make: Factory) -> None:
    ids = [make.competition(slug).id for slug in ("one", "two", "three")]
    assert found(make, limit=2) == ["three", "two"]
    assert found(make, limit=2, after_id=ids[1]) == ["one"]


def test_stages_part_the_competitions(make: Factory) -> None:
    make.competition("later", opens_at=NOW + DAY)
    make.competition("now", opens_at=NOW, closes_at=NOW + DAY)
    make.competition("over", closes_at=NOW)
    assert found(make, stage=Stage.UPCOMING) == ["later"]
    assert found(make, stage=Stage.OPEN) == ["now"]
    assert found(make, stage=Stage.ENDED) == ["over"]
    assert sorted(found(make)) == ["later", "now", "over"]
    with make.session() as session:
        for stage in Stage:
            (each,) = queries.page_of(session, now=NOW, stage=stage)
            assert each.stage(NOW) is stage


@pytest.mark.database
def test_a_tag_is_found_whole_whatever_its_case(make: Factory) -> None:
    make.competition("one", tags=["Tabular", "médecine"])
    make.competition("two", tags=["tabular data", 'a "quoted" one'])
    assert found(make, tag="tabular") == ["one"]
    assert found(make, tag="médecine") == ["one"]
    assert found(make, tag='a "quoted" one') == ["two"]
    for tag in ("tab", "%", '"'):
        assert found(make, tag=tag) == []


def test_a_search_looks_at_title_subtitle_address_and_tags(make: Factory) -> None:
    make.competition("one", title="Étoiles", subtitle="Find them", tags=["ciel d'été"])
    make.competition("two", title="Bears", subtitle="100% bears", tags=["forest"])
    for text in ("étoi", "ÉTOILES", " find", "ONE", "d'ÉTÉ"):
        assert found(make, search=text) == ["one"]
    assert found(make, search="0%") == ["two"]
    assert found(make, search="_") == []


def test_pages_and_files_are_found_by_name(make: Factory) -> None:
    competition = make.competition(data={"b.csv": b"1", "a.csv": b"2"})
    with make.session() as session:
        here = session.get_one(Competition, competition.id)
        assert queries.page(session, competition=here, name="rules").text == "Be fair."
        assert queries.data_file(session, competition=here, name="a.csv").size == 1
        with pytest.raises(NotFound, match="has no page “faq”"):
            queries.page(session, competition=here, name="faq")
        with pytest.raises(NotFound, match=r"It has: a\.csv, b\.csv\."):
            queries.data_file(session, competition=here, name="../solution.csv")


def test_tags_are_counted(make: Factory) -> None:
    make.competition("one", tags=["b", "a"])
    make.competition("two", tags=["b"])
    with make.session() as session:
        tags = queries.tags(session)
    assert [(each.tag, each.competitions) for each in tags] == [("b", 2), ("a", 1)]
