"""A station that can be reserved, as its answers are told directly."""

from dataclasses import dataclass
from datetime import timedelta

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from voltway.kernel.ids import StationId
from voltway.stations import actions as stations
from voltway.stations.model import OrderRecord
from voltway.stations.orders import Answered, CancelReservation, Outcome, ReserveNow
from voltway.stations.reports import Heard, Report, VariableReported, VariablesReported
from voltway.waiting import keeping, lining_up

EVERY_S = 300
ANN, BEN = "ann@example.org", "ben@example.org"


@dataclass(frozen=True, slots=True)
class Kept:
    """The scene, with a station that says that it can be reserved."""

    scene: Scene

    @property
    def station(self) -> StationId:
        return self.scene.station.station.id

    def bay(self, number: int = 1) -> str:
        return self.scene.station.evses[number].public_id

    async def tells(self, *reports: Report) -> None:
        async with self.scene.begin() as work:
            call = Heard(0, self.station, "", work.now, reports)
            await stations.record_reports(work, [call])

    async def can(self, said: str = "true") -> None:
        told = VariableReported("ReservationCtrlr", "Available", said)
        await self.tells(VariablesReported(1, 0, last=True, variables=(told,)))

    async def orders(self) -> list[ReserveNow | CancelReservation]:
        """What is asked of the station now, in its order; it has heard all of it."""
        found: list[ReserveNow | CancelReservation] = []
        while (record := await self.takes()) is not None:
            assert isinstance(record.order, ReserveNow | CancelReservation)
            found.append(record.order)
        return found

    async def takes(self) -> OrderRecord | None:
        async with self.scene.begin() as work:
            taken = await stations.take_orders(work, [self.station])
        return taken[0] if taken else None

    async def answers(self, word: str = "Accepted") -> ReserveNow:
        """The station hears that it is to keep a bay, and answers; what follows is done."""
        record = await self.takes()
        assert record is not None
        assert isinstance(record.order, ReserveNow)
        await self.replies(record, word)
        return record.order

    async def replies(self, record: OrderRecord, word: str = "Accepted") -> None:
        answered = Answered.ACCEPTED if word == "Accepted" else Answered.REJECTED
        async with self.scene.begin() as work:
            reply = stations.Reply(record.id, self.station, Outcome(answered, word), work.now)
            await stations.record_replies(work, [reply])
        await self.goes_on()

    async def becomes(self, status: str, number: int = 1) -> None:
        async with self.scene.begin() as work:
            await work.run(
                "UPDATE evse SET status = $1, status_at = $2 WHERE number = $3",
                status,
                work.now,
                number,
            )

    async def goes_on(self, seconds: int = 0) -> None:
        """Time goes by, the station stays in contact, and the rounds go."""
        self.scene.clock.jump(timedelta(seconds=seconds))
        async with self.scene.begin() as work:
            await work.run("UPDATE station SET last_heard_at = $1", work.now)
        await stations.end_overdue_orders(self.scene.begin)
        await keeping.move(self.scene.begin)
        await lining_up.move(self.scene.begin, EVERY_S)


async def reserves(
    browser: Browser, kept: Kept, email: str = ANN, *, bay: int = 1, minutes: int = 15
) -> str:
    path = f"/e/{kept.bay(bay)}/reserve"
    answer = await browser.sends(path, email=email, minutes=str(minutes))
    assert answer.status_code == 303, words_of(answer.text)
    return str(answer.headers["location"])


async def refused(
    browser: Browser, kept: Kept, email: str = BEN, *, bay: int = 1, minutes: int = 15
) -> str:
    path = f"/e/{kept.bay(bay)}/reserve"
    answer = await browser.sends(path, email=email, minutes=str(minutes))
    assert answer.status_code in (409, 422, 429), words_of(answer.text)
    return words_of(answer.text)
