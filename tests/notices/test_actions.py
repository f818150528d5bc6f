from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.accounts.rules import Role
from backend.accounts.tables import Session
from backend.audit.tables import AuditEntry
from backend.kit import db, sms
from backend.kit.clock import at_beijing
from backend.kit.errors import NotFound
from backend.notices import actions, rules
from backend.notices.rules import Group, NoticeState, Outcome
from backend.notices.tables import Delivery, Mute, Notice, PushSubscription
from tests.notices import make
from tests.notices.make import PushSpy, SmsSpy

pytestmark = pytest.mark.usefixtures("database", "woken")


async def test_telling_several_people_writes_a_row_for_each_and_wakes_the_sender_once(woken: list[str], now: datetime):
    owner, officer = await make.person(), await make.person(Role.OFFICER)
    about = uuid4()

    await actions.tell(
        [owner.person_id, officer.person_id, owner.person_id],
        kind="visit.accepted",
        about=about,
        path=f"/guidance/visits/{about}",
        facts=make.FACTS,
        now=now,
    )

    told = await Notice.select().where(Notice.about == about)
    assert {row["person"] for row in told} == {owner.person_id, officer.person_id}
    assert {(row["state"], row["due_at"], row["read_at"]) for row in told} == {("queued", now, None)}
    assert woken == ["send_due_notices"]


async def test_saying_it_twice_is_harmless_and_another_turn_is_another_notice(now: datetime):
    owner, about = await make.person(), uuid4()

    for turn in (1, 1, 2):
        await make.told(owner, kind="visit.rescheduled", about=about, turn=turn)

    assert await Notice.count().where(Notice.about == about) == 2


async def test_nothing_is_told_and_nobody_woken_when_the_change_is_taken_back(woken: list[str], now: datetime):
    owner, about = await make.person(), uuid4()

    async def change_and_fail() -> None:
        async with db.transaction():
            await make.told(owner, about=about)
            raise NotFound

    with pytest.raises(NotFound):
        await change_and_fail()

    assert not await Notice.exists().where(Notice.about == about)
    assert woken == []


async def test_urgent_kinds_wake_their_own_lane(woken: list[str]):
    owner = await make.person()

    await make.told(owner, kind="visit.arrived")

    assert woken == ["send_urgent_notices"]


async def test_telling_works_from_inside_the_guidance_desk(now: datetime):
    owner = await make.person()

    async with db.transaction(desk=db.Desk.GUIDANCE):
        notice_id = await make.told(owner)

    assert (await make.state(notice_id))["kind"] == "visit.accepted"


async def test_what_is_told_at_night_is_due_in_the_morning_unless_urgent(now: datetime):
    owner, night = await make.person(), at_beijing(now.date(), 22)

    quiet = await make.told(owner, now=night)
    urgent = await make.told(owner, kind="visit.arrived", now=night)

    assert (await make.state(quiet))["due_at"] == at_beijing(now.date() + timedelta(days=1), 8)
    assert (await make.state(urgent))["due_at"] == night


async def test_a_claim_leases_counts_and_leaves_the_other_lane_alone(now: datetime):
    owner = await make.person()
    ordinary, urgent = await make.told(owner), await make.told(owner, kind="visit.arrived")

    first = await actions.claim_due(urgent=False, limit=50, now=now)
    again = await actions.claim_due(urgent=False, limit=50, now=now + timedelta(minutes=4, seconds=59))
    after_lease = await actions.claim_due(urgent=False, limit=50, now=now + rules.LEASE)

    assert [one.id for one in first] == [ordinary]
    assert [one.attempts for one in first + after_lease] == [1, 2]
    assert again == []
    assert [one.id for one in await actions.claim_due(urgent=True, limit=50, now=now)] == [urgent]


async def test_a_notice_that_kills_its_worker_six_times_is_buried_by_the_seventh_claim(now: datetime):
    owner = await make.person()
    notice_id = await make.told(owner)

    claims = [await actions.claim_due(urgent=False, limit=9, now=now + n * rules.LEASE) for n in range(8)]

    assert [len(one) for one in claims] == [1, 1, 1, 1, 1, 1, 0, 0]
    buried = await make.state(notice_id)
    assert (buried["state"], buried["attempts"]) == (NoticeState.DEAD, 6)
    assert "中断" in buried["why"]
    assert buried["ended_at"] == now + 6 * rules.LEASE


async def test_a_taken_push_ends_the_notice_and_leaves_a_receipt(now: datetime):
    owner = await make.person()
    phone, notice_id = await make.device(owner), await make.told(owner)

    push, sms_spy = await make.deliver_once()

    ((device, message),) = push.sent
    assert device.id == phone
    assert message.url == f"https://t.example/notices/{notice_id}"
    assert message.body.startswith("11月25日 周三上午")
    assert sms_spy.sent == []
    ended = await make.state(notice_id)
    assert (ended["state"], ended["ended_at"], ended["leased_until"], ended["why"]) == ("sent", now, None, "")
    (receipt,) = await Delivery.select().where(Delivery.notice == notice_id)
    assert (receipt["rung"], receipt["device"], receipt["outcome"], receipt["status"]) == ("push", phone, "taken", 201)


async def test_a_browser_that_was_signed_out_anywhere_falls_silent(now: datetime):
    owner = await make.person()
    lost, kept = await make.device(owner), await make.device(owner)
    await make.device(owner, lasts=timedelta(0))
    await Session.delete().where(Session.id_hash == lost.hex)
    await make.told(owner)

    push, _ = await make.deliver_once()

    assert [device.id for device, _ in push.sent] == [kept]


async def test_without_a_device_the_inbox_is_all_and_that_is_an_end():
    owner = await make.person()
    notice_id = await make.told(owner)

    push, sms_spy = await make.deliver_once()

    assert (push.sent, sms_spy.sent) == ([], [])
    assert (await make.state(notice_id))["state"] == NoticeState.SHOWN


async def test_a_closed_account_is_not_rung():
    owner = await make.person(active=False)
    await make.device(owner)
    notice_id = await make.told(owner, kind="visit.opinion_issued")

    push, sms_spy = await make.deliver_once()

    assert (push.sent, sms_spy.sent) == ([], [])
    assert (await make.state(notice_id))["state"] == NoticeState.SHOWN


async def test_a_browser_that_is_gone_is_forgotten_and_the_others_are_told():
    owner = await make.person()
    gone, here = await make.device(owner), await make.device(owner)
    notice_id = await make.told(owner)

    await make.deliver_once(push=PushSpy(Outcome.GONE, Outcome.TAKEN))

    left = await PushSubscription.select(PushSubscription.id).where(PushSubscription.person == owner.person_id)
    assert [row["id"] for row in left] == [here]
    assert gone != here
    assert (await make.state(notice_id))["state"] == NoticeState.SENT


async def test_a_failure_comes_back_after_a_minute_and_dies_after_the_sixth(now: datetime):
    owner = await make.person()
    await make.device(owner)
    notice_id = await make.told(owner)
    at, waits = now, []

    for _ in range(6):
        await make.deliver_once(push=PushSpy(Outcome.FAILED), now=at)
        row = await make.state(notice_id)
        waits.append(int((row["due_at"] - at).total_seconds() // 60))
        at = row["due_at"]

    assert waits == [1, 2, 4, 8, 16, 0]
    assert (row["state"], row["attempts"], row["why"]) == ("dead", 6, "推送服务没有接收")
    assert await Delivery.count().where(Delivery.notice == notice_id) == 6


async def test_a_retry_that_would_ring_at_night_waits_for_the_morning(now: datetime):
    owner = await make.person()
    await make.device(owner)
    evening = at_beijing(now.date(), 20, 59)
    notice_id = await make.told(owner, now=evening)

    await make.deliver_once(push=PushSpy(Outcome.FAILED), now=evening)

    assert (await make.state(notice_id))["due_at"] == at_beijing(now.date() + timedelta(days=1), 8)


async def test_an_sms_goes_out_when_no_device_took_a_kind_that_says_so():
    owner = await make.person()
    await make.device(owner)
    notice_id = await make.told(owner, kind="visit.opinion_issued")

    _, sms_spy = await make.deliver_once(push=PushSpy(Outcome.FAILED))

    ((to, text, key),) = sms_spy.sent
    assert to == owner.phone
    assert text == f"书面意见出来了，请看一看并确认。https://t.example/notices/{notice_id}"
    assert str(notice_id) in key
    assert (await make.state(notice_id))["state"] == NoticeState.SENT


async def test_a_gateway_that_is_down_is_tried_again_and_one_that_refuses_is_not():
    owner = await make.person()
    later, never = [await make.told(owner, kind="visit.opinion_issued") for _ in range(2)]
    batch = {one.id: one for one in await actions.claim_due(urgent=False, limit=9, now=make.NOW)}

    for notice_id, outcome in ((later, sms.Outcome.FAILED), (never, sms.Outcome.REFUSED)):
        await actions.deliver(
            [batch[notice_id]], push=PushSpy(), sms=SmsSpy(outcome), base_url="https://t.example", now=make.NOW
        )

    assert (await make.state(later))["state"] == NoticeState.QUEUED
    assert (await make.state(never))["state"] == NoticeState.DEAD


async def test_one_that_breaks_the_program_does_not_stop_those_sent_with_it():
    broken, well = await make.person(), await make.person()
    await make.device(broken)
    await make.device(well)
    ids = [await make.told(broken), await make.told(well)]
    batch = sorted(await actions.claim_due(urgent=False, limit=9, now=make.NOW), key=lambda one: ids.index(one.id))

    push = PushSpy(RuntimeError("a bug"), Outcome.TAKEN)
    await actions.deliver(batch, push=push, sms=SmsSpy(), base_url="https://t.example", now=make.NOW)

    states = [await make.state(one) for one in ids]
    assert [row["state"] for row in states] == [NoticeState.QUEUED, NoticeState.SENT]
    assert "RuntimeError" in states[0]["why"]


async def test_a_text_that_its_facts_do_not_fill_is_dead_at_once_and_says_why():
    owner = await make.person()
    notice_id = await make.told(owner)
    await Notice.update({Notice.facts: {}}).where(Notice.id == notice_id)

    await make.deliver_once()

    row = await make.state(notice_id)
    assert row["state"] == NoticeState.DEAD
    assert "模板" in row["why"]


async def test_an_ending_is_written_once_even_when_a_slow_worker_comes_back(now: datetime):
    owner = await make.person()
    await make.device(owner)
    notice_id = await make.told(owner)
    slow = await actions.claim_due(urgent=False, limit=9, now=now)
    later = now + rules.LEASE

    await make.deliver_once(now=later)
    await actions.deliver(slow, push=PushSpy(Outcome.REFUSED), sms=SmsSpy(), base_url="https://t.example", now=later)

    assert (await make.state(notice_id))["state"] == NoticeState.SENT


async def test_a_silenced_group_does_not_ring_but_statutory_kinds_do():
    owner = await make.person()
    await make.device(owner)
    await actions.mute(actor=owner, group=Group.TODO, muted=True)
    quiet, loud = await make.told(owner, kind="visit.rate_please"), await make.told(owner, kind="visit.opinion_issued")

    push, _ = await make.deliver_once()

    assert [message.url.rsplit("/", 1)[1] for _, message in push.sent] == [str(loud)]
    assert (await make.state(quiet))["state"] == NoticeState.SHOWN


async def test_muting_is_taken_back_and_a_group_of_nothing_but_statutory_kinds_could_not_be_muted():
    owner = await make.person()

    for muted in (True, True, False):
        await actions.mute(actor=owner, group=Group.PROGRESS, muted=muted)

    rows = await Mute.select(Mute.muted).where(Mute.person == owner.person_id)
    assert rows == [{"muted": False}]


async def test_the_badge_on_the_phone_counts_what_is_still_to_do():
    owner = await make.person()
    await make.device(owner)
    for kind in ("visit.rate_please", "visit.opinion_issued", "visit.accepted"):
        await make.told(owner, kind=kind)

    push, _ = await make.deliver_once()

    assert {message.badge for _, message in push.sent} == {2}


async def test_what_fell_due_before_the_night_and_was_not_sent_waits_for_the_morning(now: datetime):
    owner = await make.person()
    evening, night = at_beijing(now.date(), 20, 50), at_beijing(now.date(), 23)
    ordinary, urgent = await make.told(owner, now=evening), await make.told(owner, kind="visit.arrived", now=evening)

    await actions.hold_until_morning(now=evening)
    assert (await make.state(ordinary))["due_at"] == evening
    await actions.hold_until_morning(now=night)

    assert (await make.state(ordinary))["due_at"] == at_beijing(now.date() + timedelta(days=1), 8)
    assert (await make.state(urgent))["due_at"] == evening


async def test_an_administrator_gives_a_dead_notice_new_attempts_and_the_log_says_who(woken: list[str], now: datetime):
    admin, owner = await make.person(Role.SYSTEM_ADMIN), await make.person()
    await make.device(owner)
    notice_id = await make.told(owner)
    await make.deliver_once(push=PushSpy(Outcome.REFUSED))
    woken.clear()

    await actions.send_again(by=admin.person_id, notice_id=notice_id, now=now)

    row = await make.state(notice_id)
    assert (row["state"], row["attempts"], row["ended_at"]) == (NoticeState.QUEUED, 0, None)
    entry = await AuditEntry.select(AuditEntry.by, AuditEntry.did).where(AuditEntry.to == notice_id).first()
    assert entry == {"by": admin.person_id, "did": "notice.send_again"}
    assert woken == ["send_due_notices"]
    with pytest.raises(rules.NotDead):
        await actions.send_again(by=admin.person_id, notice_id=notice_id, now=now)
    await make.deliver_once()
    assert (await make.state(notice_id))["state"] == NoticeState.SENT


async def test_opening_a_notice_marks_it_read_and_leads_on_for_its_owner_only(now: datetime):
    owner, stranger = await make.person(), await make.person()
    notice_id = await make.told(owner)

    assert await actions.open_notice(actor=owner, notice_id=notice_id, now=now) == "/guidance"
    assert await actions.open_notice(actor=owner, notice_id=notice_id, now=now + timedelta(hours=1)) == "/guidance"

    assert (await make.state(notice_id))["read_at"] == now
    with pytest.raises(NotFound):
        await actions.open_notice(actor=stranger, notice_id=notice_id, now=now)


async def test_reading_a_drawer_leaves_the_others_and_other_people_unread(now: datetime):
    owner, other = await make.person(), await make.person()
    todo, progress = await make.told(owner, kind="visit.rate_please"), await make.told(owner)
    others = await make.told(other, kind="visit.rate_please")

    await actions.read_group(actor=owner, group=Group.TODO, now=now)

    read = [(await make.state(one))["read_at"] for one in (todo, progress, others)]
    assert read == [now, None, None]


async def remember(actor, endpoint: str, *, at: datetime = make.NOW) -> None:
    await actions.remember_device(
        actor=actor,
        session="",
        endpoint=endpoint,
        p256dh=make.P256DH,
        auth=make.AUTH,
        device="Chrome",
        hosts=("fcm.googleapis.com",),
        now=at,
    )


async def devices(person_id: UUID) -> list[str]:
    rows = PushSubscription.select(PushSubscription.endpoint).where(PushSubscription.person == person_id)
    return sorted(row["endpoint"] for row in await rows)


async def test_a_browser_belongs_to_who_signed_in_last(now: datetime):
    one, next_one = await make.person(), await make.person()
    endpoint = "https://fcm.googleapis.com/fcm/send/1"

    for actor in (one, one, next_one):
        await remember(actor, endpoint)

    assert await devices(one.person_id) == []
    assert await devices(next_one.person_id) == [endpoint]
    assert await AuditEntry.count().where(AuditEntry.did == "device.add") >= 1


async def test_the_browser_not_seen_for_longest_gives_way_to_the_eleventh(now: datetime):
    owner = await make.person()

    for number in range(12):
        await remember(owner, f"https://fcm.googleapis.com/{number:02}", at=now + timedelta(minutes=number))

    assert [one[-2:] for one in await devices(owner.person_id)] == [f"{number:02}" for number in range(2, 12)]


async def test_an_address_inside_is_not_remembered():
    owner = await make.person()

    with pytest.raises(rules.EndpointRefused):
        await remember(owner, "https://169.254.169.254/latest/meta-data")

    assert await devices(owner.person_id) == []


async def test_forgetting_a_browser_is_for_its_owner_and_harmless_twice(now: datetime):
    owner, stranger = await make.person(), await make.person()
    endpoint = "https://fcm.googleapis.com/fcm/send/2"
    await remember(owner, endpoint)

    await actions.forget_device(actor=stranger, endpoint=endpoint, now=now)
    assert await devices(owner.person_id) == [endpoint]
    for _ in range(2):
        await actions.forget_device(actor=owner, endpoint=endpoint, now=now)

    assert await devices(owner.person_id) == []


async def test_a_test_notice_goes_the_whole_real_way(woken: list[str], now: datetime):
    owner = await make.person()
    await make.device(owner)

    for _ in range(2):
        await actions.send_test(actor=owner, path="/notices/bell", now=now)
    push, _ = await make.deliver_once(urgent=True)

    assert [message.title for _, message in push.sent] == ["测试通知收到了"] * 2
    assert len({message.tag for _, message in push.sent}) == 2
    assert woken == ["send_urgent_notices"] * 2
