"""The page on which a driver saves a card, to be charged later without them."""

from http import HTTPStatus
from urllib.parse import parse_qs

from litestar import MediaType, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from voltway_world.provider import cards
from voltway_world.provider.books import Saving
from voltway_world.provider.cards import Typed
from voltway_world.provider.desk import Desk, now
from voltway_world.provider.page import PAGES, policy
from voltway_world.provider.stripe.desk import StripeDesk
from voltway_world.web import Asking


@get("/save/{name:str}", sync_to_thread=False)
def save_page(request: Asking, name: FromPath[str]) -> Response[str] | Redirect:
    desk: Desk = request.app.state.desk
    saving = StripeDesk(desk).saving(name)
    if saving.method is not None:
        return Redirect(saving.return_url, status_code=303)
    return _shown(saving, HTTPStatus.OK, {})


@post("/save/{name:str}")
async def save(request: Asking, name: FromPath[str]) -> Response[str] | Redirect:
    desk: Desk = request.app.state.desk
    saving = StripeDesk(desk).saving(name)
    form = parse_qs((await request.body()).decode(errors="replace"))
    asked = {name: values[0] for name, values in form.items()}
    if saving.method is None:
        typed = Typed(asked.get("number", ""), asked.get("expiry", ""), asked.get("cvc", ""))
        wrong = cards.complaints(typed, now())
        if not wrong and cards.digits_of(typed.number) == cards.DECLINES:
            wrong = {"number": "Your bank declined this card. Try another one."}
        if wrong:
            return _shown(saving, HTTPStatus.UNPROCESSABLE_ENTITY, wrong)
        StripeDesk(desk).save(saving.id, cards.card_of(typed.number))
    return Redirect(saving.return_url, status_code=303)


def _shown(saving: Saving, status: int, wrong: dict[str, str]) -> Response[str]:
    html = PAGES.get_template("save.html").render(saving=saving, wrong=wrong)
    return Response(
        html,
        status_code=status,
        media_type=MediaType.HTML,
        headers={
            "Content-Security-Policy": policy(saving.return_url, saving.cancel_url),
            "Cache-Control": "no-store",
        },
    )
