"""Signatures are judged beside the loop."""

from dataclasses import replace
from time import perf_counter

from tests.evidence.pause import a_charge, longest_pause
from voltway.evidence import actions
from voltway.evidence.model import Flaw, Verdict


async def test_the_loop_goes_on_while_many_slow_signatures_are_judged() -> None:
    question = a_charge(300)
    began = perf_counter()
    finding, pause = await longest_pause(actions.judge(question))

    assert finding.verdict is Verdict.VALID
    assert pause < (perf_counter() - began) / 2


def test_of_more_than_can_be_kept_nothing_is_valid() -> None:
    finding = actions.judged(replace(a_charge(2), is_cut=True))

    assert (finding.verdict, finding.flaws) == (Verdict.INVALID, (Flaw.TOO_LARGE,))
