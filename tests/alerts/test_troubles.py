"""A provider that is down and money that nothing explains: told until somebody looks after it.

From the fact to what the mail server, the phone, the carrier, the chat and the program got.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.alerts.phones import has_phone, plug_sending
from tests.alerts.test_alerts import alerts, settings_for
from tests.alerts.texts import NUMBER, by_texts, has_number
from tests.network import a_party
from tests.payments.crowd import a_crowd
from tests.payments.scene import Scene
from tests.payments.test_payouts import a_sale, file_of, takes
from voltway.alerts import chats, hooks, hooks_telling, troubles, wishing
from voltway.alerts.model import AlertState
from voltway.alerts.model_events import Channel, Event
from voltway.alerts.model_hooks import HookKind
from voltway.alerts.telling import wishes_of
from voltway.kernel.errors import Outage
from voltway.kernel.ids import OnceKey, new_id
from voltway.kernel.money import EUR, Money
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments import actions as payments
from voltway.payments import monitoring, unreported
from voltway.payments import sweeps as payments_sweeps
from voltway.payments.model_alarms import Limits, PaymentAlarmRaised
from voltway.runtime.settings import Settings
from voltway_world.chat import TOKEN, ChatServer
from voltway_world.hook_program import HookProgram
from voltway_world.mail import MailCatcher
from voltway_world.provider.faults import Fault
from voltway_world.push import Phone, PushService
from voltway_world.sms import TextService

OLGA = "olga@voltway.test"
DOWN = "Payment provider down: simulated"
KINDS = [HookKind.PROVIDER_DOWN, HookKind.PROVIDER_BACK, HookKind.MONEY_UNEXPLAINED]


@dataclass(frozen=True, slots=True)
class Desk:
    """How those who run the network are reached, and what reached them."""

    mail: MailCatcher
    phone: Phone
    carrier: TextService
    chat: ChatServer
    program: HookProgram
    settings: Settings

    def mailed(self, whom: str = OLGA) -> list[str]:
        """What they were mailed, the oldest first."""
        caught = reversed(self.mail.box.to(whom))
        return [str(each.message["Subject"]).split(".")[0] for each in caught]

    def shown(self) -> list[str]:
        return [each["title"] for each in self.phone.shown]


@pytest.fixture
async def desk(scene: Scene, mail: MailCatcher) -> AsyncIterator[Desk]:
    """Olga owns it, with a phone and a number, Sam supports, Vera only looks; they have a chat and
    a program."""
    async with (
        PushService() as service,
        TextService(now=scene.now.astimezone(UTC)) as carrier,
        ChatServer() as chat,
        HookProgram(now_s=scene.now.timestamp()) as program,
    ):
        given = replace(settings_for(mail), hook_hosts=f"{chat.url} {program.url}")
        settings = by_texts(given, carrier)
        plug_sending(scene, settings)
        scene.bus.watch_many("alerts.payments", troubles.FACTS, troubles.hears_money)
        party = scene.station.party.id
        async with scene.begin() as work:
            for email, role in (
                (OLGA, Role.OWNER),
                ("sam@voltway.test", Role.SUPPORT),
                ("vera@voltway.test", Role.VIEWER),
            ):
                await parties.add_operator(
                    work, party, email=email, name=email, role=role, password="a long enough one"
                )
            await chats.add(
                work,
                party,
                name="Night shift",
                address=f"mmost://{chat.host}/{TOKEN}",
                events=[Event.PROVIDER_DOWN, Event.PROVIDER_BACK],
                own=[chat.url],
            )
            hook = await hooks.add(
                work,
                party,
                name="Pager",
                url=f"{program.url}/hook",
                events=KINDS,
                own=[program.url],
            )
        program.secret = hook.secret
        phone, _ = await has_phone(scene, service, OLGA)
        await has_number(scene, OLGA)
        await scene.settles()
        carrier.texts.clear()
        yield Desk(mail, phone, carrier, chat, program, settings)


async def goes_silent(scene: Scene, since: int = 0) -> None:
    """Three captures are asked for, and their answers do not come."""
    for nth in range(since, since + 3):
        paid = await scene.pays(await scene.opens())
        scene.bank.faults.set([Fault(on="capture", kind="error_500")])
        with pytest.raises(Outage):
            await payments.capture(
                scene.begin, scene.provider, paid.id, Money(490, EUR), OnceKey(f"c{nth}")
            )
        scene.bank.faults.set([])


async def passes(scene: Scene, minutes: int) -> None:
    """Time passes, and the house's rounds go."""
    scene.clock.jump(timedelta(minutes=minutes))
    await monitoring.look(scene.begin, Limits())
    await scene.settles()
    await troubles.look(scene.begin, troubles.EACH_MINUTE)
    await scene.settles()


async def is_down(scene: Scene) -> None:
    await goes_silent(scene)
    await passes(scene, 6)


async def comes_back(scene: Scene) -> None:
    """The provider answers what it was asked, and ten minutes are calm."""
    await payments_sweeps.resolve_unknown(scene.begin, scene.provider)
    await passes(scene, 1)
    await passes(scene, 11)


async def has_what_nobody_can_read(scene: Scene) -> None:
    """Another party has an alarm of a kind that there is not."""
    async with scene.begin() as work:
        other = await a_party(work, name="Anders Strom")
        await work.run(
            "INSERT INTO payment_alarm (id, party_id, kind, about, said, raised_at, seen_at)"
            " VALUES ($1, $2, 'no such kind', '', '', $3, $3)",
            new_id(work.now),
            other.id,
            work.now,
        )


async def takes_it(scene: Scene) -> None:
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM alert_trouble_view WHERE over_at IS NULL")
        await troubles.take(work, row["id"], "Olga")


async def hears(scene: Scene, desk: Desk) -> list[str]:
    """What the program is told by now, each by its type."""
    desk.program.now_s = scene.now.timestamp()
    await hooks_telling.tell_due(scene.begin, desk.settings)
    return [each["type"] for each in desk.program.heard]


async def test_a_party_whose_look_breaks_keeps_no_other_from_being_told(
    scene: Scene, desk: Desk
) -> None:
    await is_down(scene)
    await has_what_nobody_can_read(scene)

    with capture_logs() as logged:
        scene.clock.jump(timedelta(minutes=31))
        await troubles.look(scene.begin, troubles.EACH_MINUTE)
        await scene.settles()

    assert desk.mailed() == [DOWN, DOWN]
    broken = [each for each in logged if each["event"] == "trouble_look_failed"]
    assert [each["source"] for each in broken] == ["alarms"]


async def test_a_provider_that_is_down_reaches_who_may_do_something_by_all_their_ways(
    scene: Scene, desk: Desk
) -> None:
    await is_down(scene)

    assert desk.mailed() == [DOWN]
    assert desk.mailed("sam@voltway.test") == [DOWN]
    assert desk.mailed("vera@voltway.test") == []
    [shown] = desk.phone.shown
    assert (shown["title"], shown["url"]) == (DOWN, "/console/troubles")
    [said] = desk.chat.said
    assert "simulated answers nothing: 3 questions wait" in said["text"]
    assert await hears(scene, desk) == ["alert.provider_down"]
    [told] = desk.program.heard
    assert told["subject"] == "provider:simulated"
    assert told["data"]["title"] == DOWN
    assert told["data"]["page"] == "https://charge.example/console/troubles"
    assert set(told["data"]["facts"]) == {"name", "when", "why"}
    assert desk.program.unsigned == 0


async def test_it_is_told_once_however_often_it_is_heard_and_looked_at(
    scene: Scene, desk: Desk
) -> None:
    await is_down(scene)
    party = scene.station.party.id
    fact = PaymentAlarmRaised(party=party, at=scene.now, alarm=UUID(int=1))
    for _ in range(3):
        async with scene.begin() as work:
            await troubles.hears_money(work, [fact, fact])
        await troubles.look(scene.begin, troubles.EACH_MINUTE)
    await scene.settles()

    assert (desk.mailed(), desk.shown(), len(desk.chat.said)) == ([DOWN], [DOWN], 1)
    assert await hears(scene, desk) == ["alert.provider_down"]


async def test_a_look_finds_what_no_fact_told(scene: Scene, desk: Desk) -> None:
    await goes_silent(scene)
    scene.clock.jump(timedelta(minutes=6))
    await monitoring.look(scene.begin, Limits())

    assert await troubles.look(scene.begin, troubles.EACH_MINUTE) == 1
    await scene.settles()

    assert desk.mailed() == [DOWN]


async def test_while_nobody_looks_after_it_a_text_follows_and_it_is_told_again_and_again(
    scene: Scene, desk: Desk
) -> None:
    await is_down(scene)
    assert desk.carrier.to(NUMBER) == []

    await passes(scene, 11)
    [text] = desk.carrier.to(NUMBER)
    assert text.startswith(f"Voltway Oy: {DOWN}.")
    await passes(scene, 20)
    assert desk.mailed().count(DOWN) == desk.shown().count(DOWN) == 2
    again = next(each for each in desk.mail.box.to(OLGA) if DOWN in str(each.message["Subject"]))
    assert "Nobody has said that they look after it." in (again.text or "")

    await passes(scene, 121)
    assert desk.mailed().count(DOWN) == 3


async def test_who_looks_after_it_ends_texts_and_repetitions(scene: Scene, desk: Desk) -> None:
    await is_down(scene)
    await takes_it(scene)

    await passes(scene, 11)
    await passes(scene, 600)

    assert desk.carrier.to(NUMBER) == []
    assert (desk.mailed().count(DOWN), len(desk.chat.said)) == (1, 1)
    [text] = [each for each in await alerts(scene) if each.channel is Channel.SMS and each.event]
    assert text.state is AlertState.DROPPED
    assert text.last_trouble == "Somebody looks after it already."


async def test_that_it_is_back_is_told_to_those_who_were_told_and_once(
    scene: Scene, desk: Desk
) -> None:
    await is_down(scene)
    await comes_back(scene)
    await passes(scene, 60)

    back = "Payment provider is back: simulated"
    assert desk.mailed() == [DOWN, back]
    assert desk.shown() == [DOWN, back]
    assert len(desk.chat.said) == 2
    assert await hears(scene, desk) == ["alert.provider_down", "alert.provider_back"]
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM alert_trouble_view")
        with pytest.raises(troubles.NoSuchTrouble):
            await troubles.take(work, row["id"], "Olga")


async def test_who_was_never_told_is_not_told_that_it_is_over(scene: Scene, desk: Desk) -> None:
    async with scene.begin() as work:
        await wishes_of(work, OLGA, "UTC")
        among = [Event.PROVIDER_DOWN]
        await wishing.choose(work, OLGA, {(Event.PROVIDER_DOWN, Channel.PUSH)}, among=among)
        await wishes_of(work, "sam@voltway.test", "UTC")
        await wishing.choose(work, "sam@voltway.test", set(), among=among)
    await is_down(scene)
    await comes_back(scene)

    assert desk.mailed("sam@voltway.test") == []
    assert len(desk.shown()) == 2
    assert desk.mailed() == ["Payment provider is back: simulated"], "she was told on her phone"


async def test_one_that_comes_and_goes_is_told_when_it_lasts(scene: Scene, desk: Desk) -> None:
    await is_down(scene)
    await comes_back(scene)
    await goes_silent(scene, 3)
    await passes(scene, 6)
    assert desk.mailed().count(DOWN) == 1, "its end was told some minutes ago"

    await passes(scene, 25)

    told = [each for each in desk.mailed() if each.startswith("Payment provider")]
    assert told == [DOWN, "Payment provider is back: simulated", DOWN]


async def test_it_comes_in_quiet_hours_too_and_unexplained_money_waits_for_their_end(
    scene: Scene, desk: Desk
) -> None:
    async with scene.begin() as work:
        await wishing.set_quiet(work, OLGA, "UTC", "11:00", "20:00")
    await is_down(scene)
    assert desk.shown() == [DOWN]

    await a_doubt(scene)
    await passes(scene, 61)

    assert desk.shown().count("Unexplained money: payouts of simulated") == 0
    assert desk.mailed().count("Unexplained money: payouts of simulated") == 1


async def a_doubt(scene: Scene) -> None:
    """The provider's report lacks a line, so that its payout is not the sum of its lines."""
    await a_sale(scene, 8)
    await a_sale(scene, 9)
    head, one, _, out = file_of(scene).splitlines()
    await takes(scene, "\n".join((head, out, one)))


async def test_a_payout_that_nothing_explains_for_an_hour_is_told_and_told_to_be_explained(
    scene: Scene, desk: Desk
) -> None:
    await a_sale(scene)
    await a_sale(scene, 2)
    head, one, two, out = file_of(scene).splitlines()
    await takes(scene, "\n".join((head, out, one)))
    await passes(scene, 59)
    assert desk.mailed() == []

    await passes(scene, 1)
    assert desk.mailed() == ["Unexplained money: payouts of simulated"]
    assert await hears(scene, desk) == ["alert.money_unexplained"]

    await takes(scene, "\n".join((head, two)))
    await passes(scene, 1)
    assert desk.mailed()[1:] == ["Money is explained: payouts of simulated"]


async def test_money_that_no_report_names_for_a_week_is_told(scene: Scene, desk: Desk) -> None:
    await a_sale(scene)
    head, one, out = file_of(scene).splitlines()
    await takes(scene, "\n".join((head, one.replace("2026", "2025", 1), out)))
    await a_sale(scene, 2)
    assert await troubles.look(scene.begin, troubles.EACH_HOUR) == 0

    scene.clock.jump(unreported.LATE_AFTER + timedelta(hours=1))
    assert await troubles.look(scene.begin, troubles.EACH_HOUR) == 1
    assert await troubles.look(scene.begin, troubles.EACH_HOUR) == 0
    await scene.settles()

    assert desk.mailed() == ["Unexplained money: payouts of simulated"]
    assert "No report of the provider names it" in (desk.mail.box.to(OLGA)[0].text or "")


async def test_declines_are_told_with_their_end_and_what_passes_by_itself_without(
    scene: Scene, desk: Desk
) -> None:
    party, evse = scene.station.party.id, scene.station.evse()
    await a_crowd(scene.begin, party, evse, 40, at=scene.now)
    scene.clock.jump(timedelta(days=1))
    await a_crowd(scene.begin, party, evse, 1, at=scene.now, minor=20_000)
    await a_crowd(scene.begin, party, evse, 20, at=scene.now, state="declined")
    await passes(scene, 0)
    assert desk.mailed() == ["Payments are not as usual"] * 2

    await passes(scene, 30)

    assert desk.mailed()[2:] == ["Payments are as usual again"]


async def test_a_program_that_is_paused_is_told_nothing_and_nothing_twice(
    scene: Scene, desk: Desk
) -> None:
    await is_down(scene)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM alert_hook_view")
        hook = await hooks.hook_of(work, row["id"])
        await hooks.change(
            work,
            hook.id,
            name=hook.name,
            url=hook.url,
            events=hook.events,
            is_paused=True,
            own=desk.settings.hook_hosts.split(),
        )
    await comes_back(scene)

    assert await hears(scene, desk) == []
    assert await scene.count("alert_hook_event_view") == 1
