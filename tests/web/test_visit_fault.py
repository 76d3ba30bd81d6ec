"""A driver whose charge a fault ended reads so on the page of the visit, also where the station
named no reason."""

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from voltway.sessions import faults
from voltway.sessions.model import SessionEnded
from voltway.stations import actions as stations
from voltway.stations.model import PortStatusChanged
from voltway.stations.reports import Heard, PortStatus, StatusChanged

SAID = "A fault of the station ended your charge"


@pytest.mark.parametrize(
    ("reason", "status", "is_said"),
    [
        ("Other", PortStatus.FAULTED, True),
        ("GroundFault", PortStatus.AVAILABLE, True),
        ("Other", PortStatus.AVAILABLE, False),
        ("Local", PortStatus.FAULTED, False),
    ],
)
async def test_a_charge_that_a_fault_ended_says_so_before_and_after_the_receipt(
    browser: Browser, scene: Scene, reason: str, status: PortStatus, *, is_said: bool
) -> None:
    bus = scene.bus
    bus.watch_many("sessions.faults", [SessionEnded, PortStatusChanged], faults.hears)
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(60_000, reason=reason)
    told = StatusChanged(1, 1, status, scene.now)
    async with scene.begin() as work:
        heard = Heard(0, scene.station.station.id, "StatusNotification", scene.now, [told])
        await stations.record_reports(work, [heard])
    await bus.catch_up()
    closing = await browser.reads(f"/v/{payment.visit_key}")
    await scene.settles()
    paid = await browser.reads(f"/v/{payment.visit_key}")

    assert "Your receipt is being written" in closing
    assert "€4.90" in paid
    assert [SAID in closing, SAID in paid] == [is_said, is_said]
