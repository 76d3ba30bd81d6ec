"""What a person keeps of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Details:
    """``company``: what they typed for invoices, by the names of that form; empty where nothing is
    kept. ``always``: each charge of theirs gets such an invoice. ``needs``: the names of filters
    that hold at every place."""

    company: Mapping[str, str] = field(default_factory=dict)
    always: bool = False
    needs: tuple[str, ...] = ()
