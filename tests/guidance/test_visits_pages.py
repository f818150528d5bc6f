"""The owner's list and visit, its calendar file, and the pages that move it or call it off."""

import icalendar

from backend.files.store import Store
from backend.guidance import actions
from backend.guidance.tables import Visit, VisitItem
from backend.kit import workdays
from backend.staff.rules import Half
from tests.guidance import make, stories

THURSDAY = make.WEDNESDAY + workdays.DAY
WHY = "那天要停电检修"


async def _booked(browser, *, accepted: bool = False):
    await make.officers()
    firm = await make.firm(name="檀木轩家具")
    visit = await (make.accepted_visit(firm) if accepted else make.visit(firm))
    await browser.sign_in(firm.owner)
    return firm, visit


async def test_the_visit_shows_its_clock_what_lies_ahead_and_what_to_prepare(browser):
    _, visit = await _booked(browser)

    page = await browser.get(f"/guidance/visits/{visit}")

    words = page.words()
    assert "待受理" in page
    assert "还剩2个工作日 11月25日 周三前依据：本市服务承诺" in words
    assert [step.text_content() for step in page.all("p[@class='moment-title']/span")] == [
        "全部改好，办结",
        "您阅读并确认意见",
        "出具书面指导意见",
        "上门人员到场",
        "指导办受理或退回",
        "企业提交了预约",
    ]
    assert "请准备" in page
    assert make.QUESTION in page


async def test_before_they_come_the_owner_sees_departments_and_a_number_not_names(browser):
    firm, visit = await _booked(browser, accepted=True)
    names = [card.name for card in (await make.sheet(visit, firm)).team]

    page = await browser.get(f"/guidance/visits/{visit}")

    assert "共2人，到场时出示指导码" in page
    assert not [name for name in names if name in page]


async def test_a_booked_item_keeps_its_handbook(browser):
    _, visit = await _booked(browser)
    item = (await VisitItem.select(VisitItem.id).where(VisitItem.visit == visit).first())["id"]

    page = await browser.get(f"/guidance/visits/{visit}/items/{item}")

    assert "指导手册" in page
    assert "自己先查一遍" in page


async def test_the_list_parts_what_runs_from_what_has_ended(browser, now):
    firm, running = await _booked(browser)
    await make.officers()
    ended = await make.visit(firm)
    await actions.cancel(actor=firm.owner, visit_id=ended, reason=WHY, now=now)

    assert str(running) in await browser.get("/guidance/visits")
    assert str(ended) not in await browser.get("/guidance/visits")
    assert str(ended) in await browser.get("/guidance/visits?ended=true")


async def test_an_empty_list_says_what_one_can_do(browser):
    firm = await make.firm()
    await browser.sign_in(firm.owner)

    assert "没有正在办的预约" in await browser.get("/guidance/visits")
    assert "还没有结束的预约" in await browser.get("/guidance/visits?ended=true")


async def test_a_long_list_goes_on_where_the_page_ends(browser, now):
    firm, _ = await _booked(browser)
    await make.officers(3)
    for half in (Half.MORNING, Half.AFTERNOON):
        for _ in range(11):
            visit = await make.visit(firm, half=half)
            await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=now)

    first = await browser.get("/guidance/visits?ended=true")
    following = first.all("a[@rel='next']")[0].get("href")
    second = await browser.get(following)

    def listed(page):
        return {link.get("href") for link in page.all("a[contains(@class, 'cell')]")}

    assert (len(listed(first)), len(listed(second))) == (20, 2)
    assert not listed(first) & listed(second)
    assert len(listed(await browser.get("/guidance/visits?ended=true&after=made-up"))) == 20


async def test_somebody_else_s_visit_does_not_exist(browser):
    _, visit = await _booked(browser)
    stranger = await make.firm()
    item = (await VisitItem.select(VisitItem.id).where(VisitItem.visit == visit).first())["id"]
    await browser.sign_in(stranger.owner)

    for path in ("", "/booked", "/calendar.ics", "/rescheduling", "/cancellation", f"/items/{item}"):
        await browser.get(f"/guidance/visits/{visit}{path}", status=404)
    await browser.send(f"/guidance/visits/{visit}/cancellation", status=404, reason=WHY)
    await browser.send(f"/guidance/visits/{visit}/rescheduling", status=404, reason=WHY, half_day="2026-11-26-morning")


async def test_an_owner_moves_a_visit_and_the_page_says_so(browser):
    _, visit = await _booked(browser)
    page = await browser.get(f"/guidance/visits/{visit}/rescheduling")
    offered = [radio.get("value") for radio in page.all("input[@type='radio']")]
    assert "2026-11-26-morning" in offered
    assert "2026-11-25-morning" not in offered
    assert "原定时间" in page

    answer = await browser.send(f"/guidance/visits/{visit}/rescheduling", half_day="2026-11-26-morning", reason=WHY)

    page = await browser.get(answer.answer.headers["location"])
    assert "时间改好了" in page
    assert "11月26日 周四 上午" in page
    assert f"原因：{WHY}" in page


async def test_a_form_for_a_visit_that_cannot_be_changed_any_more_leads_to_the_page_that_says_why(browser):
    _, visit = await _booked(browser)
    await browser.send(f"/guidance/visits/{visit}/cancellation", reason=WHY)

    for path in ("rescheduling", "cancellation"):
        late = await browser.send(f"/guidance/visits/{visit}/{path}", half_day="2026-11-26-morning", reason=WHY)
        assert late.answer.headers["location"] == f"/guidance/visits/{visit}/{path}"
        assert "回预约详情" in await browser.get(late.answer.headers["location"])


async def test_a_move_without_a_reason_keeps_the_chosen_half_day(browser):
    _, visit = await _booked(browser)

    page = await browser.send(f"/guidance/visits/{visit}/rescheduling", status=422, half_day="2026-11-26-morning")

    assert "请用4到200个字写明原因" in page
    assert [one.get("value") for one in page.all("input[@type='radio'][@checked]")] == ["2026-11-26-morning"]


async def test_who_loses_the_race_for_a_move_sees_what_is_still_free(browser):
    _, visit = await _booked(browser)
    await make.visit(await make.firm(), day=THURSDAY)

    part = await browser.send(
        f"/guidance/visits/{visit}/rescheduling", status=422, htmx=True, half_day="2026-11-26-morning", reason=WHY
    )

    assert "刚刚被约满" in part
    assert WHY in part
    assert "2026-11-26-afternoon" in part
    assert not part.all("html")


async def test_an_owner_calls_a_visit_off(browser):
    _, visit = await _booked(browser)
    assert "取消后不能恢复" in await browser.get(f"/guidance/visits/{visit}/cancellation")
    assert "请用4到200个字" in await browser.send(f"/guidance/visits/{visit}/cancellation", status=422, reason="忙")

    answer = await browser.send(f"/guidance/visits/{visit}/cancellation", reason=WHY)

    page = await browser.get(answer.answer.headers["location"])
    assert "已取消" in page
    assert "再约一次" in page
    assert "取消预约" not in page


async def test_past_the_limit_the_page_says_why_there_is_no_button(browser, now):
    _, visit = await _booked(browser)
    await Visit.update({Visit.starts_at: now + workdays.DAY / 4}).where(Visit.id == visit)

    page = await browser.get(f"/guidance/visits/{visit}/cancellation")

    assert "离上门时间太近了" in page
    assert not page.all("form[@id='cancel-form']")
    assert "cancellation" not in await browser.get(f"/guidance/visits/{visit}")


async def test_the_office_moves_and_calls_off_on_the_same_pages(browser):
    _, visit = await _booked(browser)
    await browser.sign_in(await make.office())
    assert "改到什么时候" in await browser.get(f"/guidance/visits/{visit}/rescheduling")

    moved = await browser.send(f"/guidance/visits/{visit}/rescheduling", half_day="2026-11-26-morning", reason=WHY)
    off = await browser.send(f"/guidance/visits/{visit}/cancellation", reason=WHY)

    for answer in (moved, off):
        assert answer.answer.headers["location"].startswith(f"/guidance/office/visits/{visit}")


async def _calendar(browser, visit) -> tuple[icalendar.Calendar, icalendar.Event]:
    answer = await browser.client.get(f"/guidance/visits/{visit}/calendar.ics")
    calendar = icalendar.Calendar.from_ical(answer.content)
    assert answer.headers["content-type"] == f"text/calendar; method={calendar['method']}; charset=utf-8"
    return calendar, calendar.walk("VEVENT")[0]


async def test_the_calendar_file_follows_the_visit_under_one_uid(browser, now):
    firm, visit = await _booked(browser)
    _, booked = await _calendar(browser, visit)
    await actions.reschedule(actor=firm.owner, visit_id=visit, day=THURSDAY, half=Half.AFTERNOON, reason=WHY, now=now)
    _, moved = await _calendar(browser, visit)
    await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=now)
    calendar, off = await _calendar(browser, visit)

    assert len({str(event["UID"]) for event in (booked, moved, off)}) == 1
    assert [int(event["SEQUENCE"]) for event in (booked, moved, off)] == [0, 1, 2]
    assert moved.decoded("dtstart").strftime("%m-%d %H:%M") == "11-26 14:00"
    assert (str(calendar["METHOD"]), str(off["STATUS"])) == ("CANCEL", "CANCELLED")
    assert make.QUESTION not in off.to_ical().decode()


async def test_the_team_gets_the_calendar_file_too(browser):
    firm, visit = await _booked(browser, accepted=True)
    team = (await make.sheet(visit, firm)).team
    await browser.sign_in(await make.officer_actor(team[0].id))

    _, event = await _calendar(browser, visit)

    assert "檀木轩家具" in str(event["LOCATION"])
    assert str(event["URL"]) == f"https://t.example/guidance/days/{visit}"


async def test_once_all_is_put_right_it_is_the_teams_turn(browser, tmp_path):
    store = Store(tmp_path / "files")
    story = await stories.confirmed(store=store)
    owner, finding = story.firm.owner, (await story.sheet()).opinions[0]
    await actions.correct(
        actor=owner, visit_id=story.visit, opinion_id=finding.id, photos=[], store=store, now=stories.ISSUED
    )
    await browser.sign_in(owner)

    for path in (f"/guidance/visits/{story.visit}", "/home"):
        page = await browser.get(path)
        assert "等上门人员回访办结" in page.words()
        assert "等您按意见改进" not in page.words()
