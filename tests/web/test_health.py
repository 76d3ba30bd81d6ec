"""What a load balancer asks: whether we live, and whether we are ready for work."""

from tests.web.browsers import Browser
from voltway.runtime.database import Database
from voltway.runtime.health import DatabaseHealth
from voltway.web.house import House


async def test_a_house_is_ready_while_its_database_answers(
    browser: Browser, house: House, database: Database
) -> None:
    house.health.check("database", DatabaseHealth(database).check)

    answer = await browser.client.get("/health/ready")

    assert (answer.status_code, answer.text) == (200, "database: ok\n")


async def test_a_house_whose_database_is_gone_is_alive_and_not_ready(
    browser: Browser, house: House, database: Database
) -> None:
    house.health.check("database", DatabaseHealth(database).check)
    await database.close()

    assert (await browser.client.get("/health/ready")).status_code == 503
    assert (await browser.client.get("/health/live")).status_code == 200


async def test_a_house_that_is_about_to_stop_sends_new_work_elsewhere(
    browser: Browser, house: House
) -> None:
    house.health.begin_to_drain()

    answer = await browser.client.get("/health/ready")

    assert answer.status_code == 503
    assert "stopping" in answer.text
