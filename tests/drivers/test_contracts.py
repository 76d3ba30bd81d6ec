"""Contracts: for whom a token stands, behind the wall of its party."""

import pytest

from tests.network import a_party, a_token
from voltway.drivers import actions, contracts
from voltway.drivers.contracts import (
    NameTaken,
    NoSuchContract,
    NoSuchDriver,
    NoSuchFleet,
    NotAName,
)
from voltway.runtime.work import BeginWork


async def test_a_token_stands_for_a_contract_and_so_for_its_driver_and_fleet(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        party = await a_party(work)
        token = await a_token(work, party)
        ann = await contracts.add_driver(work, party.id, "Ann", "ann@example.org")
        vans = await contracts.fleet_for(work, party.id, "Vans")
        made = await contracts.add_contract(work, party.id, "FI-VLT-C1", driver=ann.id, fleet=vans)
        same = await contracts.fleet_for(work, party.id, " Vans ")
        told = await contracts.stands_for(work, token.id, made.id)
        asked = (party.id, token.uid)
        read = (await actions.tokens_of(work, [asked]))[asked]
        after = await contracts.stands_for(work, token.id, None)

    assert vans == same
    assert told == read
    assert (read.contract, read.driver, read.fleet) == (made.id, ann.id, vans)
    assert (after.contract, after.driver, after.fleet) == (None, None, None)


async def test_another_party_s_names_are_not_there(begin: BeginWork) -> None:
    async with begin() as work:
        ours, theirs = await a_party(work), await a_party(work)
        token = await a_token(work, ours)
        driver = await contracts.add_driver(work, theirs.id, "Bo")
        fleet = await contracts.add_fleet(work, theirs.id, "Taxis")
        contract = await contracts.add_contract(work, theirs.id, "C", driver=driver.id)
        with pytest.raises(NoSuchDriver):
            await contracts.add_contract(work, ours.id, "D", driver=driver.id)
        with pytest.raises(NoSuchFleet):
            await contracts.add_contract(work, ours.id, "D", fleet=fleet.id)
        with pytest.raises(NoSuchContract):
            await contracts.stands_for(work, token.id, contract.id)
        with pytest.raises(NoSuchContract):
            await contracts.contract_named(work, ours.id, "C")


async def test_names_are_given_once_and_are_readable(begin: BeginWork) -> None:
    async with begin() as work:
        party = await a_party(work)
        await contracts.add_fleet(work, party.id, "Vans")
        await contracts.add_contract(work, party.id, "C")
        with pytest.raises(NameTaken):
            await contracts.add_fleet(work, party.id, "Vans")
        with pytest.raises(NameTaken):
            await contracts.add_contract(work, party.id, "C")
        for name in ("", " ", "a\nb", "x" * 200):
            with pytest.raises(NotAName):
                await contracts.add_driver(work, party.id, name)
