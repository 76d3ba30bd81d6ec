"""A driver's prepaid balance: topping it up, by itself too, and putting vouchers on it."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.drivers.model import Driver
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import Currency, Money, minor_digits
from voltway.payments import collecting, paying_back, topping_up, vouchers
from voltway.payments.model_collections import Stage
from voltway.payments.model_paybacks import Payback, PaybackState
from voltway.web.appearance import Form
from voltway.web.driver.account import at_party, seated, shown
from voltway.web.driver.paying import not_charged
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, public_url, see_other, told
from voltway.web.problems import STATUS

_HERE: Final = "/me"
IF_PAID: Final = "If you paid, it is on your balance in a minute."
NOT_FINISHED: Final = "Nothing was charged yet: the page was not finished."
NOT_BACK_YET: Final = "The payment provider does not answer yet. We ask again until it does."


class NotAnAmount(Refusal):
    """This is no amount. Write it as 20 or 20.50."""

    kind = Kind.INVALID


async def _driver(request: HttpRequest, house: House, data: Form) -> Driver | None:
    async with house.begin() as work:
        email = await seated(request, work)
        return await at_party(work, email, data.get("party", "")) if email else None


@post("/me/top-up", include_in_schema=False)
async def top_up(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Send the driver to the provider's page. ``key`` keeps a button pressed twice at one page."""
    driver = await _driver(request, house, data)
    if driver is None:
        return see_other(_HERE)
    base = public_url(request, house)
    try:
        async with house.begin(driver.party) as work:
            currency = (await topping_up.sums(work, driver.party)).least.currency
        opened = await topping_up.open_top_up(
            house.begin,
            house.provider,
            party=driver.party,
            holder=driver.id,
            amount=_money(data.get("other", "") or data.get("amount", ""), currency),
            once=OnceKey(f"top-up:{driver.id}:{data.get('key', '')[:40] or uuid4()}"),
            return_url=f"{base}/me/top-up/{{collection}}",
            cancel_url=f"{base}/me",
        )
    except (Refusal, Outage) as no:
        return await _refused(request, house, no)
    if opened.stage is Stage.DECLINED:
        said = not_charged(opened, formats_of(request, house))
        return await shown(request, house, trouble=said)
    return see_other(opened.hosted_url or _HERE)


def _money(text: str, currency: Currency) -> Money:
    try:
        minor = Decimal(text.strip().replace(",", ".")).scaleb(minor_digits(currency))
    except InvalidOperation as error:
        raise NotAnAmount from error
    if not minor.is_finite() or minor != int(minor) or abs(minor) > 10**12:
        raise NotAnAmount
    return Money(int(minor), currency)


async def _refused(request: HttpRequest, house: House, no: Refusal | Outage) -> Response[str]:
    status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
    return await shown(request, house, trouble=told(request, no), status=status)


@get("/me/top-up/{collection:uuid}", include_in_schema=False)
async def topped_up(
    request: HttpRequest, house: NamedDependency[House], collection: FromPath[UUID]
) -> Response[str] | Redirect:
    """The driver is back from the provider's page: look what they did there."""
    try:
        seen = await collecting.go_on(house.begin, house.provider, collection)
    except Refusal as no:
        return await _refused(request, house, no)
    except Outage as silence:
        said = f"{told(request, silence)} {formats_of(request, house).say(IF_PAID)}"
        return await shown(request, house, trouble=said, status=HTTPStatus.SERVICE_UNAVAILABLE)
    if seen.stage is Stage.DONE:
        return see_other(_HERE)
    if seen.stage is Stage.DECLINED:
        said = not_charged(seen, formats_of(request, house))
        return await shown(request, house, trouble=said)
    return await shown(request, house, trouble=NOT_FINISHED)


@post("/me/auto", include_in_schema=False)
async def set_auto(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Let the balance top itself up below a sum; or not any more."""
    driver = await _driver(request, house, data)
    if driver is None:
        return see_other(_HERE)
    try:
        async with house.begin(driver.party) as work:
            if data.get("do") == "stop":
                await topping_up.stop_auto(work, driver.party, driver.id)
            else:
                currency = (await topping_up.sums(work, driver.party)).least.currency
                await topping_up.set_auto(
                    work,
                    driver.party,
                    driver.id,
                    below=_money(data.get("below", ""), currency),
                    amount=_money(data.get("amount", ""), currency),
                )
    except Refusal as no:
        return await _refused(request, house, no)
    return see_other(_HERE)


@post("/me/voucher", include_in_schema=False)
async def redeem(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    driver = await _driver(request, house, data)
    if driver is None:
        return see_other(_HERE)
    async with house.begin(driver.party) as work:
        came = await vouchers.redeem(work, driver.party, driver.id, data.get("code", "")[:80])
    if isinstance(came, Refusal):
        return await _refused(request, house, came)
    return see_other(_HERE)


@post("/me/pay-back", include_in_schema=False)
async def pay_back(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Pay back what is left, to the cards that paid it. ``key`` keeps a button pressed twice at
    one order."""
    driver = await _driver(request, house, data)
    if driver is None:
        return see_other(_HERE)
    try:
        parts = await paying_back.pay_back(
            house.begin,
            house.provider,
            party=driver.party,
            holder=driver.id,
            by="the driver",
            once=OnceKey(f"pay-back:{driver.id}:{data.get('key', '')[:40] or uuid4()}"),
        )
    except (Refusal, Outage) as no:
        return await _refused(request, house, no)
    said = _said(parts, formats_of(request, house))
    return await shown(request, house, trouble=said) if said else see_other(_HERE)


def _said(parts: Sequence[Payback], formats: Formats) -> str:
    """What of an order is not back yet, in words."""
    declined = [part for part in parts if part.state is PaybackState.DECLINED]
    said = [
        formats.say(
            "%(amount)s could not go back to its card: “%(why)s” It is on your balance as before.",
            amount=formats.money(part.amount),
            why=part.why,
        )
        for part in declined
    ]
    if any(part.state is PaybackState.ASKED for part in parts):
        said.append(formats.say(NOT_BACK_YET))
    return " ".join(said)
