"""Of each table it is written what holds it back."""

import re
from pathlib import Path

from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating" / "storage.md"


async def test_each_table_is_on_the_page_of_storage_once_and_no_other(begin: BeginWork) -> None:
    async with begin() as work:
        rows = await work.all(
            """
            SELECT relname FROM pg_class
             WHERE relkind IN ('r', 'p') AND NOT relispartition
               AND relnamespace = 'public'::regnamespace
            """
        )
    named = [
        name
        for line in PAGE.read_text().splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    ]

    assert sorted(named) == sorted(row["relname"] for row in rows), (
        "say in docs/operating/storage.md what bounds each table"
    )


def test_each_setting_that_the_page_names_is_one() -> None:
    for name in re.findall(r"`((?:keep|pack|full)_\w+_(?:days|years|h))`", PAGE.read_text()):
        assert name in Settings.__struct_fields__, name
