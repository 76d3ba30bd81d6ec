"""What a credit note takes back of its original: all of it, or a part.

A part is taken of all that is left, at each rate in its proportion, in the rounding mode of the
original. So parts that are taken one after the other never take more than there was at any rate,
and the last of them leaves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from voltway.billing.documents_invoice import NET_LEADING, Allowance, Item, TaxPart, tax_of
from voltway.billing.rules_amounts import apportion, net_of
from voltway.billing.rules_invoice import ONCE, Amounts, Key
from voltway.kernel.money import Currency, Money


@dataclass(slots=True)
class _Left:
    """What is left of an original at one rate, and what there was."""

    whole_minor: int = 0
    gross_minor: int = 0
    net_minor: int = 0


def credit(
    original: Amounts,
    taken: Sequence[Amounts],
    amount_minor: int,
    currency: Currency,
    *,
    by_machine: bool,
) -> Amounts:
    """Take back so much of what is left: of the gross where gross leads, of the net where net does.

    ``taken`` is what earlier credit notes took back. ``by_machine`` has the tax as EN 16931 wants
    it, with the cent that this leaves over.
    """
    by_net = original.rounding == NET_LEADING
    left = _left(original, taken)
    whole = [each.net_minor if by_net else each.gross_minor for each in left.values()]
    assert 0 < amount_minor <= sum(whole), "the caller has looked at what is left"
    shares = apportion([Decimal(part) for part in whole], amount_minor)
    lines: list[Item] = []
    allowances: list[Allowance] = []
    taxes: list[TaxPart] = []
    for (key, at), share in zip(left.items(), shares, strict=True):
        if not share:
            continue
        net = share if by_net else _net_of(share, at, key, currency)
        tax = tax_of(net, key[1], currency) if by_machine or by_net else share - net
        exempt = next(part.exempt for part in original.taxes if (part.category, part.rate) == key)
        taxes.append(
            TaxPart(category=key[0], rate=key[1], net_minor=net, tax_minor=tax, exempt=exempt)
        )
        some, off = _lines(original, key, None if by_net else share, net, currency)
        lines += some
        allowances += off
    made = Amounts(
        rounding=original.rounding,
        lines=tuple(lines),
        allowances=tuple(allowances),
        taxes=tuple(taxes),
        total_minor=amount_minor
        if not by_net
        else sum(part.net_minor + part.tax_minor for part in taxes),
    )
    return made


def left_minor(original: Amounts, taken: Sequence[Amounts]) -> int:
    """How much can still be taken back: of the gross where gross leads, else of the net."""
    by_net = original.rounding == NET_LEADING
    left = _left(original, taken).values()
    return sum(each.net_minor if by_net else each.gross_minor for each in left)


def _left(original: Amounts, taken: Sequence[Amounts]) -> dict[Key, _Left]:
    left: dict[Key, _Left] = {}
    for sign, amounts in ((1, original), *((-1, each) for each in taken)):
        for part in amounts.taxes:
            at = left.setdefault((part.category, part.rate), _Left())
            at.net_minor += sign * part.net_minor
        for key, gross_minor in _grosses(amounts):
            left[key].gross_minor += sign * gross_minor
            left[key].whole_minor += gross_minor if sign > 0 else 0
    return left


def _grosses(amounts: Amounts) -> list[tuple[Key, int]]:
    on = [((each.category, each.rate), each.gross_minor or 0) for each in amounts.lines]
    off = [((each.category, each.rate), -(each.gross_minor or 0)) for each in amounts.allowances]
    return [*on, *off]


def _net_of(gross_minor: int, left: _Left, key: Key, currency: Currency) -> int:
    """The net of all that is taken with this part, less that of what was taken before: so parts
    are never off by more than a cent, however many there are, and together they are the whole."""
    if gross_minor == left.gross_minor:
        return left.net_minor
    rate = None if key[1] is None else Decimal(key[1])
    before = left.whole_minor - left.gross_minor
    after = net_of(Money(before + gross_minor, currency), rate)
    return after.minor - net_of(Money(before, currency), rate).minor


def _lines(
    original: Amounts, key: Key, gross_minor: int | None, net_minor: int, currency: Currency
) -> tuple[list[Item], list[Allowance]]:
    """The original's lines at one rate, each with its part of what is taken back."""
    of = [each for each in original.lines if (each.category, each.rate) == key]
    off = [each for each in original.allowances if (each.category, each.rate) == key]
    led = [each.gross_minor or 0 for each in of] if gross_minor is not None else []
    weights = led or [each.net_minor for each in of]
    less = [(each.gross_minor or 0) if gross_minor is not None else each.net_minor for each in off]
    parts = [Decimal(part) for part in (*weights, *(-part for part in less))]
    nets = apportion(parts, net_minor)
    grosses: Sequence[int | None] = (
        [None] * len(parts) if gross_minor is None else apportion(parts, gross_minor)
    )
    lines = [
        _line(*each, currency) for each in zip(of, nets[: len(of)], grosses[: len(of)], strict=True)
    ]
    allowances = [
        Allowance(
            kind=each.kind,
            reason=each.reason,
            category=each.category,
            rate=each.rate,
            net_minor=-net,
            gross_minor=None if gross is None else -gross,
        )
        for each, net, gross in zip(off, nets[len(of) :], grosses[len(of) :], strict=True)
    ]
    return lines, allowances


def _line(of: Item, net_minor: int, gross_minor: int | None, currency: Currency) -> Item:
    """A line with its part. Taken back whole, it is as it was."""
    if (net_minor, gross_minor) == (of.net_minor, of.gross_minor):
        return of
    gross = None if gross_minor is None else f"{Money(gross_minor, currency).decimal:f}"
    return Item(
        kind=of.kind,
        name=of.name,
        quantity="1",
        unit=ONCE,
        price=f"{Money(net_minor, currency).decimal:f}",
        category=of.category,
        rate=of.rate,
        net_minor=net_minor,
        gross_price=gross,
        gross_minor=gross_minor,
        reservation=of.reservation,
        session=of.session,
    )
