"""A card number typed anywhere reaches no table, log or mail; what only looks like one does."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.test_account import ANN, bay, enters
from voltway.web.card_numbers import holds_card_number

VISA = "4242 4242 4242 4242"
#: As people type them, and as forms carry them.
WRITTEN = ("4242424242424242", VISA, "4242-4242-4242-4242", "4242\u00a04242\u00a04242\u00a04242")
#: So the number stands in a row, whatever was between its digits.
DIGITS = re.compile(r"4242[^0-9a-z]{0,3}4242[^0-9a-z]{0,3}4242[^0-9a-z]{0,3}4242")


@pytest.mark.parametrize(
    "text",
    [
        *WRITTEN,
        f"My card is {VISA}, please",
        "card=4242424242424242&x=1",
        '{"note": "5555 5555 5555 4444"}',
        "3782 822463 10005",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "2223 0031 2200 3222",
        "6200000000000005",
    ],
)
def test_a_card_number_is_known_however_it_is_written(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4243",  # the check digit is wrong
        "FI21 1234 5600 0007 85",
        "DE89 4242 4242 4242 4242 00",  # a part of an IBAN
        "x4242424242424242",
        "42424242-4242-4242-4242-424242424242",
        "4242424242424242424242",
        "4242 4242-4242 4242",
        "1764172800000000000",  # nanoseconds
        "+358 40 123 45678",
        "04A1B2C3D4E5F6",
        "",
    ],
)
def test_what_only_looks_like_one_is_let_through(text: str) -> None:
    assert not holds_card_number(text)


@given(st.uuids())
def test_no_uuid_is_a_card_number(uuid: object) -> None:
    assert not holds_card_number(f'{{"id": "{uuid}"}}')


async def kept(scene: Scene) -> list[str]:
    """The tables in which the number stands, in any column."""
    async with scene.begin() as work:
        tables = await work.all(
            """
            SELECT c.oid::regclass::text AS name
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'
               AND has_table_privilege(c.oid, 'SELECT')
            """
        )
        assert len(tables) > 50, "the database shows its tables"
        found = []
        for table in tables:
            rows = await work.all(f"SELECT t::text AS row FROM {table['name']} t")
            if any(DIGITS.search(row["row"]) for row in rows):
                found.append(table["name"])
    return found


def forms_of(page: str) -> list[tuple[str, list[str]]]:
    """The forms of a page: where each goes, and the fields in which somebody can type."""
    found = []
    for form in re.findall(r'(?s)<form[^>]*method="post".*?</form>', page):
        [action] = re.findall(r'<form[^>]*action="([^"]+)"', form) or [""]
        names = re.findall(r'<(?:input|textarea|select)[^>]*name="([^"]+)"', form)
        found.append((unescape(action), sorted(set(names))))
    return [(action, names) for action, names in found if action]


async def test_typed_into_any_field_of_a_driver_s_pages_it_is_refused_and_kept_nowhere(
    browser: Browser, scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    await enters(browser, scene)
    forms: dict[str, set[str]] = {}
    for path in ("/", "/me", "/me/delete", bay(scene)):
        for action, names in forms_of((await browser.opens(path)).text):
            forms.setdefault(action, set()).update(names)
    forms.setdefault("/me/code", set()).update(("email", "back"))
    forms.setdefault("/me/enter", set()).update(("email", "code", "back"))

    tried = 0
    for action, fields in forms.items():
        for name in fields | {"other"}:
            answer = await browser.sends(action, **{name: WRITTEN[tried % len(WRITTEN)]})
            tried += 1
            assert answer.status_code == 422, f"{action} {name}: {answer.status_code}"
            assert "There is a card number in this, and we take none" in answer.text
            assert not DIGITS.search(answer.text)
    for path in (f"/?q={VISA}", "/e/4242424242424242", "/me?back=/e/4242%204242%204242%204242"):
        assert (await browser.opens(path)).status_code == 422

    out, err = capfd.readouterr()
    assert tried > 20
    assert await kept(scene) == []
    assert not DIGITS.search(out + err)
    assert ANN in await browser.reads("/me")


async def test_whoever_sends_it_in_a_header_leaves_it_nowhere(
    browser: Browser, scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    words = {"User-Agent": VISA, "Referer": f"http://voltway.test/{VISA}", "X-Note": VISA}
    for path in ("/", bay(scene), "/me", "/nowhere"):
        await browser.opens(path, **words)

    out, err = capfd.readouterr()
    assert await kept(scene) == []
    assert not DIGITS.search(out + err)


async def test_an_operator_s_note_and_the_page_keep_none(owner: Browser, scene: Scene) -> None:
    answer = await owner.sends("/console/debts/rule", reminder=VISA)

    assert answer.status_code == 422
    assert await kept(scene) == []
