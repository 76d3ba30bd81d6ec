"""A driver with a card of ours who pays before she charges."""

from dataclasses import dataclass

from tests.payments.hosted_page import pay
from tests.payments.scene import Scene
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Bar, Token
from voltway.kernel.ids import DriverId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, collecting, prepaid, topping_up
from voltway.payments.choosing import Providers
from voltway.payments.model import Payment
from voltway.payments.model_collections import Collection


@dataclass
class Ann:
    """A driver with a card of ours who has a balance."""

    scene: Scene
    given: Providers
    driver: DriverId
    token: Token
    n: int = 0

    async def opens(self, minor: int, *, once: str = "") -> Collection:
        self.n += 1
        return await topping_up.open_top_up(
            self.scene.begin,
            self.given,
            party=self.scene.station.party.id,
            holder=self.driver,
            amount=Money(minor, EUR),
            once=OnceKey(once or f"top-up-{self.n}"),
            return_url="http://127.0.0.1:1/me/top-up/{collection}",
            cancel_url="http://127.0.0.1:1/me",
        )

    async def tops_up(self, minor: int) -> Collection:
        opened = await self.opens(minor)
        await pay(opened.hosted_url or "")
        done = await collecting.go_on(self.scene.begin, self.given, opened.id)
        await self.scene.settles()
        return done

    async def balance(self) -> tuple[int, int]:
        async with self.scene.begin() as work:
            found = await prepaid.balance(work, self.scene.station.party.id, self.driver)
        return (found.balance_minor, found.reserved_minor) if found else (0, 0)

    async def books(self) -> int:
        """What the books say that we owe her."""
        return await in_books(self.scene, f"driver:{self.driver}:prepaid")

    async def bars(self) -> frozenset[Bar]:
        async with self.scene.begin() as work:
            key = (self.token.party, self.token.uid)
            return (await drivers.tokens_of(work, {key}))[key].bars

    async def charges(self, wh: int, *, ref: str = "tx-1") -> Payment | None:
        """From the register's 50 kWh to this; settled. What paid it."""
        session = await self.scene.starts(self.token.uid, ref=ref)
        await self.scene.settles()
        await self.scene.ends(wh, ref=ref)
        await self.scene.settles()
        async with self.scene.begin() as work:
            return await actions.payment_of_session(work, session)


async def in_books(scene: Scene, account: str) -> int:
    """What stands on the credit side of an account, in cents."""
    async with scene.begin() as work:
        row = await work.one(
            """
            SELECT coalesce(sum(CASE WHEN credit = $1 THEN amount_minor ELSE 0 END)
                          - sum(CASE WHEN debit = $1 THEN amount_minor ELSE 0 END), 0)::int AS n
              FROM entry_view WHERE credit = $1 OR debit = $1
            """,
            account,
        )
    assert row is not None
    return int(row["n"])


async def comes(scene: Scene, provider: Providers) -> Ann:
    """Ann, known to the operator of the scene, with her card."""
    party = scene.station.party.id
    async with scene.begin() as work:
        driver = await contracts.add_driver(work, party, "Ann", "ann@example.org")
        contract = await contracts.add_contract(work, party, "FI-VLT-C1", driver=driver.id)
        token = await drivers.add_token(work, party, "04A1B2C3")
        token = await contracts.stands_for(work, token.id, contract.id)
    return Ann(scene, provider, driver.id, token)
