from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from backend.accounts.rules import Role
from backend.kit.paging import PAGE, cursor
from backend.notices import actions, queries, rules
from backend.notices.rules import Group, Outcome
from backend.notices.tables import Notice
from tests.notices import make
from tests.notices.make import PushSpy

pytestmark = pytest.mark.usefixtures("database", "woken")


async def test_unread_counts_the_viewer_s_own_up_to_a_hundred():
    owner, other = await make.person(), await make.person()
    for _ in range(3):
        await make.told(owner)
    await make.told(other)
    opened = await make.told(owner)
    await actions.open_notice(actor=owner, notice_id=opened, now=make.NOW)

    assert await queries.unread(owner.person_id) == 3
    facts = {"kind": "visit.accepted", "facts": make.FACTS, "path": "/", "created_at": make.NOW, "due_at": make.NOW}
    await Notice.insert(*(Notice(**facts, person=owner.person_id, about=uuid4()) for _ in range(150)))

    assert await queries.unread(owner.person_id) == 100


async def test_the_inbox_holds_the_viewer_s_notices_of_one_group_newest_first(now: datetime):
    owner, other = await make.person(), await make.person()
    older, newer = [await make.told(owner, now=now + timedelta(minutes=minute)) for minute in (0, 1)]
    await make.told(owner, kind="visit.rate_please")
    await make.told(other)

    page = await queries.inbox(viewer=owner, group=Group.PROGRESS, after=None, now=now + timedelta(hours=1))

    assert [card.id for card in page.items] == [newer, older]
    assert page.next is None
    assert page.items[0].title == "预约已受理，时间定了"
    assert page.items[0].when == "今天 09:01"
    assert not page.items[0].read


async def test_pages_of_the_inbox_neither_skip_nor_repeat_even_at_the_same_moment(now: datetime):
    owner = await make.person()
    ids = {await make.told(owner) for _ in range(2 * PAGE + 3)}

    seen, after, sizes = [], None, []
    while True:
        page = await queries.inbox(viewer=owner, group=Group.PROGRESS, after=after, now=now)
        seen += [card.id for card in page.items]
        sizes.append(len(page.items))
        if (after := page.next) is None:
            break

    assert sizes == [PAGE, PAGE, 3]
    assert len(seen) == len(set(seen))
    assert set(seen) == ids


@pytest.mark.parametrize("after", ["x", "", cursor("a", "b"), cursor("2026-11-23T00:00:00+00:00", "b"), cursor("a")])
async def test_a_made_up_cursor_starts_at_the_top(after: str, now: datetime):
    owner = await make.person()
    notice_id = await make.told(owner, now=now - timedelta(days=2))

    page = await queries.inbox(viewer=owner, group=Group.PROGRESS, after=after, now=now)

    assert [card.id for card in page.items] in ([notice_id], [notice_id])


async def test_statutory_notices_show_their_receipt(now: datetime):
    owner = await make.person()
    await make.device(owner)
    notice_id = await make.told(owner, kind="visit.opinion_issued")
    await make.deliver_once(now=now + timedelta(minutes=32))

    async def receipt() -> str:
        page = await queries.inbox(viewer=owner, group=Group.TODO, after=None, now=now + timedelta(hours=2))
        return page.items[0].receipt

    assert await receipt() == "已送达 今天 09:32，未读"
    await actions.open_notice(actor=owner, notice_id=notice_id, now=now)
    assert await receipt() == "已送达 今天 09:32，已读"


async def test_who_sent_it_sees_who_was_reached(now: datetime):
    owner, officer, about = await make.person(), await make.person(Role.OFFICER), uuid4()
    await make.told(owner, about=about)
    read = await make.told(officer, about=about)
    await actions.open_notice(actor=officer, notice_id=read, now=now)

    receipts = await queries.receipts_of(about, kinds=["visit.accepted"], now=now)

    assert {one.person: one.words for one in receipts} == {
        owner.person_id: "已送达 今天 09:00，未读",
        officer.person_id: "已送达 今天 09:00，已读",
    }


async def test_a_notice_whose_text_has_grown_since_shows_its_name(now: datetime):
    owner = await make.person()
    notice_id = await make.told(owner)
    await Notice.update({Notice.facts: {}}).where(Notice.id == notice_id)

    page = await queries.inbox(viewer=owner, group=Group.PROGRESS, after=None, now=now)

    assert [card.title for card in page.items] == ["预约已受理"]


async def test_drawers_count_what_is_unread_and_know_what_is_silenced():
    owner = await make.person()
    for kind in ("visit.rate_please", "visit.accepted", "visit.booked"):
        await make.told(owner, kind=kind)
    await actions.mute(actor=owner, group=Group.PROGRESS, muted=True)

    drawers = {one.group: one for one in await queries.drawers(viewer=owner)}

    assert [drawers[group].unread for group in Group] == [1, 2, 0]
    assert [drawers[group].muted for group in Group] == [False, True, False]
    assert "书面意见" in drawers[Group.TODO].always


async def test_a_test_notice_is_no_reason_to_ask_for_permission():
    owner = await make.person()
    await make.told(owner, kind="notice.test")
    assert not await queries.has_reason(viewer=owner)

    await make.told(owner)

    assert await queries.has_reason(viewer=owner)


async def test_devices_are_listed_for_their_owner_only():
    owner, other = await make.person(), await make.person()
    phone = await make.device(owner)
    await make.device(other)

    assert [(one.id, one.name) for one in await queries.devices_of(viewer=owner, now=make.NOW)] == [
        (phone, "安卓手机 · Chrome")
    ]


async def test_dead_notices_are_listed_with_their_reason_and_without_the_person_s_number(now: datetime):
    owner = await make.person(name="张小三")
    await make.device(owner)
    notice_id = await make.told(owner)
    await make.deliver_once(push=PushSpy(Outcome.REFUSED))

    page = await queries.dead(after=None)

    card = next(one for one in page.items if one.id == notice_id)
    assert (card.kind, card.why, card.attempts) == ("预约已受理", "推送服务没有接收", 1)
    assert card.person == f"张*三 137****{owner.phone[-4:]}"
    assert (await queries.outbox(now=now)).dead >= 1


async def test_the_lag_is_the_age_of_the_oldest_notice_that_could_go_out(now: datetime):
    assert await queries.outbox_lag(now) == 0
    owner = await make.person()
    await make.told(owner, now=now - timedelta(minutes=5))
    await make.told(owner, now=now + timedelta(minutes=5))

    assert await queries.outbox_lag(now) == 300
    await actions.claim_due(urgent=False, limit=1, now=now)
    assert await queries.outbox_lag(now) == 0, "it is being sent"
    assert await queries.outbox_lag(now + rules.LEASE) == 600, "its worker died"


async def test_the_lag_does_not_grow_over_the_night():
    owner = await make.person()
    night = make.NOW + timedelta(hours=13)
    await make.told(owner, now=night)

    assert await queries.outbox_lag(night + timedelta(hours=9)) == 0
