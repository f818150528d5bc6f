"""The guidance office's pages without scripts, and the parts that htmx swaps."""

from backend.guidance.rules import VisitState
from tests.guidance import make, stories


async def test_the_queue_shows_clock_basis_and_departments(browser):
    await make.officers()
    firm = await make.firm(name="檀木轩家具")
    await make.visit(firm)
    await browser.sign_in(await make.office())

    page = await browser.get("/guidance/office")

    assert "檀木轩家具" in page
    assert "还剩2个工作日" in page.words()
    assert "本市服务承诺：收到预约后2个工作日内受理或退回" in page.words()
    assert "应急管理、消防救援" in page.words()


async def test_searching_swaps_the_list_alone(browser):
    await make.officers(2)
    await make.visit(await make.firm(name="檀木轩家具"))
    await make.visit(await make.firm(name="别家木业"))
    await browser.sign_in(await make.office())

    part = await browser.get("/guidance/office?q=檀木", htmx=True)

    assert "檀木轩家具" in part
    assert "别家木业" not in part
    assert not part.all("html")


async def test_what_is_searched_for_in_the_wrong_list_is_found_in_its_own(browser):
    await make.officers(2)
    await make.accepted_visit(await make.firm(name="檀木轩家具"))
    await browser.sign_in(await make.office())

    page = await browser.get("/guidance/office?q=檀木")

    assert "已约定 1" in page.words()
    assert page.all('//a[contains(@href, "stage=accepted") and contains(@href, "q=%E6%AA%80")]')


async def test_a_booking_is_accepted_from_its_page(browser):
    await make.officers()
    visit_id = await make.visit(await make.firm())
    await browser.sign_in(await make.office())
    page = await browser.get(f"/guidance/office/visits/{visit_id}")
    assert make.QUESTION in page

    sent = await browser.send(f"/guidance/visits/{visit_id}/acceptance")

    page = await browser.get(sent.answer.headers["location"])
    assert "已约定" in page
    assert "已受理，企业和上门人员都会收到通知" in page.words()
    assert "受理预约" not in page.words()
    await browser.get("/guidance/office?stage=accepted")


async def test_accepting_what_somebody_else_accepted_is_a_page_not_an_error(browser):
    await make.officers()
    visit_id = await make.accepted_visit(await make.firm())
    await browser.sign_in(await make.office())

    page = await browser.send(f"/guidance/visits/{visit_id}/acceptance", status=409)

    assert "当前状态是“已约定”" in page.words()


async def test_a_return_without_a_reason_comes_back_as_the_form(browser):
    await make.officers()
    visit_id = await make.visit(await make.firm())
    await browser.sign_in(await make.office())
    await browser.get(f"/guidance/visits/{visit_id}/return")

    part = await browser.send(f"/guidance/visits/{visit_id}/return", status=422, htmx=True, reason="忙")
    assert "请用4到200个字写明原因" in part
    assert not part.all("html")
    await browser.send(f"/guidance/visits/{visit_id}/return", status=422, reason="")
    await browser.send(f"/guidance/visits/{visit_id}/return", reason="那天全市停电，请改约")

    page = await browser.get(f"/guidance/office/visits/{visit_id}")
    assert "原因：那天全市停电，请改约" in page


async def test_an_officer_is_changed_among_those_who_are_free(browser):
    await make.officers(2)
    visit_id = await make.accepted_visit(await make.firm())
    await browser.sign_in(await make.office())
    page = await browser.get(f"/guidance/office/visits/{visit_id}")
    change = next(link.get("href") for link in page.all("a") if "/officers/" in link.get("href"))
    choices = [one.get("value") for one in (await browser.get(change)).all("input[@name='officer']")]
    assert len(choices) == 1

    await browser.send(change, status=422)
    await browser.send(change, officer=choices[0])

    assert "指导办调整了上门人员" in await browser.get(f"/guidance/office/visits/{visit_id}")


async def test_owners_and_officers_have_no_office_pages(browser):
    story = await stories.accepted()
    for actor in (story.firm.owner, story.officer):
        await browser.sign_in(actor)
        await browser.get("/guidance/office", status=403)
        await browser.get(f"/guidance/office/visits/{story.visit}", status=403)
        await browser.send(f"/guidance/visits/{story.visit}/acceptance", status=403)


async def test_every_state_has_its_list(browser):
    await browser.sign_in(await make.office())

    for state in VisitState:
        await browser.get(f"/guidance/office?stage={state.value}")


async def test_a_visit_that_is_not_there_is_404(browser):
    await browser.sign_in(await make.office())

    await browser.get(f"/guidance/office/visits/{make.uuid4()}", status=404)
