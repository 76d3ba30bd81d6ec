"""The first start of a house that knows nobody yet: its owner, and the network it is for."""

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient

from tests.web.browsers import HERE, Browser, words_of
from voltway.parties import actions as parties
from voltway.payments.providers.none import NoProvider
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.settings import Settings
from voltway.web.house import House
from voltway.web.site import make_site

AINO = {"name": "Aino", "email": "a@b.test", "password": "a long enough one"}
VOLT = {
    "network": "Volt",
    "legal_name": "Volt Oy",
    "vat_id": "FI12345678",
    "street": "Kaivokatu 1",
    "city": "Helsinki",
    "country": "fi",
    "ident": "vlt",
    "currency": "eur",
    "time_zone": "Europe/Helsinki",
}


@pytest.fixture
async def browser(database: Database, clock: JumpingClock) -> AsyncIterator[Browser]:
    """Somebody's browser before an empty house."""
    house = House(
        begin=database.begin,
        touches=Bus(database).touches,
        clock=clock,
        settings=Settings(public_url=HERE),
        provider=NoProvider(),
    )
    transport = ASGITransport(make_site(house), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url=HERE) as client:
        yield Browser(client)


async def test_the_first_owner_says_what_the_network_is(
    browser: Browser, database: Database
) -> None:
    secret = await parties.make_first_run_secret(database.begin)
    assert secret is not None
    assert "VAT number" in await browser.reads("/console/first-run")

    answer = await browser.sends("/console/first-run", secret=secret, **AINO, **VOLT)

    assert answer.headers["location"] == "/console"
    async with database.begin() as work:
        party = await parties.first_party(work)
    assert party is not None
    assert (party.name, party.legal_name, party.vat_id) == ("Volt", "Volt Oy", "FI12345678")
    assert (party.country_code, party.ident, party.currency) == ("FI", "VLT", "EUR")
    assert party.address == {"street": "Kaivokatu 1", "city": "Helsinki"}
    assert "Aino" in await browser.reads("/console")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"secret": "wrong"}, "does not open the first sign-in"),
        ({"time_zone": "Mars/Base"}, "time_zone is not valid"),
        ({"network": ""}, "name is not valid"),
        ({"password": "short"}, "password is not valid"),
    ],
    ids=str,
)
async def test_a_wrong_form_makes_no_network_and_keeps_what_was_written(
    browser: Browser, database: Database, wrong: dict[str, str], says: str
) -> None:
    secret = await parties.make_first_run_secret(database.begin)
    assert secret is not None

    answer = await browser.sends(
        "/console/first-run", **{"secret": secret, **AINO, **VOLT, **wrong}
    )

    assert answer.status_code in (403, 422)
    assert says in words_of(answer.text)
    assert 'value="Volt Oy"' in answer.text
    async with database.begin() as work:
        assert await parties.first_party(work) is None
        assert await parties.is_first_run(work)
