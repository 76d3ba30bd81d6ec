"""Texts in the tests of alerts: settings that send by the simulated carrier, and numbers."""

from msgspec.structs import replace

from tests.payments.scene import Scene
from voltway.alerts import numbers
from voltway.runtime.settings import Settings
from voltway_world.sms import TextService

#: Of Finland's mobile plan.
NUMBER = "+358401234567"


def by_texts(settings: Settings, carrier: TextService, *, per_day: int = 200) -> Settings:
    """These settings, with the carrier."""
    return replace(
        settings,
        sms_url=carrier.url,
        sms_account=carrier.account,
        sms_secret=carrier.secret,
        sms_from="Voltway",
        sms_per_day=per_day,
    )


async def has_number(scene: Scene, holder: str, number: str = NUMBER) -> None:
    """This number is this person's: they typed the code that went there."""
    async with scene.begin() as work:
        code = await numbers.ask(work, scene.station.party.id, holder, number, "en")
        assert await numbers.confirm(work, holder, code.code)
