"""Wordings: a party's own words for what people are told, looked at and tried before."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.alerts import letters_events, rules_texts, rules_wordings, trying, wordings
from voltway.alerts.mailer import SmtpMailer
from voltway.alerts.model_events import RULES, Channel, Event
from voltway.alerts.words_events import NAMES as FACTS
from voltway.alerts.words_events import Say, house
from voltway.kernel.errors import Outage, Refusal, Trouble
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.driver.alerting import NAMES
from voltway.web.driver.own_number import offered
from voltway.web.house import House
from voltway.web.pages import HttpRequest, public_url, see_other
from voltway.web.problems import STATUS
from voltway.web.words import PAPERS

_HERE: Final = "/console/wordings"
#: By what words are tried, beside a mail.
_PHONES: Final = {"phone": Channel.PUSH, "text": Channel.SMS}


@dataclass(frozen=True, slots=True)
class Looked:
    """How words look with samples: on a phone, as a mail, as a text."""

    title: str
    body: str
    subject: str
    mail: str
    text: str
    parts: int


@get("/wordings", include_in_schema=False)
async def list_wordings(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT event, language FROM alert_wording_view")
    own = {(row["event"], row["language"]) for row in rows}
    return await console_page(
        request,
        house,
        actor,
        "console/wordings.html",
        place="people",
        events=[
            (event, NAMES[event], RULES[event].for_operators, wordings.languages(event))
            for event in Event
        ],
        own=own,
        papers=PAPERS,
    )


@get("/wordings/{event:str}/{language:str}", include_in_schema=False)
async def wording(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    event: FromPath[str],
    language: FromPath[str],
    done: FromQuery[str] = "",
) -> Response[str]:
    return await _wording(request, house, actor, _event(event, language), language, done=done)


def _event(said: str, language: str) -> Event:
    """Raises ``NotSpoken``, of an event that there is not too."""
    if said not in set(Event):
        raise wordings.NotSpoken
    wordings.must_be_spoken(Event(said), language)
    return Event(said)


async def _wording(
    request: HttpRequest,
    house_: House,
    actor: Actor,
    event: Event,
    language: str,
    *,
    typed: Say | None = None,
    looked: Looked | None = None,
    trouble: Trouble | None = None,
    done: str = "",
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house_.begin(actor.party) as work:
        own = (await wordings.own(work, PartyId(actor.party), event)).get(language)
    ours = house(event, language) or house(event, "en")
    status = HTTPStatus.OK
    if trouble is not None:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        if isinstance(trouble, Refusal):
            status = STATUS[trouble.kind]
    return await console_page(
        request,
        house_,
        actor,
        "console/wording.html",
        status=status,
        place="people",
        at=f"{_HERE}/{event}/{language}",
        name=NAMES[event],
        language=language,
        tongue=PAPERS[language],
        ours=ours,
        own=own,
        words=typed or own or ours,
        names=["{" + each + "}" for each in sorted(FACTS[event])],
        looked=looked,
        trouble="" if trouble is None else str(trouble),
        kept=done == "kept",
        mailed=done == "mail",
        on_its_way=done in ("phone", "text"),
        has_texts=Channel.SMS in offered(house_),
        may_change=actor.may(Permission.MANAGE_PEOPLE),
        title_max=rules_wordings.TITLE_LENGTH_MAX,
        body_max=rules_wordings.BODY_LENGTH_MAX,
    )


@post("/wordings/{event:str}/{language:str}", include_in_schema=False)
async def change_wording(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    event: FromPath[str],
    language: FromPath[str],
    data: Form,
) -> Response[str] | Redirect:
    """Look at what was typed, tell it to who typed it, keep it, or go back to the house's words."""
    actor.must(Permission.MANAGE_PEOPLE)
    about, wanted = _event(event, language), data.get("do", "look")
    here = f"{_HERE}/{about}/{language}"
    if wanted == "house":
        async with house.begin(actor.party) as work:
            await wordings.remove(work, PartyId(actor.party), about, language)
            await parties.audit(work, actor, "went back to the house's words", f"event:{about}")
        return see_other(here)
    typed = Say(data.get("title", "")[:1000], data.get("body", "")[:5000])
    looked: Looked | None = None
    try:
        words = rules_wordings.checked(about, typed.title, typed.body)
        if wanted == "keep":
            await _keep(house, actor, about, language, words)
            return see_other(f"{here}?done=kept")
        looked = await _look(request, house, actor, about, language, words, way=wanted)
    except (Refusal, Outage) as no:
        return await _wording(request, house, actor, about, language, typed=typed, trouble=no)
    return await _wording(
        request, house, actor, about, language, typed=typed, looked=looked, done=wanted
    )


async def _keep(house: House, actor: Actor, event: Event, language: str, words: Say) -> None:
    async with house.begin(actor.party) as work:
        party = PartyId(actor.party)
        by = await _email(work, actor)
        await wordings.keep(work, party, event, language, words.title, words.body, by=by)
        await parties.audit(work, actor, "changed what people are told", f"event:{event}")


async def _look(
    request: HttpRequest,
    house: House,
    actor: Actor,
    event: Event,
    language: str,
    words: Say,
    *,
    way: str,
) -> Looked:
    """How words look; told to who sits here too, if that is wished: by mail, phone or text."""
    url = public_url(request, house)
    async with house.begin(actor.party) as work:
        seller = (await parties.party(work, PartyId(actor.party))).name
        email = await _email(work, actor)
        sample = wordings.sample_of(work, PartyId(actor.party), event, language, email)
    own = {language: words}
    said = rules_wordings.said(event, language, sample.facts or {}, own)
    letter = letters_events.letter(sample, said, seller=seller, public_url=url, leave="")
    text = rules_texts.written(said.title, said.body, seller, f"{url}/me")
    if way in _PHONES:
        async with house.begin() as work:
            tried = trying.Tried(
                party=PartyId(actor.party),
                holder=email.lower(),
                event=event,
                language=language,
                said=said,
                by=_PHONES[way],
            )
            await trying.try_words(work, tried)
    if way == "mail":
        async with SmtpMailer(house.settings) as mailer:
            await wordings.send_test(
                house.begin,
                mailer,
                sample,
                said,
                seller=seller,
                public_url=url,
                mail_from=house.settings.mail_from,
            )
    parts = rules_texts.parts(text)
    return Looked(said.title, said.body, letter.subject, letter.text, text, parts)


async def _email(work: Work, actor: Actor) -> str:
    known = await parties.operators(work, PartyId(actor.party))
    [email] = [each.email for each in known if each.id == actor.id]
    return email
