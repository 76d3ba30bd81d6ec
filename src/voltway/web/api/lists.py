"""Lists: filtered, in a stable order, and walked page by page with a cursor that names a place."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, TypeVar
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import QueryParameter

from voltway.kernel.errors import Kind, Refusal
from voltway.runtime.work import Row, Work
from voltway.web.api.shapes import Page

T = TypeVar("T")
R = TypeVar("R")

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
NUMBER_DIGITS_MAX: Final = 18  # fits into a bigint


class CursorNotOurs(Refusal):
    """This cursor is none of ours; take it from next_cursor as it is, with the same filters."""

    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Window:
    """Which page of a list is asked for."""

    limit: int
    cursor: str | None


def window(
    limit: Annotated[
        int, QueryParameter(ge=1, le=LIMIT_MAX, description="How many to give at most.")
    ] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None,
        QueryParameter(max_length=1000, description="The `next_cursor` of the page before."),
    ] = None,
) -> Window:
    return Window(limit, cursor)


#: The page, as a list asks for it.
Paging: TypeAlias = NamedDependency[Window]


@dataclass(frozen=True, slots=True)
class Source:
    """What a list reads: a view that a room publishes, and the column that puts it in order.

    Ids sort by the moment they were made (UUID version 7), so a page never shows a row twice
    while others are added: what is new comes before the first page.
    """

    view: str
    key: str = "id"
    type: str = "uuid"
    newest_first: bool = True


#: ``("station_id = {}", value)``: a condition; left out where the value is ``None``.
Condition = tuple[str, Any]


async def listed(
    work: Work,
    source: Source,
    page: Window,
    show: Callable[[Row], T],
    conditions: Sequence[Condition] = (),
) -> Page[T]:
    """A page of a view."""
    values: list[Any] = []
    tests = []
    for test, value in conditions:
        if value is not None:
            values.append(value)
            tests.append(test.format(f"${len(values)}"))
    if page.cursor is not None:
        values.append(_place(page.cursor, source))
        sign = "<" if source.newest_first else ">"
        tests.append(f"{source.key} {sign} ${len(values)}::{source.type}")
    order = "DESC" if source.newest_first else "ASC"
    rows = await work.all(
        f"""
        SELECT *, ({source.key})::text AS cursor_key
          FROM {source.view}
         WHERE {" AND ".join(tests) or "true"}
         ORDER BY {source.key} {order}
         LIMIT {page.limit + 1}
        """,
        *values,
    )
    items = [show(row) for row in rows[: page.limit]]
    is_more = len(rows) > page.limit
    last = rows[page.limit - 1]["cursor_key"] if is_more else None
    return Page(items=items, next_cursor=_cursor(last) if last is not None else None)


def paged(
    rows: Sequence[R], page: Window, show: Callable[[R], T], key: Callable[[R], str]
) -> Page[T]:
    """A page of what was read by other means, one more than is shown."""
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    return Page(
        items=[show(row) for row in shown],
        next_cursor=_cursor(key(shown[-1])) if more else None,
    )


def number_after(page: Window) -> int | None:
    """The number after which a page begins, where a list is ordered by one."""
    if page.cursor is None:
        return None
    place = str(_place(page.cursor, Source("", type="text")))
    if not place.isascii() or not place.isdecimal() or len(place) > NUMBER_DIGITS_MAX:
        raise CursorNotOurs
    return int(place)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _place(cursor: str, source: Source) -> str | UUID:
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        text = key.decode()
        return UUID(text) if source.type == "uuid" else _nul_free(text)
    except (binascii.Error, ValueError) as error:
        raise CursorNotOurs from error


def _nul_free(text: str) -> str:
    if "\x00" in text:
        raise ValueError("no text of ours")
    return text
