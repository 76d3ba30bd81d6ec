"""What each payment provider that we speak to does, rule by rule: ``providers/<name>.toml``.

A rule is ``done``, and says which test shows it; or ``todo`` or ``exempt``, and says why. Tests
hold the cards to the code. ``python -m voltway.payments.scorecards`` writes the page for operators.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Literal

import msgspec

NAMES: Final = ("simulated", "stripe", "mollie")

#: Every rule there is, in the order of the page.
RULES: Final[Mapping[str, str]] = {
    "hosted_page": "The driver pays on the provider's own page",
    "wallets": "Apple Pay and Google Pay on that page",
    "local_methods": "Local methods on that page",
    "try_again": "A declined card may be followed by another on the same page",
    "saved_methods": "A method is saved once and charged later without its driver",
    "partial_capture": "What was used is taken; the rest of the hold is let go",
    "many_captures": "One hold is taken from several times",
    "increments": "A hold grows while the car charges",
    "void": "A hold is let go, also before it was paid",
    "expiry": "A hold that ran out is seen as such",
    "refunds": "Money goes back, in parts or all of it",
    "late_failed_refunds": "A refund that a bank sends back days later is heard of",
    "disputes": "What a bank takes back is read",
    "evidence": "Evidence against it is sent to the bank, once",
    "keys": "An order asked twice is done once, also when its key was forgotten",
    "silence": "No answer is no answer: it is found out what was done",
    "webhooks": "What it tells by itself is verified, kept once, and looked at",
    "currencies": "Amounts in currencies whose smallest unit is no hundredth",
    "balance": "Its moves, fees and payouts are read",
    "transfers": "Shares are sent to the accounts of hosts",
    "terminals": "Card terminals at the place",
    "faults": "The matrix of faults is passed",
}

#: Rules that the provider's capabilities tell as well.
CAPABILITIES: Final[Mapping[str, str]] = {
    "hosted_page": "hosted_page",
    "try_again": "tries_again",
    "saved_methods": "saved_methods",
    "partial_capture": "partial_capture",
    "increments": "increments",
    "refunds": "partial_refund",
    "late_failed_refunds": "failed_refunds",
    "disputes": "disputes",
    "evidence": "evidence",
    "balance": "balance",
    "transfers": "transfers",
    "terminals": "readers",
    "webhooks": "webhooks",
}


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    status: Literal["done", "todo", "exempt"]
    shown_by: str = ""
    why: str = ""


def card(name: str) -> dict[str, Rule]:
    """The scorecard of a provider."""
    text = files("voltway.payments.providers").joinpath(f"{name}.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Rule])


def rendered() -> str:
    """``docs/operating/payment-scorecards.md``."""
    cards = {name: card(name) for name in NAMES}
    lines = [
        "# What each payment provider does",
        "",
        "Each rule is done, to do, or exempt; below stands why it is not done. The tests hold this",
        "page to the code. It is written by `python -m voltway.payments.scorecards`.",
        "",
        "| rule | " + " | ".join(NAMES) + " |",
        "|---|" + "---|" * len(NAMES),
    ]
    for rule, words in RULES.items():
        lines.append(
            f"| {words} | " + " | ".join(cards[name][rule].status for name in NAMES) + " |"
        )
    for name in NAMES:
        lines += ["", f"## {name}", ""]
        lines += [
            f"- {RULES[rule]}: **{scored.status}**. {scored.why}"
            for rule, scored in cards[name].items()
            if scored.status != "done"
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(rendered(), end="")  # noqa: T201 - this is the command's output
