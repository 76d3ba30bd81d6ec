"""The form of a group of tariffs: a row for each member, added and taken away without script."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from voltway.tariffs.assigning import MEMBERS_MAX
from voltway.tariffs.model_versions import DriverKind, GroupMember
from voltway.web.console.form_fields import as_field, moment_of

KINDS: Final = (
    (DriverKind.AD_HOC, "guests"),
    (DriverKind.RFID, "cards"),
    (DriverKind.APP, "app"),
    (DriverKind.CONTRACT, "contracts"),
)
#: A group of one tariff is rarely meant.
ROWS: Final = "1,2"

#: What is typed, by the name of the field.
Fields = Mapping[str, str]


def rows_of(fields: Fields) -> list[int]:
    """The numbers of the rows, in the order of the members."""
    told = [int(part) for part in fields.get("rows", ROWS).split(",") if part.isdecimal()]
    return list(dict.fromkeys(told))[:MEMBERS_MAX]


def changed(fields: Fields, do: str) -> dict[str, str]:
    """The form after a button: ``add`` a row, or ``remove:N``, ``up:N``; what was typed stays."""
    verb, _, number = do.partition(":")
    rows = rows_of(fields)
    if verb == "add" and len(rows) < MEMBERS_MAX:
        rows.append(max(rows, default=0) + 1)
    elif number.isdecimal() and int(number) in rows:
        at = rows.index(int(number))
        if verb == "remove":
            rows.pop(at)
        elif verb == "up" and at:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
    return {**fields, "rows": _joined(rows)}


def members_of(fields: Fields, zone: str) -> list[GroupMember]:
    """The members that the rows name, empty rows left out. Moments are by the clock of this zone.

    Raises ``NoMoment``.
    """
    return [
        GroupMember(
            fields[f"member-{nth}"],
            tuple(kind for kind, _ in KINDS if fields.get(f"member-{nth}-{kind}") == "yes"),
            moment_of(fields.get(f"member-{nth}-since", ""), zone),
            moment_of(fields.get(f"member-{nth}-until", ""), zone),
        )
        for nth in rows_of(fields)
        if fields.get(f"member-{nth}")
    ]


def fields_of(ident: str, told: Any, zone: str) -> dict[str, str]:
    """The form that shows a group, to write its next version."""
    members = msgspec.convert(told, list[GroupMember])
    fields = {"ident": ident, "rows": _joined(range(1, len(members) + 1))}
    for nth, member in enumerate(members, 1):
        fields[f"member-{nth}"] = member.tariff
        fields |= {f"member-{nth}-{kind}": "yes" for kind in member.drivers}
        fields[f"member-{nth}-since"] = as_field(member.since, zone)
        fields[f"member-{nth}-until"] = as_field(member.until, zone)
    return fields


def _joined(rows: Iterable[int]) -> str:
    return ",".join(str(row) for row in rows)
