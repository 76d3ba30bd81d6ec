"""The hosted page: where a driver pays, so that no card number ever reaches the merchant."""

from decimal import Decimal
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, PackageLoader
from litestar import MediaType, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from voltway_world.provider import cards
from voltway_world.provider.books import Hold, Refused, Status
from voltway_world.provider.cards import Typed
from voltway_world.provider.desk import Desk, now
from voltway_world.web import Asking

#: ISO 4217: currencies whose smallest unit is not a hundredth.
_DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "HUF": 2, "BHD": 3, "KWD": 3, "TND": 3}
_WALLETS = {"apple_pay": "Apple Pay", "google_pay": "Google Pay"}

PAGES = Environment(
    loader=PackageLoader("voltway_world.provider", "pages"), autoescape=True, trim_blocks=True
)


def amount(minor: int, currency: str) -> str:
    digits = _DIGITS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def policy(*shop_urls: str) -> str:
    """A strict policy. Browsers check form-action after a redirect too, so the shop is in it."""
    shops = sorted({_origin(url) for url in shop_urls})
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {' '.join(shops)}"
    )


def _shown(hold: Hold, status: int, **more: object) -> Response[str]:
    html = PAGES.get_template("pay.html").render(
        hold=hold,
        amount=amount(hold.amount_minor, hold.currency),
        test_cards=cards.TEST_CARDS,
        payable=hold.status is Status.REQUIRES_PAYMENT,
        wrong=more.get("wrong", {}),
        typed=more.get("typed"),
    )
    return Response(
        html,
        status_code=status,
        media_type=MediaType.HTML,
        headers={
            "Content-Security-Policy": policy(hold.return_url, hold.cancel_url),
            "Cache-Control": "no-store",
        },
    )


def _paid(hold: Hold) -> bool:
    return hold.status in (Status.AUTHORISED, Status.CAPTURED)


@get("/pay/{hold_id:str}", sync_to_thread=False)
def pay_page(request: Asking, hold_id: FromPath[str]) -> Response[str] | Redirect:
    desk: Desk = request.app.state.desk
    hold = desk.hold(hold_id)
    if _paid(hold):
        return Redirect(hold.return_url, status_code=303)
    return _shown(hold, HTTPStatus.OK)


@post("/pay/{hold_id:str}")
async def pay(request: Asking, hold_id: FromPath[str]) -> Response[str] | Redirect:
    desk: Desk = request.app.state.desk
    form = parse_qs((await request.body()).decode(errors="replace"))
    asked = {name: values[0] for name, values in form.items()}
    hold = desk.hold(hold_id)
    if not _paid(hold):
        shown = _try_to_pay(desk, hold, asked)
        if shown is not None:
            return shown
    return Redirect(hold.return_url, status_code=303)


def _try_to_pay(desk: Desk, hold: Hold, asked: dict[str, str]) -> Response[str] | None:
    """Pay, or give the page that says why not."""
    if hold.status is not Status.REQUIRES_PAYMENT:
        return _shown(hold, HTTPStatus.CONFLICT)
    wallet = _WALLETS.get(asked.get("wallet", ""))
    if wallet is not None:
        desk.pay(hold.id, cards.wallet_card(wallet), declined=False)
        return None
    typed = Typed(asked.get("number", ""), asked.get("expiry", ""), asked.get("cvc", ""))
    wrong = cards.complaints(typed, now())
    if wrong:
        return _shown(hold, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=wrong, typed=typed)
    declined = cards.digits_of(typed.number) == cards.DECLINES
    hold = desk.pay(hold.id, cards.card_of(typed.number), declined=declined)
    if declined and hold.status is Status.REQUIRES_PAYMENT:
        wrong = {"number": "Your bank declined this card. Try another one."}
        return _shown(hold, HTTPStatus.PAYMENT_REQUIRED, wrong=wrong)
    return _shown(hold, HTTPStatus.PAYMENT_REQUIRED) if declined else None


def sorry(refused: Refused) -> Response[str]:
    """The page for an address that leads nowhere."""
    html = PAGES.get_template("sorry.html").render(message=refused.message)
    return Response(
        html,
        status_code=refused.status,
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'self'"},
    )
