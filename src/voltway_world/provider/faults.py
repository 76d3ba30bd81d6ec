"""Switches that make the provider misbehave in the ways that real ones do."""

import random
from typing import Literal, TypeAlias

import msgspec

Place: TypeAlias = Literal[
    "capture", "hold", "void", "refund", "grow", "transfer", "show", "evidence", "get", "webhook"
]
Kind: TypeAlias = Literal[
    "timeout_before",
    "timeout_after",
    "error_500",
    "error_500_after",
    "reset_connection",
    "reset_connection_after",
    "webhook_doubled",
    "webhook_late",
    "webhook_lost",
]


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One rule. Without ``times`` it strikes until it is deleted."""

    on: Place
    kind: Kind
    times: int | None = None
    seconds: float = 30.0
    p: float = 1.0
    seed: int = 0

    @property
    def strikes_after(self) -> bool:
        """Whether the effect has happened before the answer gets lost."""
        return self.kind.endswith("_after")


class Faults:
    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self._dice: list[random.Random] = []

    def set(self, rules: list[Fault]) -> None:
        self.rules = rules
        self._dice = [random.Random(rule.seed) for rule in rules]

    def draw(self, place: Place) -> Fault | None:
        """The fault that strikes now, if any; it is used up by one."""
        for rule, dice in zip(self.rules, self._dice, strict=True):
            if rule.on != place or rule.times == 0 or dice.random() >= rule.p:
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule
        return None
