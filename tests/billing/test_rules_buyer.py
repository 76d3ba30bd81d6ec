"""A company tells who it is, and a VAT id that cannot be its own is refused with the reason."""

from dataclasses import asdict, replace

import pytest

from voltway.billing.rules_buyer import (
    BuyerNotComplete,
    BuyerTextNotValid,
    GivenBuyer,
    VatIdNotValid,
    VatIdOfAnotherCountry,
    buyer_of,
    country_of,
    vat_id_of,
)
from voltway.billing.rules_tax import Supply, is_reverse_charge

GIVEN = GivenBuyer(
    name="Muster & Söhne GmbH",
    street="Weg 1",
    postal_code="10115",
    city="Berlin",
    country="DE",
    vat_id="DE 136 695 976",
    email="buch@muster.example",
    reference="PO-7",
)

#: One valid id of each member, from the documentation of python-stdnum and the tax offices.
VALID = {
    "AT": "ATU13585627",
    "BE": "BE0403019261",
    "BG": "BG175074752",
    "CY": "CY10259033P",
    "CZ": "CZ25123891",
    "DE": "DE136695976",
    "DK": "DK13585628",
    "EE": "EE100931558",
    "ES": "ESB58378431",
    "FI": "FI20774740",
    "FR": "FR40303265045",
    "GR": "EL094259216",
    "HR": "HR33392005961",
    "HU": "HU12892312",
    "IE": "IE6433435F",
    "IT": "IT00743110157",
    "LT": "LT119511515",
    "LU": "LU15027442",
    "LV": "LV40003521600",
    "MT": "MT11679112",
    "NL": "NL004495445B01",
    "PL": "PL8567346215",
    "PT": "PT501964843",
    "RO": "RO18547290",
    "SE": "SE123456789701",
    "SI": "SI50223054",
    "SK": "SK2022749619",
    "GB": "GB980780684",
    "CH": "CHE107787577IVA",
    "NO": "NO995525828MVA",
}


@pytest.mark.parametrize(("country", "vat_id"), VALID.items())
def test_a_vat_id_of_each_country_is_taken_as_it_is_typed(country: str, vat_id: str) -> None:
    typed = f" {vat_id[:4].lower()} {vat_id[4:7]}-{vat_id[7:]} "

    assert vat_id_of(typed, country) == vat_id
    assert country_of(vat_id) == country


@pytest.mark.parametrize("country", ["AT", "BE", "DE", "DK", "FI", "FR", "IT", "NL", "PL", "SE"])
def test_a_slip_in_one_digit_is_found(country: str) -> None:
    right = VALID[country]
    place = 8 if country == "SE" else len(right) - (4 if country == "NL" else 1)
    wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]

    with pytest.raises(VatIdNotValid, match=r"is no VAT id of|check digit"):
        vat_id_of(wrong, country)


def test_the_country_may_be_left_out() -> None:
    assert vat_id_of("136695976", "DE") == "DE136695976"
    assert vat_id_of("094259216", "GR") == "EL094259216"


@pytest.mark.parametrize(
    ("vat_id", "country"),
    [("FR40303265045", "DE"), ("DE136695976", "AT"), ("EL094259216", "CY"), ("GB980780684", "IE")],
)
def test_a_vat_id_of_another_country_than_the_address_is_refused(vat_id: str, country: str) -> None:
    with pytest.raises(VatIdOfAnotherCountry) as refused:
        vat_id_of(vat_id, country)

    assert f"{vat_id} is one of {vat_id[:2].replace('EL', 'GR')}" in str(refused.value)
    assert f"the address is in {country}" in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("us-123.45/6", "US", "US123456"),
        ("12345678901234567890", "JP", "12345678901234567890"),
        ("FR40303265045", "FR", "FR40303265045"),
    ],
)
def test_of_a_country_whose_ids_nobody_knows_the_id_is_taken_as_it_is(
    typed: str, country: str, kept: str
) -> None:
    assert vat_id_of(typed, country) == kept


@pytest.mark.parametrize(
    ("typed", "country", "why"),
    [
        ("123456789012345678901", "JP", "it is too long or has strange signs"),
        ("\u0661\u0662", "JP", "it is too long or has strange signs"),
        ("DE136695977", "DE", "its check digit is wrong"),
        ("DE13669597", "DE", "it has too few or too many signs"),
        ("DE13669597X", "DE", "it is not written as one"),
    ],
)
def test_a_vat_id_that_cannot_be_is_refused_with_the_reason(
    typed: str, country: str, why: str
) -> None:
    with pytest.raises(VatIdNotValid) as refused:
        vat_id_of(typed, country)

    assert refused.value.why == why


@pytest.mark.parametrize(
    ("vat_id", "country"),
    [("EL1", "GR"), ("GR1", None), ("NO1", "NO"), ("US1", None), ("", None), ("F", None)],
)
def test_the_country_of_a_vat_id_is_named_by_its_first_two_letters(
    vat_id: str, country: str | None
) -> None:
    assert country_of(vat_id) == country


@pytest.mark.parametrize(
    "text", ["DE", "DE1", "DE13669597X", "x" * 500, "DE" + "\u0661" * 9, "'; --"]
)
def test_what_is_no_vat_id_is_refused(text: str) -> None:
    with pytest.raises(VatIdNotValid):
        vat_id_of(text, "DE")


def test_a_buyer_is_kept_as_it_was_given() -> None:
    told = asdict(GIVEN) | {"vat_id": "DE136695976", "country": "DE"}

    buyer = buyer_of(replace(GIVEN, country=" de "))
    less = buyer_of(replace(GIVEN, vat_id=" ", email=" ", reference="", resells=True))

    assert {name: getattr(buyer, name) for name in told} == told
    assert buyer_of(replace(GIVEN, resells=True)).resells
    assert (less.vat_id, less.email, less.reference) == (None, None, None)
    assert not less.resells, "who has no VAT id is no dealer"


@pytest.mark.parametrize(
    ("field", "named"),
    [("name", "the company's name"), ("street", "the street"), ("city", "the town")],
)
def test_what_an_invoice_must_name_is_asked_for(field: str, named: str) -> None:
    with pytest.raises(BuyerNotComplete, match=f"^An invoice names its buyer: {named} is missing"):
        buyer_of(GivenBuyer(**{**asdict(GIVEN), field: " \u202e\n"}))


LONG = "at most 200 characters are taken"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "n" * 201}, f"The name is not valid: {LONG}"),
        ({"street": "s" * 201}, f"The street is not valid: {LONG}"),
        ({"postal_code": "0" * 201}, f"The postal code is not valid: {LONG}"),
        ({"city": "c" * 201}, f"The town is not valid: {LONG}"),
        ({"reference": "r" * 201}, f"The reference is not valid: {LONG}"),
        ({"email": f"a@{'b' * 199}"}, f"The e-mail address is not valid: {LONG}"),
        ({"email": "no address"}, "The e-mail address is not valid: an address such as ann@"),
        ({"country": "Germany"}, "The country is not valid: two letters, such as FI, are needed"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(BuyerTextNotValid) as refused:
        buyer_of(GivenBuyer(**{**asdict(GIVEN), **wrong}))

    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    "sign", ["\u202e", "\x00\n", "\ud800", "\ue000", "\u0378", "\u2028", "\u2029"]
)
def test_a_sign_that_cannot_be_printed_is_a_blank(sign: str) -> None:
    assert buyer_of(replace(GIVEN, name=f"A{sign}B C")).name == "A B C"


def test_a_text_may_be_as_long_as_it_may_be() -> None:
    assert buyer_of(replace(GIVEN, name="n" * 200)).name == "n" * 200


@pytest.mark.parametrize(
    ("seller", "place", "buyer", "resells", "reverse"),
    [
        pytest.param("FI", "FI", None, False, False, id="a person"),
        pytest.param("FI", "FI", "FI", False, False, id="a company at home"),
        pytest.param("FI", "FI", "DE", False, False, id="a company abroad that uses it itself"),
        pytest.param("FI", "FI", "DE", True, True, id="a dealer abroad: art. 38 and 195"),
        pytest.param("FI", "FI", "FI", True, False, id="a dealer at home"),
        pytest.param("FI", "DE", "DE", False, True, id="charged in the buyer's country: art. 39"),
        pytest.param("FI", "DE", "FR", False, False, id="charged in a third country"),
        pytest.param("FI", "FI", "GB", True, False, id="a dealer outside the union"),
        pytest.param("CH", "DE", "DE", False, True, id="a seller outside the union"),
        pytest.param("GR", "GR", "BG", True, True, id="Greece is GR and EL"),
    ],
)
def test_who_owes_the_tax(
    seller: str, place: str, buyer: str | None, resells: bool, reverse: bool
) -> None:
    supply = Supply(
        seller_country=seller,
        place_country=place,
        buyer_vat_country=buyer,
        buyer_resells=resells,
    )

    assert is_reverse_charge(supply) is reverse
