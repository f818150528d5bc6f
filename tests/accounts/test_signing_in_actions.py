import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.accounts import actions, queries, rules
from backend.accounts.rules import Role
from backend.accounts.tables import Person, Session, SignInCode
from backend.audit.tables import AuditEntry
from backend.kit.sms import Outcome
from tests.accounts import make

SECRET = b"a key of the tests, long enough to be one"
ADDRESS = "203.0.113.7"


async def ask(phone, sms, now, *, address=ADDRESS):
    return await actions.send_code(phone=phone, address=address, sms=sms, secret=SECRET, now=now)


async def enter(attempt, code, now, *, address=ADDRESS, old_secret=None):
    return await actions.enter_code(
        attempt=attempt, code=code, address=address, device="微信", old_secret=old_secret, secret=SECRET, now=now
    )


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.fixture(params=["Redis", "rows"])
def counting(request):
    """Both ways of counting: Redis, and the rows when it is away."""
    if request.param == "Redis":
        request.getfixturevalue("limiter")


async def test_a_new_number_becomes_an_owner_once_the_code_is_proven(database, sms, now):
    phone = make.phone()
    attempt = await ask(phone, sms, now)
    assert await queries.person_by_phone(phone) is None

    entered = await enter(attempt, sms.code(), now)

    assert (entered.actor.role, entered.actor.phone, entered.actor.name) == (Role.OWNER, phone, "")
    seen = await queries.session(entered.secret, now=now)
    assert seen.actor == entered.actor
    did = await AuditEntry.select(AuditEntry.did).order_by(AuditEntry.id).output(as_list=True)
    assert did[-2:] == ["person.admit", "session.open"]


async def test_neither_code_nor_session_is_kept_in_plain(database, sms, now):
    attempt = await ask(make.phone(), sms, now)
    code = sms.code()

    entered = await enter(attempt, code, now)

    kept = await SignInCode.select().where(SignInCode.id == attempt).first()
    assert kept["code_hash"] == rules.code_hash(code, attempt=attempt, secret=SECRET)
    assert code not in str({**kept, "code_hash": ""})
    assert not await Session.exists().where(Session.id_hash == entered.secret)


async def test_a_code_is_used_once(database, sms, now):
    attempt = await ask(make.phone(), sms, now)
    await enter(attempt, sms.code(), now)

    with pytest.raises(rules.CodeSpent):
        await enter(attempt, sms.code(), now)


@pytest.mark.parametrize(("seconds", "holds"), [(299, True), (300, False), (86400, False)])
async def test_a_code_holds_for_five_minutes(database, sms, now, seconds, holds):
    attempt = await ask(make.phone(), sms, now)
    later = now + timedelta(seconds=seconds)

    if holds:
        assert (await enter(attempt, sms.code(), later)).secret
    else:
        with pytest.raises(rules.CodeSpent):
            await enter(attempt, sms.code(), later)


async def test_the_fifth_wrong_try_spends_the_code(database, sms, now):
    attempt = await ask(make.phone(), sms, now)
    code = sms.code()

    for left in (4, 3, 2, 1):
        with pytest.raises(rules.CodeWrong, match=f"还可以试{left}次"):
            await enter(attempt, wrong(code), now)
    with pytest.raises(rules.CodeSpent):
        await enter(attempt, wrong(code), now)

    with pytest.raises(rules.CodeSpent):
        await enter(attempt, code, now)


async def test_what_is_no_code_costs_no_try(database, sms, now):
    attempt = await ask(make.phone(), sms, now)

    for _ in range(9):
        with pytest.raises(rules.CodeIncomplete):
            await enter(attempt, "12345", now)

    assert (await enter(attempt, sms.code(), now)).secret


async def test_a_code_opens_only_the_attempt_it_was_sent_for(database, sms, now):
    """Whoever asks for a code for somebody else's number can neither use nor use up that person's own."""
    phone = make.phone()
    strangers = await ask(phone, sms, now)
    own = await ask(phone, sms, now + timedelta(seconds=61))
    code = sms.code()

    with pytest.raises(rules.CodeWrong):
        await enter(strangers, code, now + timedelta(seconds=62))
    assert (await enter(own, code, now + timedelta(seconds=63))).actor.phone == phone
    with pytest.raises(rules.CodeSpent):
        await enter(uuid4(), code, now)


@pytest.mark.usefixtures("counting")
async def test_the_next_code_waits_a_minute(database, sms, now):
    phone = make.phone()
    await ask(phone, sms, now)

    with pytest.raises(rules.TooOften, match="今天 09:01"):
        await ask(phone, sms, now + timedelta(seconds=59))

    assert await ask(phone, sms, now + timedelta(seconds=60))


@pytest.mark.usefixtures("counting")
async def test_a_number_gets_five_codes_an_hour(database, sms, now):
    phone = make.phone()
    for minutes in (0, 2, 4, 6, 8):
        await ask(phone, sms, now + timedelta(minutes=minutes))

    with pytest.raises(rules.TooOften, match="今天 10:00"):
        await ask(phone, sms, now + timedelta(minutes=10))
    assert await ask(make.phone(), sms, now + timedelta(minutes=10))

    assert await ask(phone, sms, now + timedelta(minutes=60))


@pytest.mark.usefixtures("counting")
async def test_codes_that_were_used_do_not_count(database, sms, now):
    phone = make.phone()

    for seconds in range(12):
        attempt = await ask(phone, sms, now + timedelta(seconds=seconds))
        await enter(attempt, sms.code(), now + timedelta(seconds=seconds))

    assert len(sms.sent) == 12


@pytest.mark.usefixtures("counting")
async def test_an_address_cannot_ask_for_everybody(database, sms, now, monkeypatch):
    tight = tuple(
        quota if not quota.by_address else rules.Quota("code_address_hour", 3, quota.window, by_address=True)
        for quota in rules.SEND_QUOTAS
    )
    monkeypatch.setattr(rules, "SEND_QUOTAS", tight)
    for _ in range(3):
        await ask(make.phone(), sms, now, address="2001:db8::1")

    with pytest.raises(rules.TooOften):
        await ask(make.phone(), sms, now, address="2001:db8::ffff")  # the same household

    assert await ask(make.phone(), sms, now, address="2001:db8:0:1::1")


@pytest.mark.usefixtures("counting")
async def test_ten_wrong_tries_in_an_hour_lock_the_number_and_say_until_when(database, sms, now):
    phone = make.phone()
    for minutes in (0, 2):
        attempt, at = await ask(phone, sms, now + timedelta(minutes=minutes)), now + timedelta(minutes=minutes)
        for _ in range(5):
            with pytest.raises((rules.CodeWrong, rules.CodeSpent)):
                await enter(attempt, wrong(sms.code()), at)

    with pytest.raises(rules.TooOften, match="今天 10:00"):
        await ask(phone, sms, now + timedelta(minutes=4))
    assert len(sms.sent) == 2

    assert await ask(phone, sms, now + timedelta(minutes=63))


async def test_a_gateway_that_does_not_take_the_message_is_told_in_words(database, sms, now):
    sms.outcome = Outcome.FAILED

    with pytest.raises(rules.SmsFailed, match="1分钟"):
        await ask(make.phone(), sms, now)


async def test_a_number_known_and_one_unknown_are_answered_alike(database, sms, now):
    known = await make.owner()

    first, second = await ask(known.phone, sms, now), await ask(make.phone(), sms, now)

    texts = [text for _, text in sms.sent]
    assert type(first) is type(second)
    assert len({len(text) for text in texts}) == 1


async def test_somebody_put_out_of_action_learns_so_only_with_the_code(database, sms, now):
    owner = await make.owner()
    await Person.update({Person.active: False}).where(Person.id == owner.person_id)
    attempt = await ask(owner.phone, sms, now)

    with pytest.raises(rules.Inactive):
        await enter(attempt, sms.code(), now)

    assert not await Session.exists().where(Session.person == owner.person_id)


async def test_the_session_that_the_browser_brought_ends(database, sms, now):
    owner = await make.owner()
    planted = await actions.open_session(person_id=owner.person_id, grant_id=owner.grant_id, device="", now=now)
    attempt = await ask(owner.phone, sms, now)

    entered = await enter(attempt, sms.code(), now, old_secret=planted)

    assert entered.secret != planted
    assert await queries.session(planted, now=now) is None
    assert await queries.session(entered.secret, now=now)


async def test_one_comes_back_to_the_desk_one_sat_at_last(database, sms, now):
    officer = await make.official()
    office = await actions.admit(phone=officer.phone, role=Role.GUIDANCE_OFFICE, department="guidance_office", now=now)
    await actions.open_session(person_id=office.person_id, grant_id=office.grant_id, device="", now=now)
    attempt = await ask(officer.phone, sms, now)

    entered = await enter(attempt, sms.code(), now)

    assert entered.desks == 2
    assert entered.actor.grant_id == office.grant_id


async def test_an_official_without_a_desk_comes_in_as_an_owner(database, sms, now):
    officer = await make.official()
    await actions.revoke(grant_id=officer.grant_id, by=None, now=now)
    attempt = await ask(officer.phone, sms, now)

    entered = await enter(attempt, sms.code(), now)

    assert (entered.actor.person_id, entered.actor.role) == (officer.person_id, Role.OWNER)


@pytest.mark.usefixtures("limiter")
async def test_of_two_who_enter_the_same_code_at_once_one_gets_in(committed, sms, now):
    phone = make.phone()
    attempt = await ask(phone, sms, now)

    results = await asyncio.gather(*[enter(attempt, sms.code(), now) for _ in range(4)], return_exceptions=True)

    assert sum(isinstance(one, rules.CodeSpent) for one in results) == 3
    assert await Session.count() == 1


@pytest.mark.usefixtures("counting")
async def test_many_asking_at_once_for_one_number_get_one_code(committed, sms, now):
    phone = make.phone()

    results = await asyncio.gather(*[ask(phone, sms, now) for _ in range(8)], return_exceptions=True)

    assert sum(isinstance(one, rules.TooOften) for one in results) == 7
    assert len(sms.sent) == 1
