"""Operators are told before certificates end by which cars charge: once at 30 days, once at 7."""

from datetime import timedelta

import pytest

from tests.alerts.test_alerts import alerts
from tests.alerts.test_operators import OLGA, plugged
from tests.payments.scene import Scene
from voltway.alerts import expiring
from voltway.alerts.model import Alert
from voltway.alerts.model_events import Channel, Event
from voltway.drivers import certificates
from voltway.kernel.ids import new_id
from voltway_world.mail import MailCatcher
from voltway_world.pki import YEAR, issue


async def mails(scene: Scene) -> list[Alert]:
    """What was told by mail, the first first."""
    told = [each for each in await alerts(scene) if each.event is Event.CERTIFICATE_ENDS]
    assert {each.channel for each in told} <= {Channel.MAIL}
    assert {each.recipient for each in told} <= {OLGA}
    return sorted(told, key=lambda each: each.created_at)


async def trusts(scene: Scene, name: str, days: int) -> None:
    until = scene.now + timedelta(days=days)
    root = issue(name, since=scene.now - YEAR, until=until)
    async with scene.begin() as work:
        await certificates.add_anchor(work, scene.station.party.id, root.pem, by="Aino")


async def shown(scene: Scene, emaid: str, days: int, *, state: str = "good") -> None:
    async with scene.begin() as work:
        await work.run(
            """
            INSERT INTO contract_certificate (id, party_id, key_hash, serial, emaid, issuer,
                not_after, first_at, seen_at, station_id, state)
            VALUES ($1, $2, 'aa', $1::uuid::text, $3, 'CN=sub', $4, $5, $5, $6, $7)
            """,
            new_id(work.now),
            scene.station.party.id,
            emaid,
            work.now + timedelta(days=days),
            work.now,
            scene.station.station.id,
            state,
        )


async def look_for(scene: Scene, days: int) -> int:
    """Look every twelve hours of so many days; how many were told of."""
    found = 0
    for _ in range(days * 2):
        found += await expiring.look(scene.begin)
        await scene.settles()
        scene.clock.jump(timedelta(hours=12))
    return found


async def test_a_root_is_told_of_at_thirty_days_and_at_seven_and_never_again(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await trusts(scene, "Aurora root", 40)

    assert await look_for(scene, 9) == 0
    assert await look_for(scene, 20) == 1
    assert await look_for(scene, 30) == 1

    first, second = await mails(scene)
    assert first.facts == second.facts
    assert first.facts is not None
    assert first.facts["name"] == "CN=Aurora root"
    assert "Good until" in (mail.box.to(OLGA)[0].text or "")
    async with scene.begin() as work:
        assert await work.all("SELECT about FROM expiry_told")
    scene.clock.jump(timedelta(days=200))
    await expiring.look(scene.begin)
    async with scene.begin() as work:
        assert not await work.all("SELECT about FROM expiry_told")


async def test_one_that_ends_within_seven_days_when_it_is_first_seen_is_told_of_once(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await trusts(scene, "Late root", 3)

    assert await look_for(scene, 5) == 1
    assert len(await mails(scene)) == 1


@pytest.mark.parametrize("count", [1, 3])
async def test_contracts_are_told_of_together(scene: Scene, mail: MailCatcher, count: int) -> None:
    await plugged(scene, mail)
    for number in range(count):
        await shown(scene, f"FIVLTC1234567{number}", 20 + number)

    assert await look_for(scene, 2) == count

    [told] = await mails(scene)
    assert told.facts is not None
    name = told.facts["name"]
    assert name == ("contract FIVLTC12345670" if count == 1 else "3 contracts")


async def test_contracts_that_need_nobody_are_told_to_nobody(
    scene: Scene, mail: MailCatcher
) -> None:
    await plugged(scene, mail)
    await shown(scene, "FIVLTC12345670", 20)
    await shown(scene, "FIVLTC12345670", 300)  # its car was given a new one
    await shown(scene, "FIVLTC12345671", 20, state="revoked")
    await shown(scene, "FIVLTC12345672", 125)  # its car came 100 days ago

    assert await look_for(scene, 1) == 0
    scene.clock.jump(timedelta(days=99))
    assert await look_for(scene, 1) == 0
    assert await mails(scene) == []
