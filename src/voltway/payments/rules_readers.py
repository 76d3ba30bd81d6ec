"""What a reader's own words make of a payment at it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltway.payments.model_readers import ReaderUse, Stage
from voltway.payments.provider import Declined
from voltway.payments.provider_more import ReaderNo, ReaderSeen

#: So long an answer may be on its way; until then what a reader showed before says nothing.
ANSWERS_WITHIN: Final = timedelta(seconds=15)


def answered(use: ReaderUse, answer: ReaderSeen | Declined, hold: str, now: datetime) -> ReaderUse:
    """The use after the answer to an order to show its hold."""
    if use.stage is Stage.LEAVING:
        return use
    if not isinstance(answer, Declined):
        return seen(use, answer, hold, now)
    no = ReaderNo(answer.code) if answer.code in set(ReaderNo) else ReaderNo.FAILED
    if no is ReaderNo.SILENT:  # it may show it all the same: a look tells
        return replace(use, stage=Stage.ASKING, trouble=no)
    return stopped(use, no)


def seen(use: ReaderUse, reader: ReaderSeen, hold: str, now: datetime) -> ReaderUse:
    """The use after a look at its reader."""
    ours = reader.hold == hold
    if use.stage is Stage.LEAVING:
        return use
    if ours and reader.is_showing and reader.is_online:
        return replace(use, stage=Stage.SHOWING, trouble=None)
    on_its_way = use.trouble is None and now - use.asked_at < ANSWERS_WITHIN
    if use.stage is Stage.STOPPED or (use.stage is Stage.ASKING and on_its_way):
        return use
    if not reader.is_online:
        return stopped(use, ReaderNo.OFFLINE)
    if ours:
        # Where it has succeeded, the hold itself tells.
        return use if reader.no is None else stopped(use, reader.no)
    return stopped(use, use.trouble or ReaderNo.REPLACED)


def stopped(use: ReaderUse, no: ReaderNo) -> ReaderUse:
    return replace(use, stage=Stage.STOPPED, trouble=no)
