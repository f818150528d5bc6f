"""Saying "this is mine": who may, what it leaves behind, and that nothing is gained by asking twice."""

import asyncio
from uuid import uuid4

import pytest

from backend.accounts.rules import Actor, Role
from backend.enterprises import actions, queries, rules
from backend.enterprises.rules import EnterpriseStatus
from backend.enterprises.tables import Enterprise, Representative
from backend.kit import db
from backend.kit.errors import NotFound
from tests.conftest import NOW
from tests.guidance import make


async def registered(owner: Actor, **changed: object) -> make.Firm:
    """A firm with the owner's number, which nobody has claimed yet."""
    firm = await make.firm()
    await Representative.delete().where(Representative.enterprise == firm.id)
    await Enterprise.update({"contact_phone": owner.phone, **changed}).where(Enterprise.id == firm.id)
    return firm


async def left_behind() -> tuple[list[str], list[str]]:
    log = await db.fetch("SELECT did FROM audit_entry WHERE did = 'enterprise.claim'")
    told = await db.fetch("SELECT kind FROM notice")
    return [row["did"] for row in log], [row["kind"] for row in told]


async def test_the_registered_contact_is_tied_the_log_written_and_the_owner_told(database, woken):
    owner = await make.person(Role.OWNER)
    firm = await registered(owner)

    await actions.claim(actor=owner, enterprise_id=firm.id, now=NOW)

    assert await queries.acts_for(owner.person_id, firm.id)
    assert [card.id for card in await queries.enterprises_of(owner)] == [firm.id]
    assert await left_behind() == (["enterprise.claim"], ["enterprise.claimed"])
    assert woken


async def test_claiming_twice_is_claiming_once(database, woken):
    owner = await make.person(Role.OWNER)
    firm = await registered(owner)

    for _ in range(2):
        await actions.claim(actor=owner, enterprise_id=firm.id, now=NOW)

    assert await Representative.count().where(Representative.enterprise == firm.id) == 1
    assert await left_behind() == (["enterprise.claim"], ["enterprise.claimed"])


async def test_a_tie_that_was_ended_is_taken_up_again(database, woken):
    owner = await make.person(Role.OWNER)
    firm = await registered(owner)
    await actions.claim(actor=owner, enterprise_id=firm.id, now=NOW)
    await Representative.update({"ended_at": NOW}).where(Representative.enterprise == firm.id)
    assert [card.id for card in await queries.claimable(owner)] == [firm.id]

    await actions.claim(actor=owner, enterprise_id=firm.id, now=NOW)

    assert await queries.acts_for(owner.person_id, firm.id)
    assert len((await left_behind())[0]) == 2


async def test_somebody_elses_firm_is_not_there(database, woken):
    stranger = await make.person(Role.OWNER)
    firm = await registered(await make.person(Role.OWNER))

    for enterprise_id in (firm.id, uuid4()):
        with pytest.raises(NotFound):
            await actions.claim(actor=stranger, enterprise_id=enterprise_id, now=NOW)
        assert await queries.claimable_one(enterprise_id, viewer=stranger) is None
    assert await left_behind() == ([], [])


@pytest.mark.parametrize("status", [one for one in EnterpriseStatus if one is not EnterpriseStatus.ACTIVE])
async def test_a_firm_that_is_no_more_is_not_claimed(database, woken, status):
    owner = await make.person(Role.OWNER)
    firm = await registered(owner, status=status)

    with pytest.raises(rules.NotActive):
        await actions.claim(actor=owner, enterprise_id=firm.id, now=NOW)

    assert not await queries.claimable(owner)
    assert await left_behind() == ([], [])


async def test_twenty_taps_at_once_leave_one_tie(committed, woken):
    owner = await make.person(Role.OWNER)
    firm = await registered(owner)

    await asyncio.gather(*(actions.claim(actor=owner, enterprise_id=firm.id, now=NOW) for _ in range(20)))

    assert await Representative.count().where(Representative.enterprise == firm.id) == 1
    assert await left_behind() == (["enterprise.claim"], ["enterprise.claimed"])


async def test_looking_at_a_contact_is_logged_with_ids_alone(database):
    firm, office = await make.firm(), await make.office()

    await actions.reveal_contact(actor=office, enterprise_id=firm.id, now=NOW)

    lines = await db.fetch('SELECT did, "by", "to", detail::text AS detail FROM audit_entry')
    last = dict(lines[-1])
    assert (last["did"], last["by"], last["to"]) == ("contact.reveal", office.person_id, firm.id)
    assert firm.owner.phone not in last["detail"]


async def test_an_owner_reveals_nobodys_contact(database):
    firm = await make.firm()
    with pytest.raises(NotFound):
        await actions.reveal_contact(actor=firm.owner, enterprise_id=firm.id, now=NOW)


async def test_no_number_and_another_number_are_refused_by_the_rule():
    for contact_phone in ("", "13900000002"):
        with pytest.raises(rules.NotTheContact):
            rules.check_claim(phone="13900000001", contact_phone=contact_phone, status=EnterpriseStatus.ACTIVE)
    rules.check_claim(phone="13900000001", contact_phone="13900000001", status=EnterpriseStatus.ACTIVE)
