"""Many alerts go together: in their order, each once, whatever happens to who carries them."""

import asyncio
import email
import email.policy
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from bench.takers import MailTaker, Taken
from tests.alerts.phones import has_phone, plug_sending
from tests.alerts.test_alerts import ANN, alerts, settings_for
from tests.payments.scene import Scene
from voltway.alerts import actions, letters, mails, store
from voltway.alerts.delivering import Asked, Post
from voltway.alerts.mailer import AddressRefused, MailRefused, MailServerSilent, SmtpMailer
from voltway.alerts.mails import Mail
from voltway.alerts.model import AlertState, Template
from voltway.alerts.queueing import TOGETHER_MAX, a_mail, queue
from voltway.alerts.waiting import hears_watches
from voltway.kernel.facts import Fact
from voltway.kernel.ids import new_id
from voltway.runtime.settings import Settings
from voltway.waiting import store as watching
from voltway.waiting.model import BayFree, BayTaken, Watch, WatchState
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

MAIL = Mail("us@voltway.example", ANN, b"Subject: x\r\n\r\nx\r\n..two\r\n.one\r\n")


def rider(nth: int) -> str:
    return f"rider{nth:03d}@example.org"


async def told(scene: Scene, count: int, kind: type[BayFree] | type[BayTaken] = BayFree) -> None:
    """So many who wait for the bay are told so, by one fact."""
    location, party = scene.station.location.id, scene.station.party.id
    bay = scene.station.evse()
    async with scene.begin() as work:
        watches = []
        for nth in range(count):
            made = Watch(
                id=new_id(work.now),
                party=party,
                key=f"key-{kind.__name__}-{nth:03d}-of-a-page",
                location=location,
                evse=None,
                power_w_min=0,
                email=rider(nth),
                locale="en",
                state=WatchState.WAITING,
                why="",
                until=work.now + timedelta(hours=12),
                created_at=work.now + timedelta(milliseconds=nth),
            )
            await watching.add(work, made)
            watches.append(made.id)
        await work.run(
            "UPDATE watch SET state = 'told', told_at = $1, told_evse = $2 WHERE state = 'waiting'",
            work.now,
            bay,
        )
        more = {"evse": bay} if kind is BayFree else {}
        facts: list[Fact] = [
            kind(party=party, at=work.now, location=location, watches=tuple(watches), **more)
        ]
        await hears_watches(work, facts)


async def states(scene: Scene) -> Counter[AlertState]:
    return Counter(each.state for each in await alerts(scene))


async def test_all_are_told_once_by_both_ways_and_no_batch_overtakes_another(
    scene: Scene, mail: MailCatcher
) -> None:
    count = 2 * TOGETHER_MAX + 30
    async with PushService() as service:
        phones = [(await has_phone(scene, service, rider(nth)))[0] for nth in range(0, count, 40)]
        plug_sending(scene, settings_for(mail))
        await told(scene, count)
        assert await scene.count("pgqueuer WHERE entrypoint = 'send_alerts'") == 3

        await scene.settles()

    came = [caught.recipients[0] for caught in reversed(mail.box.to())]
    assert sorted(came) == [rider(nth) for nth in range(count)]
    places = {who: place for place, who in enumerate(came)}
    assert all(abs(places[rider(nth)] - nth) < TOGETHER_MAX for nth in range(count))
    assert [len(phone.shown) for phone in phones] == [1] * len(phones)
    assert await states(scene) == {AlertState.SENT: count + len(phones)}


async def test_a_day_without_servers_loses_and_doubles_nothing_and_drops_old_news_with_a_reason(
    scene: Scene, mail: MailCatcher
) -> None:
    good = settings_for(mail)
    down = [msgspec.structs.replace(good, smtp_port=1)]

    async def send(begin: object, body: object) -> None:
        await actions.send(scene.begin, down[-1], body)  # type: ignore[arg-type]

    scene.jobs.handle("send_alert", send)
    scene.jobs.handle("send_alerts", send)
    await told(scene, 30, BayTaken)
    await told(scene, 30, BayFree)
    for _ in range(12):
        await scene.settles()
        await actions.wake_waiting(scene.begin)
        scene.clock.jump(timedelta(hours=2))
    assert (await states(scene))[AlertState.QUEUED] == 30

    down.append(good)
    scene.clock.jump(timedelta(hours=2))
    await scene.settles()
    await actions.wake_waiting(scene.begin)
    await scene.settles()

    came = Counter(caught.recipients[0] for caught in mail.box.to())
    assert came == {rider(nth): 1 for nth in range(30)}, "that somebody was faster is still so"
    assert await states(scene) == {AlertState.SENT: 30, AlertState.DROPPED: 30}
    dropped = [each for each in await alerts(scene) if each.state is AlertState.DROPPED]
    assert {each.last_trouble for each in dropped} == {
        "It could not be told in time, and is of no use now."
    }


async def test_a_job_of_an_earlier_try_sends_nothing(scene: Scene, mail: MailCatcher) -> None:
    async with scene.begin() as work:
        alert = a_mail(work, scene.station.party.id, Template.CAR, ANN, "en", "one")
        await queue(work, [alert])
        await store.save(work, replace(alert, tries=1))
    post = Post(scene.begin, settings_for(mail))

    assert await post.deliver([Asked(alert.id, tries=0)]) == {}

    await post.close()
    assert mail.box.to() == []
    assert await states(scene) == {AlertState.QUEUED: 1}


async def test_while_jobs_are_behind_none_is_taken_for_lost(
    scene: Scene, mail: MailCatcher
) -> None:
    await told(scene, 3)
    async with scene.begin() as work:
        await work.run("UPDATE pgqueuer SET created = now() - interval '5 minutes'")
        await work.run("UPDATE pgqueuer SET execute_after = now() - interval '5 minutes'")
    scene.clock.jump(timedelta(minutes=5))
    assert await actions.wake_waiting(scene.begin) == 0

    async with scene.begin() as work:
        await work.run("DELETE FROM pgqueuer")
    assert await actions.wake_waiting(scene.begin) == 3


async def test_a_fault_of_one_keeps_no_other_from_going(scene: Scene, mail: MailCatcher) -> None:
    await told(scene, 5)
    bad = (await alerts(scene))[2]
    async with scene.begin() as work:
        await work.run("UPDATE alert SET once = 'broken' WHERE id = $1", bad.id)
    post = Post(scene.begin, settings_for(mail))

    broke = await post.deliver([Asked(each.id) for each in await alerts(scene)])

    await post.close()
    assert list(broke) == [bad.id]
    assert await states(scene) == {AlertState.SENT: 4, AlertState.QUEUED: 1}


@pytest.mark.parametrize("locale", ["en", "de", "fi"])
async def test_a_mail_of_words_reads_as_the_standard_library_would_have_made_it(
    scene: Scene, locale: str
) -> None:
    async with scene.begin() as work:
        alert = a_mail(work, scene.station.party.id, Template.FREE, ANN, locale, "one")
        now = work.now
    title = "Bay 3 at Töölöntori is free, says a line that is far longer than a header may be, ä"
    letter = letters.plain(locale, title, ["Äö.", "https://x.example/w/a"], "Ätsch Oy", "Why.")
    ours = mails.mail(alert, letter, mail_from="Vöw <a@b.example>", at=now)
    whole = letters.message(alert, letter, mail_from="Vöw <a@b.example>", at=now)

    read = email.message_from_bytes(ours.content, policy=email.policy.default)

    assert (ours.sender, ours.to) == ("a@b.example", ANN)
    assert all(len(line) <= 998 for line in ours.content.split(b"\r\n"))
    for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"):
        assert str(read[name]) == str(whole[name])
    for kind in ("plain", "html"):
        one, other = read.get_body((kind,)), whole.get_body((kind,))
        assert one is not None
        assert other is not None
        assert one.get_content().splitlines() == other.get_content().splitlines()


class _Server(MailTaker):
    """A mail server that says what it is told to, by the verb or the address."""

    says: dict[bytes, bytes]
    lines = 0
    heard: list[bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        type(self).lines += 1
        super().connection_made(transport)

    def _next(self) -> bytes | None:
        before = self._held
        answer = super()._next()
        if answer is None:
            return None
        line = before.partition(b"\r\n")[0]
        self.heard.append(line)
        for said, instead in self.says.items():
            if said in line:
                return instead
        return answer


@asynccontextmanager
async def serving(
    says: dict[bytes, bytes] | None = None,
) -> AsyncIterator[tuple[SmtpMailer, type[_Server], Taken]]:
    taken = Taken()

    class Server(_Server):
        heard: list[bytes] = []  # noqa: RUF012 - of this server alone

    Server.says = says or {}
    server = await asyncio.get_running_loop().create_server(lambda: Server(taken), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    given = Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none")
    async with SmtpMailer(given) as mailer:
        yield mailer, Server, taken
    server.close()


def to(*addresses: str) -> Sequence[Mail]:
    return [Mail(MAIL.sender, each, MAIL.content) for each in addresses]


async def test_one_line_takes_many_mails_and_dots_arrive_as_they_were(mail: MailCatcher) -> None:
    async with SmtpMailer(settings_for(mail)) as mailer:
        for _ in range(3):
            await mailer.send(MAIL)

    assert [caught.raw.partition(b"\r\n\r\n")[2] for caught in mail.box.to(ANN)] == [
        b"x\r\n..two\r\n.one\r\n"
    ] * 3


async def test_an_address_that_is_refused_leaves_the_line_good_for_the_next() -> None:
    says = {b"nobody@": b"550 5.1.1 no such user\r\n"}
    async with serving(says) as (mailer, server, taken):
        bad, good = to("nobody@example.org", ANN)
        with pytest.raises(AddressRefused):
            await mailer.send(bad)
        await mailer.send(good)

    assert [each[1] for each in taken.all] == [ANN]
    assert server.lines == 1
    assert b"RSET" in server.heard


async def test_a_server_that_had_enough_of_a_line_gets_the_mail_by_another() -> None:
    async with serving() as (mailer, server, taken):
        await mailer.send(MAIL)
        server.says = {b"MAIL FROM": b"421 enough\r\n"}
        with pytest.raises(MailServerSilent):
            await mailer.send(MAIL)
        assert server.lines == 2
        server.says = {}
        await mailer.send(MAIL)

    assert len(taken.all) == 2


@pytest.mark.parametrize(
    "address", ["a b@example.org", "a>@example.org", "a\r\nRCPT TO:<b@c.d>", "ä@example.org"]
)
async def test_what_is_no_address_for_this_server_reaches_no_command(address: str) -> None:
    async with serving() as (mailer, server, taken):
        with pytest.raises(MailRefused):
            await mailer.send(to(address)[0])

    assert taken.all == []
    assert not any(b"RCPT" in line for line in server.heard)
