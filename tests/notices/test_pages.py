from datetime import datetime
from uuid import uuid4

import pytest

from backend.accounts.rules import Role
from backend.notices import actions
from backend.notices.rules import Group, Outcome
from backend.notices.tables import Notice
from tests.browser import Browser
from tests.notices import make
from tests.notices.make import PushSpy

pytestmark = pytest.mark.usefixtures("woken")


async def test_an_empty_inbox_says_what_will_come(browser: Browser):
    await browser.sign_in(await make.person())

    for group, words in ((None, "没有要您处理的事"), ("progress", "每一步都会告诉您"), ("news", "还没有公告")):
        page = await browser.get("/notices" + (f"?group={group}" if group else ""))
        assert words in page


async def test_the_inbox_shows_unread_ones_and_the_badge_counts_them(browser: Browser):
    owner = await make.person()
    await make.told(owner, kind="visit.opinion_issued")
    await make.told(owner)
    await browser.sign_in(owner)

    page = await browser.get("/notices")

    assert "书面意见出来了，请看一看并确认" in page
    assert "预约已受理，时间定了" not in page, "it lies in the other drawer"
    assert "已送达 今天 09:00，未读" in page
    assert page.all("*[@data-unread]")[0].text == "2"
    assert len(page.all("*[contains(@class, 'cell') and contains(@class, 'unread')]")) == 1


async def test_a_tap_opens_the_page_it_is_about_and_marks_it_read(browser: Browser, now: datetime):
    owner = await make.person()
    notice_id = await make.told(owner)
    await browser.sign_in(owner)

    answer = await browser.get(f"/notices/{notice_id}", status=303)

    assert answer.answer.headers["location"] == "/guidance"
    assert (await make.state(notice_id))["read_at"] == now


async def test_somebody_else_s_notice_does_not_exist(browser: Browser):
    notice_id = await make.told(await make.person())
    await browser.sign_in(await make.person())

    await browser.get(f"/notices/{notice_id}", status=404)
    await browser.get(f"/notices/{uuid4()}", status=404)

    assert (await make.state(notice_id))["read_at"] is None


async def test_a_whole_drawer_is_read_at_once(browser: Browser):
    owner = await make.person()
    for _ in range(3):
        await make.told(owner, kind="visit.rate_please")
    progress = await make.told(owner)
    await browser.sign_in(owner)

    answer = await browser.send("/notices/reading", group="todo")

    assert answer.answer.headers["location"].endswith("/notices?group=todo")
    assert "全部标为已读" not in await browser.get("/notices?group=todo")
    assert (await make.state(progress))["read_at"] is None
    await browser.send("/notices/reading", group="nonsense")


async def test_the_inbox_has_pages(browser: Browser):
    owner = await make.person()
    for _ in range(25):
        await make.told(owner)
    await browser.sign_in(owner)

    first = await browser.get("/notices?group=progress")
    (link,) = first.all("a[@rel='next']")
    second = await browser.get(link.get("href"))

    cells = "a[contains(@class, 'cell') and contains(@href, '/notices/')]"
    assert (len(first.all(cells)), len(second.all(cells))) == (20, 5)
    assert "没有更多了" in second


async def test_the_bell_asks_nobody_before_there_is_a_reason(browser: Browser):
    owner = await make.person()
    await browser.sign_in(owner)
    early = await browser.get("/notices/bell")
    await make.told(owner)

    later = await browser.get("/notices/bell")

    assert not early.all("*[@data-bell and @data-reason]")
    (bell,) = later.all("*[@data-bell and @data-reason]")
    assert len(bell.get("data-key")) == 87, "the public key, base64url"
    for help_for in ("添加到主屏幕", "安卓手机", "电脑", "在浏览器打开"):
        assert help_for in later


async def test_a_test_notice_is_sent_by_a_tap(browser: Browser):
    owner = await make.person()
    await make.device(owner)
    await browser.sign_in(owner)
    assert "发送测试通知" in await browser.get("/notices/bell")

    answer = await browser.send("/notices/bell/tests")

    assert "测试通知已发出" in await browser.get(answer.answer.headers["location"])
    assert await Notice.count().where(Notice.person == owner.person_id, Notice.kind == "notice.test") == 1


async def test_a_group_is_silenced_and_heard_again(browser: Browser):
    owner = await make.person()
    await browser.sign_in(owner)

    await browser.send("/notices/bell/mutes", group="progress", muted="1")
    silenced = await browser.get("/notices/bell")
    await browser.send("/notices/bell/mutes", group="progress", muted="0")
    heard = await browser.get("/notices/bell")

    assert "已静音" in silenced
    assert "不可静音" in silenced
    assert "已静音" not in heard
    await browser.send("/notices/bell/mutes", status=422, group="nonsense")


async def test_a_device_is_removed_by_its_owner(browser: Browser):
    owner, stranger = await make.person(), await make.person()
    device_id = await make.device(owner)
    await browser.sign_in(stranger)
    await browser.send(f"/notices/bell/devices/{device_id}/removal")
    await browser.sign_in(owner)
    assert "安卓手机 · Chrome" in await browser.get("/notices/bell")

    await browser.send(f"/notices/bell/devices/{device_id}/removal")

    assert "安卓手机 · Chrome" not in await browser.get("/notices/bell")


async def test_the_administrator_sees_what_was_not_delivered_and_sends_it_again(browser: Browser, woken: list[str]):
    owner = await make.person(name="张小三")
    await make.device(owner)
    notice_id = await make.told(owner)
    await make.deliver_once(push=PushSpy(Outcome.REFUSED))
    await browser.sign_in(await make.person(Role.SYSTEM_ADMIN))

    page = await browser.get("/notices/undelivered")
    assert "推送服务没有接收" in page
    assert "张*三" in page
    assert owner.phone not in page
    await browser.send(f"/notices/undelivered/{notice_id}/sending")

    assert "消息都送到了" in await browser.get("/notices/undelivered")
    assert woken[-1] == "send_due_notices"
    again = await browser.send(f"/notices/undelivered/{notice_id}/sending", status=422)
    assert "不需要重发" in again


async def test_nobody_else_sees_what_was_not_delivered(browser: Browser):
    await browser.sign_in(await make.person())

    await browser.get("/notices/undelivered", status=403)
    await browser.send(f"/notices/undelivered/{uuid4()}/sending", status=403)


async def test_reading_elsewhere_is_seen_here(browser: Browser, now: datetime):
    owner = await make.person()
    await make.told(owner, kind="visit.rate_please")
    await browser.sign_in(owner)
    await actions.read_group(actor=owner, group=Group.TODO, now=now)

    page = await browser.get("/notices?group=todo")

    assert not page.all("*[contains(@class, 'unread')]")
