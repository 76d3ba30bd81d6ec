"""The columns of the table of sessions: which field each holds, and which change together."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from voltway.runtime.work import Row
from voltway.sessions import sequence
from voltway.sessions.model import Doubt, EndKind, Session, SessionState

_NO_DOUBTS: frozenset[Doubt] = frozenset()


def same(value: Any) -> Any:
    return value


def _word(value: Any) -> Any:
    return None if value is None else value.value


def _end_kind(value: Any) -> EndKind | None:
    return None if value is None else EndKind(value)


def _doubts(value: Any) -> frozenset[Doubt]:
    return frozenset(Doubt(each) for each in value) if value else _NO_DOUBTS


def _doubt_words(value: Any) -> list[str]:
    return sorted(each.value for each in value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ``session``, the field it holds, and how one becomes the other."""

    name: str
    field: str
    type: str
    keep: Callable[[Any], Any] = same
    read: Callable[[Any], Any] = same
    is_list: bool = False


def _plain(type: str, *names: str) -> list[Column]:
    return [Column(name, name, type) for name in names]


#: Never changed once kept, save the revision, which each change counts up.
BORN = [
    Column("id", "id", "uuid"),
    Column("party_id", "party", "uuid"),
    Column("station_id", "station", "uuid"),
    Column("location_id", "location", "uuid"),
    Column("zone", "zone", "text"),
    *_plain("text", "ref"),
    *_plain("int", "round", "ref_number"),
    *_plain("bytea", "start_key"),
    *_plain("timestamptz", "created_at"),
    *_plain("int", "revision"),
]

#: Changed by plain readings: the hot path of 1.6 writes these alone.
METERED = [
    *_plain("bigint", "last_wh"),
    *_plain("timestamptz", "last_at"),
    *_plain("int", "power_w"),
    *_plain("smallint", "soc_percent"),
]

#: Changed by plain readings with a number: the hot path of 2.x.
NUMBERED = [
    *METERED,
    *_plain("timestamptz", "claimed_until"),
    Column("seen", "seen", "text", sequence.text_of, sequence.read),
    Column("state", "state", "text", _word, SessionState),
]

#: Changed by readings that are not plain, and by states.
MOVING = [
    *NUMBERED,
    *_plain("bigint", "energy_wh", "first_wh"),
    *_plain("timestamptz", "heard_at", "forgotten_since"),
]

#: Changed by starts, ends and what is learned late.
RARE = [
    Column("evse_id", "evse", "uuid"),
    *_plain("int", "evse_number", "power_w_max", "start_seq", "end_seq"),
    Column("token_uid", "token", "text"),
    *_plain("text", "token_word", "tariff_why", "start_method", "end_method", "reason"),
    *_plain("bigint", "remote_start_id", "begin_wh", "end_wh"),
    *_plain("uuid", "tariff_version_id"),
    *_plain("timestamptz", "started_at", "started_claimed", "ended_at", "ended_claimed"),
    *_plain("timestamptz", "end_heard_at", "settle_at", "told_at"),
    *_plain("boolean", "start_told"),
    Column("end_kind", "end_kind", "text", _word, _end_kind),
    Column("doubts", "doubts", "text", _doubt_words, _doubts, is_list=True),
    Column("judged", "judged", "text", _doubt_words, _doubts, is_list=True),
]

#: Of these, what an end that the station told moves.
AT_END = [
    column
    for column in RARE
    if column.name.startswith("end")
    or column.name in {"reason", "settle_at", "told_at", "doubts", "judged"}
]

ALL = [*BORN, *MOVING, *RARE]
NAMES = ", ".join(column.name for column in ALL)


_FIELDS = [column.field for column in ALL]
ALL_OF = attrgetter(*_FIELDS)
_READ = [(place, column.read) for place, column in enumerate(ALL) if column.read is not same]
RARE_OF = attrgetter(*(column.field for column in RARE))
NOT_AT_END_OF = attrgetter(*(column.field for column in RARE if column not in AT_END))


def session_of(row: Row) -> Session:
    """The session of a row whose columns are those of ``ALL``, in that order."""
    values = list(row.values())
    for place, read in _READ:
        values[place] = read(values[place])
    return Session(**dict(zip(_FIELDS, values, strict=True)))
