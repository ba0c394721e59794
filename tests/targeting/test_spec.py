"""The population language by example, on every engine; TG-04: an analyst's Python is tested the same way."""

import pytest

from allant.targeting import Definition

from .spark import leaves_sockets
from .spec import Case, Chapter
from .spec.rendering import CHAPTERS, PAGE, page
from .vocabulary import REGISTRY
from .world import World

CASES = [pytest.param(chapter, case, id=f"{chapter.title}: {case.shows}") for chapter in CHAPTERS for case in chapter.cases]


@pytest.mark.parametrize("chapter, case", CASES)
def test_every_engine_selects_these_people(world: World, chapter: Chapter, case: Case) -> None:
    world.load(chapter.population)
    assert world.compare(case.definition) == case.people


@pytest.mark.long
@leaves_sockets
def test_spark_selects_these_people(world: World) -> None:
    for chapter in CHAPTERS:
        world.load(chapter.population)
        assert [world.ask("spark", case.definition) for case in chapter.cases] == [case.people for case in chapter.cases]


@pytest.mark.parametrize("chapter, case", CASES)
def test_the_same_definition_comes_back_from_json(chapter: Chapter, case: Case) -> None:
    again = Definition.from_json(case.definition.to_json(), REGISTRY)
    assert (again, again.content_hash) == (case.definition, case.definition.content_hash)


def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.targeting.spec.rendering"
