"""The chart: what kind of account a path is, and which accounts stand together.

A path's first word says what it is; an id as its second stands for one of many. So
``driver:*:receivable`` is the group of all drivers' accounts, and pages and sums show groups, never
a million lines.
"""

import re
from typing import Final

from voltway.ledger.model import Account, AccountType

#: An id as the second word of a path: one driver, one host, one of many.
_ID: Final = re.compile(r"([^:]*):[^:]{8}-[^:]{4}-[^:]{4}-[^:]{4}-[^:]{12}(?=:|$)")

#: Paths with ``*`` for any one word; a path is of the first that it begins with.
CHART: Final[tuple[tuple[str, AccountType], ...]] = (
    ("driver:*:receivable", AccountType.ASSET),
    ("driver:*:prepaid", AccountType.LIABILITY),
    ("driver:*:payable", AccountType.LIABILITY),
    ("customer:*:receivable", AccountType.ASSET),
    ("fleet:*:receivable", AccountType.ASSET),
    ("partner:*:receivable", AccountType.ASSET),
    ("partner:*:payable", AccountType.LIABILITY),
    ("host:*:payable", AccountType.LIABILITY),
    ("provider:*:due", AccountType.ASSET),
    ("provider:*:payable", AccountType.LIABILITY),
    ("bank", AccountType.ASSET),
    ("revenue", AccountType.INCOME),
    ("income", AccountType.INCOME),
    ("tax", AccountType.TAX),
    ("cost", AccountType.EXPENSE),
    ("rounding", AccountType.EXPENSE),
    ("vouchers", AccountType.LIABILITY),
    ("suspense", AccountType.LIABILITY),
)

_RULES: Final = tuple((tuple(path.split(":")), kind) for path, kind in CHART)


def type_of(account: str) -> AccountType | None:
    """What kind of account this is; ``None`` where the chart does not know it."""
    words = account.split(":")
    for path, kind in _RULES:
        if len(words) >= len(path) and all(
            word in ("*", own) for word, own in zip(path, words, strict=False)
        ):
            return kind
    return None


def group_of(account: Account) -> Account:
    """The group that an account stands in. The database says the same (``account_group``)."""
    found = _ID.match(account)
    return Account(f"{found[1]}:*{account[found.end() :]}" if found else account)


def is_group(path: str) -> bool:
    """Whether a path names no single one of many."""
    return _ID.match(path) is None


def is_beneath(account: str, path: str) -> bool:
    """Whether an account is at a path or in the tree beneath it."""
    return account == path or account.startswith(f"{path}:")
