"""One story in every version must be heard as the same story."""

from pathlib import Path

import pytest

from tests.ocpp.telling import hear, in_short, tellings

FOLDER = Path(__file__).parent / "conversations"


@pytest.mark.parametrize(
    "telling", tellings(FOLDER), ids=lambda path: f"{path.parent.name} in {path.stem}"
)
def test_a_story_is_heard_the_same_in_every_version(telling: Path) -> None:
    heard = [in_short(report) for report in hear(telling.stem, telling.read_text())]

    assert heard == (telling.parent / "heard.txt").read_text().splitlines()


def test_every_story_is_told_in_both_versions() -> None:
    for story in {path.parent for path in tellings(FOLDER)}:
        assert {path.stem for path in story.glob("*.txt")} == {"1.6", "2.0.1", "heard"}, story
