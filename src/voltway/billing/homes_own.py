"""What a driver sees of their own charging at home: what is paid back, for what, and whether it
was paid."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from voltway.billing import home_layouts, rules_homes, store_homes, store_homes_own
from voltway.billing.model_homes import LeftOut, Own, OwnFleet
from voltway.drivers.model import Driver
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work

MONTHS_SHOWN: Final = 60
LEFT_SHOWN: Final = 50
#: What of an IBAN is shown: its country and check digits, and its end.
_HEAD, _TAIL = 4, 4


class NoSuchMonth(Refusal):
    """You have no such statement of charging at home."""

    kind = Kind.ABSENT


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """A driver's month as it was frozen."""

    number: str
    document: bytes

    def html(self, locale: str) -> str:
        """As part of a page."""
        return home_layouts.home_html(self.document, locale)

    def pdf(self, locale: str) -> bytes:
        """Call it off the event loop."""
        return home_layouts.home_pdf(self.document, locale)


async def is_at_home(work: Work, drivers: Sequence[Driver]) -> bool:
    """Whether a person has, or had, a station at home of which something is paid back."""
    return await store_homes_own.is_at_home(work, [each.id for each in drivers])


async def own(work: Work, driver: Driver) -> Own:
    """What a driver sees with one operator."""
    fleets = await store_homes_own.fleets(work, driver.id)
    rates = await store_homes.rates(work, [id for id, _ in fleets])
    left = await store_homes.left_of(work, driver.id, LEFT_SHOWN)
    payee = await store_homes_own.payee(work, driver.id)
    return Own(
        fleets=tuple(
            OwnFleet(
                name=name,
                rates=tuple(rules_homes.held(each for each in rates if each.fleet == id)),
            )
            for id, name in fleets
        ),
        months=(
            *await store_homes_own.unstated(work, driver.id),
            *await store_homes_own.stated(work, driver.id, MONTHS_SHOWN),
        ),
        left=tuple(
            LeftOut(
                session=SessionId(row["id"]),
                began_at=row["started_at"],
                energy_wh=row["energy_wh"],
                fleet=row["fleet_name"],
                is_paid_for=row["is_paid_for"],
            )
            for row in left
        ),
        holder=payee[0] if payee else None,
        iban=f"{payee[1][:_HEAD]} … {payee[1][-_TAIL:]}" if payee else None,
    )


async def forget_person(work: Work, driver: Driver) -> None:
    """Where they are paid is forgotten, at once or with the last payout that is due to them; their
    statements and payouts stay with the books. Call it when the driver is forgotten."""
    await store_homes.forget_payee(work, driver.id)


async def statement(work: Work, drivers: Collection[Driver], id: UUID) -> OwnStatement:
    """A month of one of these drivers. Raises ``NoSuchMonth``, of another's too."""
    found = await store_homes_own.document(work, [each.id for each in drivers], id)
    if found is None:
        raise NoSuchMonth
    return OwnStatement(found[0], found[1].encode())
