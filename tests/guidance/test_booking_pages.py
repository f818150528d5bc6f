"""The pages of a booking without scripts: every step, every way back, and what a refusal keeps."""

from datetime import timedelta
from uuid import uuid4

from backend.enterprises.rules import EnterpriseStatus
from backend.guidance import queries
from backend.guidance.tables import Visit
from backend.kit import db
from backend.staff.tables import Engagement
from tests.files import make as files
from tests.guidance import make

START = "/guidance/visits/new"


async def _begin(browser, firm, **fields) -> str:
    """Start a booking; returns its address."""
    answer = await browser.send("/guidance/bookings", enterprise=firm.id, **fields)
    return answer.answer.headers["location"].rsplit("/", 1)[0]


def _path(answer) -> str:
    return answer.answer.headers["location"]


async def test_an_owner_books_without_scripts_from_the_first_page_to_the_number(browser):
    await make.officers()
    firm = await make.firm(name="檀木轩家具")
    await browser.sign_in(firm.owner)
    assert "檀木轩家具" in await browser.get(START)
    booking = await _begin(browser, firm)
    item = await make.item()

    assert "要我们去哪个地址" in await browser.get(f"{booking}/site")
    assert _path(await browser.send(f"{booking}/site", site=firm.site)) == f"{booking}/items"
    assert "适合本企业" in await browser.get(f"{booking}/items")
    assert item.title in await browser.get(f"{booking}/items?scenario=furniture")
    assert _path(await browser.send(f"{booking}/items", items=[item.id])) == f"{booking}/half-day"
    assert "11月25日 周三" in await browser.get(f"{booking}/half-day")
    assert _path(await browser.send(f"{booking}/half-day", half_day="2026-11-25-morning")) == f"{booking}/question"
    await browser.get(f"{booking}/question")
    assert _path(await browser.send(f"{booking}/question", question=make.QUESTION, then="next")) == f"{booking}/check"
    check = await browser.get(f"{booking}/check")
    assert make.QUESTION in check
    draft = check.all("input[@name='draft']")[0].get("value")
    done = await browser.get(_path(await browser.send("/guidance/visits", draft=draft)))

    assert "预约已提交" in done
    number = (await Visit.select(Visit.number).first())["number"]
    assert number in done
    assert "11月25日 周三前受理或退回（本市服务承诺：收到预约后2个工作日内受理或退回）" in done.words()
    assert done.all("svg[@role='img']")


async def test_the_calendar_shows_only_what_is_free_and_says_why_the_rest_is_not(browser):
    await make.officers()
    firm, other = await make.firm(), await make.firm()
    await make.visit(other)
    await browser.sign_in(firm.owner)
    booking = await _begin(browser, firm, item=make.DUST)
    await browser.send(f"{booking}/site", site=firm.site)

    page = await browser.get(f"{booking}/half-day")

    offered = [radio.get("value") for radio in page.all("input[@type='radio']")]
    assert "2026-11-25-morning" not in offered
    assert offered[0] == "2026-11-24-morning"  # exactly 24 hours ahead of Monday 09:00
    assert "已约满" in page
    assert "须提前24小时" in page
    assert "应急管理、消防救援共2人上门，要2个部门同时有空。上午09:00–11:30，下午14:00–17:00。" in page.words()


async def test_holidays_are_named_and_a_make_up_day_is_marked(browser, monkeypatch):
    await make.officers()
    firm = await make.firm()
    await browser.sign_in(firm.owner)
    booking = await _begin(browser, firm, item=make.DUST)
    await browser.send(f"{booking}/site", site=firm.site)
    await db.fetch(
        "INSERT INTO calendar_day (day, working, name)"
        " VALUES ('2026-11-27', false, '试假'), ('2026-11-28', true, '调休上班')"
    )
    make.forget_standards()

    page = await browser.get(f"{booking}/half-day")

    assert "试假放假" in page
    assert "调休上班" in page
    assert "2026-11-28-morning" in [radio.get("value") for radio in page.all("input[@type='radio']")]
    make.forget_standards()


async def test_where_nobody_can_come_the_page_says_so_instead_of_an_empty_calendar(browser):
    firm = await make.firm()
    await browser.sign_in(firm.owner)
    booking = await _begin(browser, firm, item=make.DUST)
    await browser.send(f"{booking}/site", site=firm.site)

    page = await browser.get(f"{booking}/half-day")

    assert "都没有空了" in page
    assert not page.all("input[@type='radio']")


async def test_a_page_before_its_turn_leads_to_the_one_whose_turn_it_is(browser):
    firm = await make.firm()
    await browser.sign_in(firm.owner)
    booking = await _begin(browser, firm)

    for page in ("half-day", "question", "check"):
        answer = await browser.get(f"{booking}/{page}", status=303)
        assert _path(answer) == f"{booking}/site"


async def test_going_back_shows_what_was_answered_and_loses_nothing(browser):
    await make.officers()
    firm = await make.firm()
    booking = f"/guidance/bookings/{await make.draft(firm)}"
    await browser.sign_in(firm.owner)

    for page, name, value in [
        ("site", "site", str(firm.site)),
        ("items", "items", str((await make.item()).id)),
        ("half-day", "half_day", "2026-11-25-morning"),
    ]:
        shown = await browser.get(f"{booking}/{page}")
        assert [one.get("value") for one in shown.all(f"input[@name='{name}'][@checked]")] == [value]
    assert make.QUESTION in await browser.get(f"{booking}/question")


async def test_a_changed_answer_leads_back_to_the_check_page(browser):
    await make.officers()
    firm = await make.firm()
    booking = f"/guidance/bookings/{await make.draft(firm)}"
    await browser.sign_in(firm.owner)

    answer = await browser.send(f"{booking}/half-day", half_day="2026-11-25-afternoon")

    assert _path(answer) == f"{booking}/check"


async def test_coming_back_opens_where_one_stopped(browser):
    firm = await make.firm()
    await browser.sign_in(firm.owner)
    booking = await _begin(browser, firm)
    await browser.send(f"{booking}/site", site=firm.site)

    assert booking in await browser.get(START)
    assert _path(await browser.get(booking, status=303)) == f"{booking}/items"


async def test_an_empty_page_comes_back_with_the_error_beside_the_field(browser):
    await make.officers()
    firm = await make.firm()
    booking = f"/guidance/bookings/{await make.draft(firm)}"
    await browser.sign_in(firm.owner)

    for page, words in [
        ("site", "请选择要我们去的地址"),
        ("items", "请至少选一项"),
        ("half-day", "请选一个上午或下午"),
        ("question", "请用4到500个字写明想问什么"),
    ]:
        shown = await browser.send(f"{booking}/{page}", status=422)
        assert words in shown
        assert "错误：" in shown.all("title")[0].text_content()


async def test_a_refused_page_is_sent_as_the_part_alone_to_htmx(browser):
    await make.officers()
    firm = await make.firm()
    booking = f"/guidance/bookings/{await make.draft(firm)}"
    await browser.sign_in(firm.owner)

    part = await browser.send(f"{booking}/half-day", status=422, htmx=True, half_day="2026-11-23-morning")

    assert "须提前24小时预约" in part
    assert not part.all("html")


async def test_the_loser_sees_the_free_half_days_and_keeps_everything_typed(browser):
    await make.officers()
    firm, faster = await make.firm(), await make.firm()
    draft = await make.draft(firm)
    await make.visit(faster)
    await browser.sign_in(firm.owner)

    page = await browser.send("/guidance/visits", status=422, draft=draft)

    assert "刚刚被约满" in page.all("*[@id='half_day-error']")[0].text_content()
    assert "2026-11-25-afternoon" in [radio.get("value") for radio in page.all("input[@type='radio']")]
    answer = await browser.send(f"/guidance/bookings/{draft}/half-day", half_day="2026-11-25-afternoon")
    check = await browser.get(_path(answer))
    assert make.QUESTION in check
    await browser.send("/guidance/visits", draft=draft)


async def test_a_second_tap_leads_to_the_same_number(browser):
    await make.officers(2)
    firm = await make.firm()
    draft = await make.draft(firm)
    await browser.sign_in(firm.owner)

    first = await browser.send("/guidance/visits", draft=draft)
    second = await browser.send("/guidance/visits", draft=draft)

    assert _path(first) == _path(second) == f"/guidance/visits/{draft}/booked"
    assert await Visit.count() == 1


async def test_the_pages_of_a_booking_that_was_sent_lead_to_its_visit(browser):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)
    await browser.sign_in(firm.owner)

    assert (
        _path(await browser.get(f"/guidance/bookings/{visit}/check", status=303)) == f"/guidance/visits/{visit}/booked"
    )


async def test_somebody_else_s_booking_does_not_exist(browser):
    await make.officers()
    draft = await make.draft(await make.firm())
    stranger = await make.firm()
    await browser.sign_in(stranger.owner)

    for page in ("", "/site", "/items", "/half-day", "/question", "/check"):
        await browser.get(f"/guidance/bookings/{draft}{page}", status=404)
    await browser.send(f"/guidance/bookings/{draft}/site", status=404, site=stranger.site)
    await browser.send("/guidance/visits", status=404, draft=draft)
    await browser.send("/guidance/visits", status=404, draft=uuid4())
    await browser.send("/guidance/visits", status=404, draft="not a draft")


async def test_nobody_starts_a_booking_for_somebody_else_s_firm(browser):
    firm, stranger = await make.firm(), await make.firm()
    await browser.sign_in(stranger.owner)

    page = await browser.send("/guidance/bookings", status=422, enterprise=firm.id)

    assert firm.name not in page


async def test_an_owner_without_a_firm_sees_how_to_tie_one(browser):
    await browser.sign_in(await make.person(make.Role.OWNER))

    page = await browser.get(START)

    assert "关联我的企业" in page
    assert not page.all("form[@id='start-form']")


async def test_an_owner_of_several_firms_is_asked_which(browser):
    firm, second = await make.firm(), await make.firm()
    await make.act_for(second.id, firm.owner)
    await browser.sign_in(firm.owner)

    page = await browser.get(f"{START}?item={make.DUST}")

    assert {radio.get("value") for radio in page.all("input[@type='radio']")} == {str(firm.id), str(second.id)}
    assert "粉尘" in page
    assert "请选择要预约的企业" in await browser.send("/guidance/bookings", status=422)


async def test_a_firm_that_is_gone_is_refused_on_the_first_page(browser):
    firm = await make.firm(status=EnterpriseStatus.REVOKED)
    await browser.sign_in(firm.owner)

    page = await browser.send("/guidance/bookings", status=422, enterprise=firm.id)

    assert "登记状态不是存续" in page


async def test_officials_do_not_book(browser):
    await browser.sign_in(await make.office())

    await browser.get(START, status=403)


async def test_photos_come_and_go_and_the_words_stay(browser):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm, question="")
    page = f"/guidance/bookings/{draft}/question"
    await browser.sign_in(firm.owner)

    await browser.send(
        page, files=[("photos", ("a.jpg", files.photo(), "image/jpeg"))], question="边写边传", then="photos"
    )
    shown = await browser.get(page)
    assert "边写边传" in shown
    thumb = shown.all("ul[contains(@class, 'photos')]//img")[0].get("src")
    assert (await browser.client.get(thumb)).headers["content-type"].startswith("image/")
    remove = shown.all("button[@name='remove']")[0].get("value")
    await browser.send(page, question="边写边传", remove=remove)

    assert not (await browser.get(page)).all("ul[contains(@class, 'photos')]//img")


async def test_what_is_no_photo_is_refused_beside_the_photos_and_the_words_are_kept(browser):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm, question="")
    await browser.sign_in(firm.owner)

    page = await browser.send(
        f"/guidance/bookings/{draft}/question",
        status=422,
        files=[("photos", ("a.txt", b"no photo", "text/plain"))],
        question="这句话不能丢",
        then="next",
    )

    assert page.all("*[@id='photos-error']")
    assert "这句话不能丢" in page
    assert (await queries.booking(draft, viewer=firm.owner)).answers.question == "这句话不能丢"


async def test_more_photos_than_the_policy_allows_are_refused_before_any_is_kept(browser):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm)
    await browser.sign_in(firm.owner)

    page = await browser.send(
        f"/guidance/bookings/{draft}/question",
        status=422,
        files=[("photos", (f"{n}.jpg", files.photo(), "image/jpeg")) for n in range(7)],
        question=make.QUESTION,
    )

    assert "最多6张照片，请先去掉1张" in page
    assert (await queries.booking(draft, viewer=firm.owner)).photos == []


async def test_a_half_day_that_passed_while_one_hesitated_is_asked_for_again(browser, now):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm, now=now - timedelta(days=2))
    await db.fetch("SET LOCAL ROLE bihuan_guidance")
    await db.fetch("UPDATE guidance.booking_draft SET day = '2026-11-23', half = 'morning'")
    await db.fetch("RESET ROLE")
    await browser.sign_in(firm.owner)

    page = await browser.send("/guidance/visits", status=422, draft=draft)

    assert "请选晚一些的时间" in page
    assert await Engagement.count() == 0
