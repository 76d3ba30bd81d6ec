"""What a text says, in how many parts it travels, and which numbers take one."""

import pytest

from voltway.alerts import numbers, rules_texts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("a" * 160, 1, id="160 signs of GSM fit into one"),
        pytest.param("a" * 161, 2, id="one more does not"),
        pytest.param("a" * 306, 2, id="each of several has room for 153"),
        pytest.param("a" * 307, 3, id="and no more"),
        pytest.param("€" * 80, 1, id="a euro counts twice"),
        pytest.param("€" * 81, 2, id="and fills it so"),
        pytest.param("ж" * 70, 1, id="70 signs of another alphabet fit into one"),
        pytest.param("ж" * 71, 2, id="and no more"),
        pytest.param("\N{HIGH VOLTAGE SIGN}" + "a" * 70, 2, id="one such sign rules all"),
    ],
)
def test_a_text_travels_in_so_many_parts(text: str, parts: int) -> None:
    assert rules_texts.parts(text) == parts


def test_a_text_that_is_too_long_is_cut_and_its_page_is_not() -> None:
    page = "https://charge.example/v/" + "k" * 43

    said = rules_texts.written("Charging stopped early", "word " * 100, "Voltway Oy", page)

    assert len(said) <= rules_texts.LENGTH_MAX
    assert said.startswith("Voltway Oy: Charging stopped early. word")
    assert said.endswith(f"... {page}")


def test_sums_are_written_in_signs_that_every_phone_has() -> None:
    said = rules_texts.written("Votre reçu", "9,80\N{NO-BREAK SPACE}€ à Kamppi.", "V", "")

    assert said == "V: Votre reçu. 9,80 € à Kamppi."
    assert rules_texts.parts("V: 9,80 €") == 1


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("040 123 4567", "FI", "+358401234567"),
        ("+358 40 123 4567", "DE", "+358401234567"),
        ("0049 1512 3456789", "FI", "+4915123456789"),
        ("(650) 253-0000", "US", "+16502530000"),
    ],
)
def test_a_number_is_read_as_people_write_it(typed: str, country: str, number: str) -> None:
    assert numbers.read(typed, country) == number


@pytest.mark.parametrize(
    "typed", ["", "040", "call me", "+999 12345678", "+358 40 123 4567 ext. 5", "1" * 500]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(numbers.NotANumber, match="Write it with its country"):
        numbers.read(typed, "FI")


def test_a_fixed_line_takes_no_texts() -> None:
    with pytest.raises(numbers.TakesNoTexts, match="\\+49 30 123456 takes no texts"):
        numbers.read("+49 30 123456", "FI")
