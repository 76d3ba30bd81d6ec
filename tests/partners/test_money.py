"""What a partner owes is in the books; who owes as much as was agreed begins nothing more."""

from datetime import timedelta

from tests.billing.conftest import bank, provider, scene
from tests.billing.months import GIVEN, charges
from tests.payments.scene import Scene
from voltway.drivers import actions as drivers
from voltway.drivers.model import Bar, Token, TokenKind
from voltway.kernel.ids import TokenUid
from voltway.partners import actions, credit, store_events, telling
from voltway.partners.model import Given, Partner, Whitelist

__all__ = ["bank", "provider", "scene"]

UID = "DE-AUR-C00000001-5"


async def a_partner(scene: Scene, limit_minor: int | None) -> Partner:
    async with scene.begin() as work:
        made = await actions.add_partner(
            work,
            scene.station.party,
            GIVEN,
            country_code="DE",
            ident="AUR",
            url="https://aurora.example",
            credit_limit_minor=limit_minor,
        )
        given = Given(uid=UID, kind=TokenKind.CONTRACT, contract=UID, whitelist=Whitelist.ALWAYS)
        await actions.put_contract(work, made, given)
    return made


async def the_token(scene: Scene) -> Token:
    asked = (scene.station.party.id, TokenUid(UID))
    async with scene.begin() as work:
        return (await drivers.tokens_of(work, [asked]))[asked]


async def test_a_partner_at_its_limit_is_barred_until_the_limit_is_higher(scene: Scene) -> None:
    partner = await a_partner(scene, 490)
    token = await the_token(scene)
    assert token.bars == frozenset()

    await charges(scene, token, "2026-03-05 10:00")
    async with scene.begin() as work:
        assert await credit.look(work, partner.id) == 490
    assert (await the_token(scene)).bars == {Bar.NO_CREDIT}

    async with scene.begin() as work:
        await actions.change_partner(work, partner.id, url=partner.url, credit_limit_minor=491)
    assert (await the_token(scene)).bars == frozenset()


async def test_a_session_that_reaches_what_its_partner_allowed_is_asked_to_end_once(
    scene: Scene,
) -> None:
    await a_partner(scene, None)
    token = await the_token(scene)
    session = await scene.starts(token.uid, wh=50_000)
    async with scene.begin() as work:
        await store_events.claim(work, {session: token.id})
        await store_events.limit(work, session, limit_minor=None, limit_wh=2_000)
    scene.clock.jump(timedelta(minutes=10))
    await scene.meters(51_999)
    assert await telling.stop_at_limits(scene.begin) == 0
    scene.clock.jump(timedelta(minutes=1))
    await scene.meters(52_000, seq=2)
    assert [await telling.stop_at_limits(scene.begin) for _ in range(2)] == [1, 0]
    async with scene.begin() as work:
        [order] = await work.all("SELECT kind, placed_by FROM order_view")
    assert (order["kind"], order["placed_by"]) == ("StopCharging", "partner's limit")


async def test_what_charges_now_counts_to_the_limit_and_once_when_it_is_in_the_books(
    scene: Scene,
) -> None:
    partner = await a_partner(scene, 490)
    token = await the_token(scene)
    session = await scene.starts(token.uid, wh=50_000)
    async with scene.begin() as work:
        await store_events.claim(work, {session: token.id})
    bars = []
    for seq, wh in enumerate((59_900, 60_000), start=1):
        scene.clock.jump(timedelta(minutes=30))
        await scene.meters(wh, seq=seq)
        await telling.tell_running(scene.begin)
        await credit.look_at_all(scene.begin)
        bars.append((await the_token(scene)).bars)
    seen = [await _looked_at(scene, partner)]
    await scene.ends(60_000, minutes=1, seq=3)
    await scene.settles()
    async with scene.begin() as work:
        await telling.tell_sessions(work, [session])
        await credit.look(work, partner.id)
    seen.append(await _looked_at(scene, partner))

    assert bars == [frozenset(), {Bar.NO_CREDIT}]
    assert seen == [(0, 490, True), (490, 0, True)]


async def _looked_at(scene: Scene, partner: Partner) -> tuple[int, int, bool]:
    async with scene.begin() as work:
        row = await work.one("SELECT * FROM partner_view WHERE id = $1", partner.id)
    assert row is not None
    return row["owed_minor"], row["under_way_minor"], row["out_of_credit"]


async def test_a_session_that_costs_what_its_partner_allowed_is_asked_to_end_once(
    scene: Scene,
) -> None:
    await a_partner(scene, None)
    token = await the_token(scene)
    session = await scene.starts(token.uid, wh=50_000)
    async with scene.begin() as work:
        await store_events.claim(work, {session: token.id})
        await store_events.limit(work, session, limit_minor=98, limit_wh=None)
    stopped = []
    for seq, wh in enumerate((51_900, 52_000, 53_000), start=1):
        scene.clock.jump(timedelta(minutes=10))
        await scene.meters(wh, seq=seq)
        stopped.append(await telling.stop_at_limits(scene.begin))

    assert stopped == [0, 1, 0]
    async with scene.begin() as work:
        [order] = await work.all("SELECT kind, placed_by FROM order_view")
    assert (order["kind"], order["placed_by"]) == ("StopCharging", "partner's limit")
