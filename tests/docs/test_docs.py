"""Documentation that can be checked is checked."""

import re
from pathlib import Path

import pytest

from voltway.runtime import settings_page

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SRC = ROOT / "src" / "voltway"

every_page = pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))


def test_the_page_of_settings_is_what_the_code_has() -> None:
    page = (ROOT / "docs" / "operating" / "settings.md").read_text()

    assert page == settings_page.rendered(), (
        "write it with: python -m voltway.runtime.settings_page"
    )


@every_page
def test_a_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{target} is not there"


@every_page
def test_a_command_of_make_is_in_the_makefile(page: Path) -> None:
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for word in re.findall(r"`make ([a-z]+)`", page.read_text()):
        assert word in made, f"there is no make {word}"


def test_every_room_of_the_house_is_on_the_plan() -> None:
    plan = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = {path.parent.name for path in SRC.glob("*/__init__.py")} - {"migrations"}

    missing = {room for room in rooms if f"{room}/" not in plan}

    assert not missing


def test_what_the_plan_names_exists() -> None:
    plan = (ROOT / "ARCHITECTURE.md").read_text().split("```text")[1]
    named = set(re.findall(r"\b([a-z_]+)/ ", plan)) - {"voltway", "src", "api", "console", "driver"}

    for room in named:
        assert (SRC / room).is_dir() or (SRC.parent / room).is_dir(), room


@pytest.mark.parametrize("recipe", sorted((ROOT / "docs" / "recipes").glob("*.md")), ids=str)
def test_a_recipe_names_files_that_are_there(recipe: Path) -> None:
    for name in re.findall(r"`([a-z0-9_/.]+/[a-z0-9_]+\.py)`", recipe.read_text()):
        places = (SRC / name, ROOT / name, ROOT / "tests" / name)
        assert any(place.exists() for place in places) or "NEW" in name, name


def test_the_first_day_and_the_plan_name_files_that_are_there() -> None:
    for page in (ROOT / "docs" / "first-day.md", ROOT / "ARCHITECTURE.md"):
        for name in re.findall(r"[a-z0-9_]+(?:/[a-z0-9_]+)+\.py", page.read_text()):
            assert any((place / name).exists() for place in (SRC, SRC.parent, ROOT)), name


def test_no_word_of_the_glossary_is_there_twice() -> None:
    rows = [
        line.split("|")[1].strip()
        for line in (ROOT / "docs" / "glossary.md").read_text().splitlines()
        if line.startswith("|")
    ]

    assert len(rows) == len(set(rows))
