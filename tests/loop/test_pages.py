"""The first page of each desk, and an enterprise's file."""

from datetime import datetime
from uuid import UUID

import pytest

from backend.accounts.rules import Role
from tests.browser import Browser
from tests.guidance import make


@pytest.fixture
async def firm(database: None) -> make.Firm:
    await make.officers()
    return await make.firm()


async def test_an_owner_sees_what_runs_whose_turn_it_is_and_until_when(
    browser: Browser, firm: make.Firm, now: datetime
):
    visit = await make.visit(firm, now=now)
    await browser.sign_in(firm.owner)

    page = await browser.get("/home")

    assert page.tree.xpath(f"//a[@href='/guidance/visits/{visit}']")
    for shown in ("等指导办受理", "11月25日 周三", "还剩2个工作日", "本市服务承诺", "企业提交了预约"):
        assert shown in page.words()


async def test_an_owner_without_an_enterprise_is_shown_how_to_get_one(browser: Browser, database: None):
    await browser.sign_in(await make.person(Role.OWNER))
    assert "关联我的企业" in (await browser.get("/home")).words()


async def test_an_owner_sees_nothing_of_another_firm(browser: Browser, firm: make.Firm, now: datetime):
    other = await make.firm(name="别家木作")
    await make.visit(other, now=now)
    await browser.sign_in(firm.owner)

    page = await browser.get("/home")

    assert "别家木作" not in page.text
    assert "现在没有正在办的事" in page.words()


async def test_the_office_begins_with_the_bookings_that_wait(browser: Browser, firm: make.Firm, now: datetime):
    await make.visit(firm, now=now)
    await browser.sign_in(await make.office())

    page = await browser.get("/todo")

    assert firm.name in page.words()
    assert "等您受理" in page.words().replace("等指导办受理", "等您受理")


async def test_an_officer_begins_with_their_own_visits_only(browser: Browser, database: None, now: datetime):
    officers = await make.officers()
    firm = await make.firm()
    await make.accepted_visit(firm, now=now)
    stranger = (await make.officers(departments=("market",)))[0]

    await browser.sign_in(await make.officer_actor(stranger))
    assert firm.name not in (await browser.get("/todo")).text
    assert officers


@pytest.mark.parametrize(
    ("role", "path", "leads_to"), [(Role.OWNER, "/todo", "/home"), (Role.OFFICER, "/home", "/todo")]
)
async def test_each_desk_is_led_to_its_own_first_page(
    browser: Browser, database: None, role: Role, path: str, leads_to: str
):
    department = None if role is Role.OWNER else "emergency"
    await browser.sign_in(await make.person(role, department=department))
    assert (await browser.get(path, status=303)).answer.headers["location"] == leads_to


async def test_the_file_of_an_enterprise_shows_steps_but_no_words(browser: Browser, firm: make.Firm, now: datetime):
    await make.visit(firm, now=now, question="隐秘的问题一二三")
    await browser.sign_in(await make.office())

    page = await browser.get(f"/enterprises/{firm.id}/file")

    assert "企业提交了预约" in page.words()
    assert "隐秘的问题" not in page.text


async def test_the_file_is_not_for_owners_and_not_of_nobody(browser: Browser, firm: make.Firm):
    await browser.sign_in(firm.owner)
    await browser.get(f"/enterprises/{firm.id}/file", status=403)
    await browser.sign_in(await make.office())
    await browser.get(f"/enterprises/{UUID(int=1)}/file", status=404)
