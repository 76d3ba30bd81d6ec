"""What a driver reads when it does not work out: nobody is left guessing about money."""

from datetime import timedelta

from playwright.async_api import expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.town import pays
from tests.stories.world import World
from voltway.helpdesk import actions as helpdesk


async def test_who_never_plugs_in_reads_that_nothing_was_charged(world: World, eyes: Eyes) -> None:
    place, page = await a_forecourt(world), eyes.page
    await guest.opens_bay(page, place)
    await guest.starts(page)
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()

    world.clock.jump(timedelta(minutes=3))

    await expect(page.get_by_role("heading", name="You were not charged")).to_be_visible()
    await expect(page.get_by_text("The €50 hold is released.")).to_be_visible()
    await eyes.approve("a visit in which nothing started")
    (hold,) = world.provider.books.holds.values()
    assert (hold.status, hold.captured_minor) == ("voided", 0)
    await page.get_by_role("link", name="Try this bay again").click()
    await expect(page.get_by_role("button", name="Start charging")).to_be_visible()


async def test_a_declined_card_leads_back_to_the_bay_and_another_one_works(
    world: World, eyes: Eyes
) -> None:
    place, page = await a_forecourt(world), eyes.page
    await guest.opens_bay(page, place)
    await guest.starts(page)

    with eyes.expecting("402"):
        await guest.pays(page, guest.DECLINED)
        await expect(page.get_by_text("Your bank declined this card.")).to_be_visible()
    await eyes.approve("the provider's no")
    await page.get_by_role("link", name="Go back").click()
    await expect(page.get_by_role("heading", name="Your bank said no")).to_be_visible()
    await eyes.approve("a visit that the bank declined")

    await page.get_by_role("link", name="Try this bay again").click()
    await guest.starts(page)
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()


async def test_a_wrong_address_is_told_at_its_field_and_kept(world: World, eyes: Eyes) -> None:
    place, page = await a_forecourt(world), eyes.page
    await guest.opens_bay(page, place)

    # What the browser itself lets pass, and we do not.
    await page.get_by_label("E-mail for the receipt").fill("ann@example.com;bob")
    await page.locator("form#start").evaluate("form => { form.noValidate = true; }")
    with eyes.expecting("422"):
        await page.get_by_role("button", name="Start charging").click()
        await expect(page.get_by_text("This does not look like an e-mail address.")).to_be_visible()

    await expect(page.get_by_label("E-mail for the receipt")).to_have_value("ann@example.com;bob")
    await eyes.approve("a bay with a wrong address")


async def test_a_bay_that_is_not_there_says_where_to_look(world: World, eyes: Eyes) -> None:
    with eyes.expecting("404"):
        await eyes.page.goto(f"{world.house.http}/e/FI*VLT*ENOWHERE")

    await expect(eyes.page.get_by_role("heading", level=1)).to_be_visible()
    await expect(eyes.page.get_by_text("look for the number on the hardware")).to_be_visible()
    await eyes.approve("a bay that is not there")


async def test_a_bay_that_loses_contact_says_so_until_it_is_back(world: World, eyes: Eyes) -> None:
    place, page = await a_forecourt(world), eyes.page
    await guest.opens_bay(page, place)
    await guest.starts(page)
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    await place.plug_in()
    await guest.is_charging(page)
    await place.charge(1)

    place.outside.go_offline()

    await expect(page.get_by_role("heading", name="No contact with this bay")).to_be_visible()
    await expect(page.get_by_text("is billed when it is back")).to_be_visible()
    await eyes.approve("a charge without contact")
    place.outside.come_back()
    await guest.is_charging(page)


async def test_a_guest_who_is_outrun_while_they_pay_gets_it_back_and_reads_why(
    world: World, eyes: Eyes
) -> None:
    place, page = await a_forecourt(world), eyes.page
    await guest.opens_bay(page, place)
    await guest.starts(page)  # while somebody else pays for the same bay
    await place.plug_in()
    await pays(world, place, 1, guest.ACCEPTED.replace(" ", ""))
    await place.charge(1)
    await guest.pays(page)

    await expect(page.get_by_role("heading", name="You were not charged")).to_be_visible()
    await expect(page.get_by_text("Somebody else was faster at this bay.")).to_be_visible()
    await expect(page.get_by_role("link", name="Another bay")).to_be_visible()
    await eyes.approve("somebody else was faster")


async def test_a_guest_who_comes_to_a_bay_in_use_pays_nothing(world: World, eyes: Eyes) -> None:
    place, page = await a_forecourt(world), eyes.page
    await place.plug_in()
    await pays(world, place, 1, guest.ACCEPTED.replace(" ", ""))
    await place.charge(1)

    await guest.opens_bay(page, place)
    await expect(page.get_by_role("heading", name="In use")).to_be_visible()
    with eyes.expecting("409"):
        await page.get_by_role("button", name="Start charging").click()
        await expect(page.get_by_text("is in use by somebody else")).to_be_visible()

    await eyes.approve("a bay that is in use")


async def test_a_report_is_answered_before_the_eyes_of_who_sent_it(
    world: World, eyes: Eyes
) -> None:
    place, page = await a_forecourt(world), eyes.page
    await guest.opens_bay(page, place)
    await page.get_by_role("link", name="Report a problem").click()
    await page.get_by_role("radio", name="It charges too slowly").check()
    await eyes.approve("what is wrong, chosen")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="Sent to the operator")).to_be_visible()

    async with world.house.begin() as work:
        report = await helpdesk.by_key(work, page.url.rpartition("/")[2])
        await helpdesk.answer(work, report.id, "We have sent somebody.", "Olga")

    await expect(page.get_by_role("heading", name="The operator has answered")).to_be_visible()
    await expect(page.get_by_text("We have sent somebody.")).to_be_visible()
