"""A card that a balance pays for, at a station of OCPP 2.1 (C17.FR.01 to FR.03)."""

from typing import Any
from uuid import UUID

from tests.ocpp.gateway_floor import Door, a_door, dial
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger.model import Entry, Posting, account
from voltway.payments import prepaid
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import Work

CARD = {"idToken": "04A1B2C3", "type": "ISO14443"}


async def comes(door: Door) -> UUID:
    """Ann, with her card and a balance of ten euros that pays for it."""
    party = door.home.party
    async with door.begin() as work:
        driver = await contracts.add_driver(work, party, "Ann", "ann@example.org")
        contract = await contracts.add_contract(work, party, "FI-VLT-C1", driver=driver.id)
        token = await drivers.add_token(work, party, "04A1B2C3")
        await contracts.stands_for(work, token.id, contract.id)
        await gets(work, door, driver.id, 1_000, "first")
    return driver.id


async def gets(work: Work, door: Door, driver: UUID, minor: int, once: str) -> None:
    paid = Posting(account("bank"), prepaid.account_of(driver), Money(minor, EUR))
    entry = Entry(
        party=door.home.party,
        once=OnceKey(once),
        at=work.now,
        memo="Ann paid.",
        evidence={"driver": str(driver)},
        postings=(paid,),
    )
    kind = prepaid.MoveKind.TOP_UP
    await prepaid.credit(work, driver, kind, Money(minor, EUR), entry, about="a test")


def started(ref: str, **more: Any) -> dict[str, Any]:
    return {
        "eventType": "Started",
        "timestamp": "2026-03-02T12:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": ref},
        "evse": {"id": 1, "connectorId": 1},
        **more,
    }


async def test_a_station_hears_what_a_balance_has_left_and_keeps_its_card_in_no_cache(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock) as door:
        await door.add("CS1")
        ann = await comes(door)
        async with dial(door, "CS1", "ocpp2.1") as line:
            asked = await line.call("Authorize", {"idToken": CARD})
            begun = await line.call("TransactionEvent", started("tx-1", idToken=CARD))
            later = await line.call(
                "TransactionEvent",
                started("tx-1") | {"eventType": "Updated", "seqNo": 1, "triggerReason": "Trigger"},
            )
            stranger = await line.call("Authorize", {"idToken": CARD | {"idToken": "FFFF"}})
            async with door.begin() as work:
                off = Money(-1_000, EUR)
                await prepaid.correct(
                    work, door.home.party, ann, off, reason="gone", by="it", once=OnceKey("off")
                )
            empty = await line.call("Authorize", {"idToken": CARD})
        await door.add("CS2")
        async with dial(door, "CS2", "ocpp2.0.1") as line:
            older = await line.call("Authorize", {"idToken": CARD})

    now = clock.now().strftime("%Y-%m-%dT%H:%M")
    assert asked["idTokenInfo"]["status"] == "Accepted"
    assert asked["idTokenInfo"]["cacheExpiryDateTime"].startswith(now)
    assert begun["idTokenInfo"]["status"] == "Accepted"
    assert begun["transactionLimit"] == {"maxCost": 10}
    assert "transactionLimit" not in later
    assert "cacheExpiryDateTime" not in stranger["idTokenInfo"]
    assert empty["idTokenInfo"]["status"] == "NoCredit"
    assert empty["idTokenInfo"]["cacheExpiryDateTime"].startswith(now)
    assert older == {"idTokenInfo": {"status": "NoCredit"}}
