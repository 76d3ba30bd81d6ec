"""Trouble as machines and as people read it."""

from http import HTTPStatus

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import get

from tests.web.browsers import HERE, Browser, words_of
from voltway.kernel.errors import Trouble
from voltway.payments.provider import ProviderSilent
from voltway.web.driver.views import NoSuchBay, NoSuchPlace
from voltway.web.house import House
from voltway.web.problems import problem
from voltway.web.security import FromElsewhere
from voltway.web.site import make_site
from voltway.web.streams import TooManyLivePages


def test_a_refusal_says_what_was_refused_to_people_and_to_machines() -> None:
    status, body = problem(NoSuchBay("FI*VLT*E1*1"))

    assert status == 404
    assert body == {
        "code": "no_such_bay",
        "detail": "There is no bay FI*VLT*E1*1. The code may be damaged: "
        "look for the number on the hardware.",
        "fields": {"public_id": "FI*VLT*E1*1"},
    }


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (NoSuchPlace(), HTTPStatus.NOT_FOUND),
        (FromElsewhere(), HTTPStatus.FORBIDDEN),
        (TooManyLivePages(), HTTPStatus.TOO_MANY_REQUESTS),
        (ProviderSilent("simulated", "it is out"), HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_each_family_has_its_status(trouble: Trouble, status: HTTPStatus) -> None:
    assert problem(trouble)[0] == status


async def test_a_machine_gets_problem_json_and_a_person_a_page(browser: Browser) -> None:
    person = await browser.opens("/nothing")
    machine = await browser.client.get("/nothing", headers={"Accept": "application/json"})
    api = await browser.opens("/api/v1/nothing")

    assert person.status_code == machine.status_code == api.status_code == 404
    assert "There is no page at this address" in words_of(person.text)
    for answer in (machine, api):
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["status"] == 404


async def test_our_own_fault_is_told_by_a_number_and_never_by_its_text(house: House) -> None:
    @get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is swordfish")

    transport = ASGITransport(make_site(house, more=[broken]), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url=HERE) as client:
        person = await client.get("/broken", headers={"Accept": "text/html"})
        machine = await client.get("/broken", headers={"Accept": "application/json"})

    assert person.status_code == machine.status_code == 500
    assert "Our log knows it as" in words_of(person.text)
    assert machine.json()["fields"]["number"] in machine.json()["detail"]
    for answer in (person, machine):
        assert "swordfish" not in answer.text
        assert "Traceback" not in answer.text


async def test_an_unsigned_webhook_is_refused_and_an_unknown_provider_is_absent(
    browser: Browser,
) -> None:
    unsigned = await browser.client.post("/webhooks/payments/simulated", content=b"{}")
    unknown = await browser.client.post("/webhooks/payments/nobody", content=b"{}")

    assert unsigned.status_code == 403
    assert unknown.status_code == 404
    assert unknown.headers["content-type"].startswith("application/problem+json")
