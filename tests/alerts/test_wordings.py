"""A party's own words go before the house's, and no wording keeps anybody from being told."""

from uuid import UUID

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import ANN, mails, settings_for
from tests.alerts.test_events import SHOWN, service
from tests.payments.scene import Scene
from voltway.alerts import rules_wordings, store_wordings, wordings
from voltway.alerts.model_events import Channel, Event, Person
from voltway.alerts.rules_wordings import checked, said
from voltway.alerts.telling import tell, wishes_of
from voltway.alerts.wishing import choose
from voltway.alerts.words_events import NAMES, SAYS, Say, house
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

__all__ = ["service"]

OWN = Say("Done at {place}", "{energy}. Thank you!")


@pytest.mark.parametrize(
    ("title", "body", "says"),
    [
        ("Done", "You paid {amount}.", r"There is no \{amount\} here. What can be named is: \{co"),
        ("{Place}", "x", r"There is no \{Place\} here"),
        ("Done", "{energy", r"Braces go around a name alone, such as \{cost\}"),
        ("Done", "energy}", "Braces go around a name alone"),
        ("Done", "{}", "Braces go around a name alone"),
        ("Done", "{0}", "Braces go around a name alone"),
        ("Done", "{place.__class__}", "Braces go around a name alone"),
        ("Done", "{place[0]}", "Braces go around a name alone"),
        ("Done", "{place!r}", "Braces go around a name alone"),
        ("Done", "{place:>1000000000}", "Braces go around a name alone"),
        ("Done", "{place:{energy}}", "Braces go around a name alone"),
        ("", "x", "A title and a text are needed"),
        ("x", " \n ", "A title and a text are needed"),
        ("x" * 81, "x", "at most 80 signs"),
        ("x", "x" * 501, "the text 500"),
    ],
)
def test_words_that_cannot_be_told_are_refused(title: str, body: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        checked(Event.COMPLETE, title, body)


def test_an_event_that_names_nothing_says_so() -> None:
    with pytest.raises(rules_wordings.UnknownName, match="What can be named is: nothing"):
        checked(Event.DISPUTE_OPENED, "Money back", "{place}")


def test_braces_written_twice_are_braces_and_no_line_of_a_title_is_another_header() -> None:
    words = checked(Event.COMPLETE, "Done\r\nBcc: eve@example.org", "{{energy}} is {energy}")

    assert words.title == "Done Bcc: eve@example.org"
    assert (
        said(Event.COMPLETE, "en", {"energy": "1 kWh"}, {"en": words}).body == "{energy} is 1 kWh"
    )


FACTS = {"place": "Kamppi {energy}", "energy": "12 kWh"}


@pytest.mark.parametrize(
    ("locale", "own", "title"),
    [
        pytest.param("en", {}, "Charging is complete", id="the house's words"),
        pytest.param("en", {"en": OWN}, "Done at Kamppi {energy}", id="own words go before"),
        pytest.param("en_GB", {"en": OWN}, "Done at Kamppi {energy}", id="also of a region"),
        pytest.param("fi", {"en": OWN}, "Lataus on valmis", id="the reader's language goes first"),
        pytest.param("fi", {"fi": Say("Valmis", "x")}, "Valmis", id="in each its own"),
        pytest.param(
            "sv", {"en": OWN}, "Done at Kamppi {energy}", id="English where there is none"
        ),
        pytest.param("sv", {}, "Charging is complete", id="the house's English at last"),
        pytest.param(
            "en",
            {"en": Say("{gone}", "x")},
            "Charging is complete",
            id="own words that cannot be told any more are passed over",
        ),
    ],
)
def test_which_words_are_said(locale: str, own: dict[str, Say], title: str) -> None:
    assert said(Event.COMPLETE, locale, FACTS, own).title == title


def test_operators_events_fall_back_to_english_and_each_has_samples() -> None:
    assert said(Event.BILL_RESTS, "fi", {}, {}).title == "A bill rests"
    for event in Event:
        assert house(event, "en") is not None
        assert set(rules_wordings.samples(event)) == NAMES[event]
        for language in SAYS:
            assert said(event, language, rules_wordings.samples(event), {}).body


async def test_own_words_are_on_the_phone_and_in_the_mail(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    party = scene.station.party.id
    own = Say("Done <b>now</b> at {place}", "{energy}. Thank you & come again!")
    async with scene.begin() as work:
        await wordings.keep(
            work, party, Event.COMPLETE, "en", own.title, own.body, by="o@voltway.test"
        )
        both = {(Event.COMPLETE, Channel.MAIL), (Event.COMPLETE, Channel.PUSH)}
        await wishes_of(work, ANN, "UTC")
        await choose(work, ANN, both, among=[Event.COMPLETE])
        ann = Person(holder=ANN, email=ANN, locale="en")
        await tell(work, party, [ann], Event.COMPLETE, f"session:{UUID(int=1)}", SHOWN)

    await scene.settles()

    assert phone.shown[0]["title"] == "Done <b>now</b> at Kamppi"
    [caught] = await mails(mail)
    assert caught["Subject"].startswith("Done <b>now</b> at Kamppi. Voltway Oy")
    html = caught.get_body(("html",))
    assert html is not None
    assert "Done &lt;b&gt;now&lt;/b&gt; at Kamppi" in html.get_content()
    assert "Thank you &amp; come again!" in html.get_content()


async def test_own_words_of_a_name_that_was_taken_away_tell_nobody_less(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    party = scene.station.party.id
    async with scene.begin() as work:
        broken = Say("{was_there_once}", "x")
        await store_wordings.keep(work, party, Event.COMPLETE, "en", broken, by="o")
        ann = Person(holder=ANN, email=ANN, locale="en")
        await tell(work, party, [ann], Event.COMPLETE, f"session:{UUID(int=1)}", SHOWN)

    await scene.settles()

    assert phone.shown[0]["title"] == "Charging is complete"


async def test_a_language_that_is_not_spoken_is_refused(scene: Scene) -> None:
    async with scene.begin() as work:
        for event, language in ((Event.COMPLETE, "sv"), (Event.BILL_RESTS, "fi")):
            with pytest.raises(wordings.NotSpoken):
                await wordings.keep(work, scene.station.party.id, event, language, "x", "y", by="o")


def test_each_name_has_a_sample_so_that_words_can_be_looked_at() -> None:
    for event in Event:
        shown = rules_wordings.samples(event)
        assert set(shown) == NAMES[event]
        assert not [name for name, sample in shown.items() if sample == name]
