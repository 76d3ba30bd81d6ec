"""A host has a share of each session, frozen when it is settled, once, and in the books."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.billing.words import charged, owes
from tests.network import a_party
from tests.payments.scene import Scene
from voltway.billing import actions, hosts
from voltway.billing.model import CdrIssued
from voltway.billing.model_hosts import Agreement, Host, Terms
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId
from voltway.kernel.money import EUR, Money

GIVEN = {
    "name": "Kamppi Oy",
    "street": "Urho Kekkosen katu 1",
    "postal_code": "00100",
    "city": "Helsinki",
    "country": "FI",
    "vat_id": "FI20774740",
    "locale": "fi",
}

TERMS = Terms(percent=Decimal(10), per_session=Decimal("0.50"), per_kwh=Decimal("0.02"))


async def a_host(scene: Scene, name: str = "Kamppi Oy") -> Host:
    async with scene.begin() as work:
        made = actions.new_host(work, scene.station.party.id, {**GIVEN, "name": name})
        return await actions.add_host(work, made)


async def agreed(
    scene: Scene, host: Host, terms: Terms = TERMS, begins: date = date(2020, 1, 1), **more: Any
) -> Agreement:
    location = scene.station.location.id
    new = actions.NewAgreement(location=location, valid_from=begins, terms=terms, **more)
    async with scene.begin() as work:
        return await actions.agree(work, host.id, new, by="Aino")


def hearing(scene: Scene) -> Scene:
    scene.bus.watch_many("billing.cdr_issued", [CdrIssued], actions.hears_cdrs_issued)
    return scene


async def shares(scene: Scene) -> list[tuple[str, int, int]]:
    async with scene.begin() as work:
        rows = await work.all("SELECT kind, revenue_minor, amount_minor FROM host_share_view")
    return [(row["kind"], row["revenue_minor"], row["amount_minor"]) for row in rows]


async def test_a_session_is_shared_by_what_held_when_it_began(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host)

    await charged(scene, wh=20_000)
    await scene.settles()

    # 20 kWh at 0.49 with 25.5 % VAT are 7.81 net: 10 % of it, 0.50, and 20 times 0.02.
    assert await shares(scene) == [("session", 781, 78 + 50 + 40)]
    assert await owes(scene, f"host:{host.id}:payable") == Money(-168, EUR)
    assert await owes(scene, "cost:hosts") == Money(168, EUR)


async def test_a_share_is_frozen_whatever_is_agreed_later(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host)
    _, _, session = await charged(scene)
    await scene.settles()
    before = await shares(scene)

    second = await agreed(scene, host, Terms(percent=Decimal(90)))
    async with scene.begin() as work:
        cdr = await actions.cdr_of(work, session)
        assert cdr is not None
        told_again = CdrIssued(
            party=cdr.party,
            at=work.now,
            settlement=cdr.settlement,
            session=session,
            payment=None,
            cdr=cdr.id,
            total_minor=cdr.total_minor,
            currency=cdr.currency,
        )
        await actions.hears_cdrs_issued(work, [told_again])

    assert second.version == 2
    assert await shares(scene) == before
    assert await owes(scene, f"host:{host.id}:payable") == Money(-168, EUR)


async def test_two_hosts_of_a_place_have_their_shares_side_by_side(scene: Scene) -> None:
    one, other = await a_host(hearing(scene)), await a_host(scene, "Pysäköinti Oy")
    await agreed(scene, one, Terms(percent=Decimal("33.3")))
    await agreed(scene, other, Terms(percent=Decimal("33.3")))

    await charged(scene)
    await scene.settles()

    assert [share for _, _, share in await shares(scene)] == [260, 260]


async def test_who_charged_next_to_nothing_gives_nothing_away(scene: Scene) -> None:
    await agreed(scene, await a_host(hearing(scene)))

    await charged(scene, wh=50)
    await scene.settles()

    assert await shares(scene) == []


async def test_without_an_agreement_nothing_is_shared(scene: Scene) -> None:
    host = await a_host(hearing(scene))
    await agreed(scene, host, begins=date(2099, 1, 1))

    await charged(scene)
    await scene.settles()

    assert await shares(scene) == []


async def test_nobody_gives_away_more_than_there_is(scene: Scene) -> None:
    one, other = await a_host(scene), await a_host(scene, "Pysäköinti Oy")
    await agreed(scene, one, Terms(percent=Decimal(60)))

    with pytest.raises(hosts.MoreThanAll, match=r"110 % of the revenue"):
        await agreed(scene, other, Terms(percent=Decimal(50)))
    assert (await agreed(scene, other, Terms(percent=Decimal(40)))).version == 1


async def test_what_cannot_be_agreed_is_refused(scene: Scene) -> None:
    host = await a_host(scene)

    with pytest.raises(Refusal, match="its last day is before its first"):
        await agreed(scene, host, TERMS, valid_until=date(2019, 1, 1))
    with pytest.raises(Refusal, match="cannot be paid"):
        await agreed(scene, host, Terms(per_session=Decimal("0.005")))


async def test_a_host_of_another_party_is_not_there(scene: Scene) -> None:
    host = await a_host(scene)
    async with scene.begin() as work:
        other = await a_party(work)

    new = actions.NewAgreement(
        location=scene.station.location.id, valid_from=date(2026, 1, 1), terms=TERMS
    )
    async with scene.begin(PartyId(other.id)) as work:
        with pytest.raises(actions.NoSuchHost):
            await actions.agree(work, host.id, new, by="Eve")


async def test_the_database_lets_nobody_change_a_share(scene: Scene) -> None:
    await agreed(scene, await a_host(hearing(scene)))
    await charged(scene)
    await scene.settles()

    for sql in ("UPDATE host_share SET amount_minor = 0", "DELETE FROM host_share"):
        with pytest.raises(Exception, match="never changed"):
            async with scene.begin() as work:
                await work.run(sql)


SLIPS = [
    ({"name": " "}, "The name"),
    ({"country": "Finland"}, "The country"),
    ({"email": "not one"}, "The e-mail address"),
    ({"pay_days": "soon"}, "Paid within"),
    ({"street": "a\x00b"}, "The street"),
]


async def test_a_slip_in_a_hosts_details_is_named(scene: Scene) -> None:
    async with scene.begin() as work:
        for changed, why in SLIPS:
            with pytest.raises(Refusal, match=why):
                actions.new_host(work, scene.station.party.id, {**GIVEN, **changed})
