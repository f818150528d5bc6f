"""What officials and owners see of firms, and what they do not."""

from uuid import uuid4

import pytest

from backend.accounts.rules import Role
from backend.enterprises.tables import Enterprise, Representative
from backend.kit import db
from tests.guidance import make


async def unclaimed(owner, *, name=""):
    """A firm registered with the owner's number, not yet tied."""
    firm = await make.firm(name=name)
    await Representative.delete().where(Representative.enterprise == firm.id)
    await Enterprise.update({"contact_phone": owner.phone}).where(Enterprise.id == firm.id)
    return firm


async def test_officials_search_and_owners_do_not(browser):
    firm = await make.firm(name="东阳市百年檀木作坊")
    await browser.sign_in(await make.office())
    assert firm.name in await browser.get("/enterprises?q=檀木")
    await browser.sign_in(firm.owner)
    await browser.get("/enterprises", status=403)


async def test_conditions_are_chips_that_come_off(browser):
    await make.firm(name="东阳市百年檀木作坊")
    await browser.sign_in(await make.office())

    page = await browser.get("/enterprises?q=檀木&trade=C21&status=active&township=330783118")

    assert "没有找到这样的企业" in page
    chips = {
        "".join(chip.itertext()).split("：")[1].strip(): chip.get("href")
        for chip in page.all("//a[@class='chip chip-on']")
    }
    assert set(chips) == {"“檀木”", "家具制造业", "存续", "南马镇"}
    assert "檀木作坊" in await browser.get(chips["南马镇"])


async def test_htmx_gets_the_results_alone(browser):
    firm = await make.firm(name="东阳市百年檀木作坊")
    await browser.sign_in(await make.office())
    part = await browser.get("/enterprises?q=檀木", htmx=True)
    assert firm.name in part
    assert not part.all("html")
    assert part.all("//div[@id='found'][@data-say='这一页有1家']")


async def test_a_long_list_goes_on_and_ends(browser):
    for number in range(23):
        await make.firm(name=f"东阳市檀木第{number:02}作坊")
    await browser.sign_in(await make.office())
    seen = []
    path = "/enterprises?q=檀木"
    while path:
        page = await browser.get(path)
        seen += [link.text_content() for link in page.all("//tbody//a")]
        path = next((link.get("href") for link in page.all("//a[@rel='next']")), None)
    assert len(seen) == len(set(seen)) == 23
    assert "没有更多了" in page


@pytest.mark.parametrize("after", ["x", "WyJpIiwieCJd", "%01"])
async def test_a_made_up_cursor_begins_anew(browser, after):
    await make.firm(name="东阳市百年檀木作坊")
    await browser.sign_in(await make.office())
    assert "檀木作坊" in await browser.get(f"/enterprises?q=檀木&after={after}")


async def test_what_is_typed_is_shown_as_text(browser):
    await browser.sign_in(await make.office())
    page = await browser.get("/enterprises?q=<script>x</script>&trade=%22&status=%3Cb%3E&township=%01")
    assert "<script>x" not in page
    assert "<b>" not in page.text.split('id="found"')[1]


async def test_an_official_sees_the_contact_after_a_tap_that_is_logged(browser):
    firm = await make.firm()
    await browser.sign_in(await make.office())
    page = await browser.get(f"/enterprises/{firm.id}")
    assert firm.owner.phone not in page
    assert "檀老板" not in page
    assert page.all(f"//a[@href='/enterprises/{firm.id}/file']")

    part = await browser.send(f"/enterprises/{firm.id}/contact", status=200, htmx=True)

    assert firm.owner.phone in part
    assert not part.all("html")
    assert await db.fetch("SELECT 1 FROM audit_entry WHERE did = 'contact.reveal' AND \"to\" = $1", firm.id)
    assert firm.owner.phone in await browser.send(f"/enterprises/{firm.id}/contact", status=200)


async def test_an_owner_sees_the_own_firm_and_nobody_elses(browser):
    firm, other = await make.firm(), await make.firm()
    await browser.sign_in(firm.owner)
    assert firm.name in await browser.get("/enterprises/mine")
    page = await browser.get(f"/enterprises/{firm.id}")
    assert "门口的查询码" in page
    assert f"/enterprises/{firm.id}/file" not in page
    for path in ("", "/door", "/claim", "/claimed"):
        await browser.get(f"/enterprises/{other.id}{path}", status=404)
        await browser.get(f"/enterprises/{uuid4()}{path}", status=404)
    await browser.send(f"/enterprises/{other.id}/claim", status=404)
    await browser.send(f"/enterprises/{firm.id}/contact", status=403)


async def test_the_sign_for_the_door_leads_to_the_public_page(browser):
    firm = await make.firm()
    door_code = (await db.fetch("SELECT door_code FROM enterprise WHERE id = $1", firm.id))[0]["door_code"]
    await browser.sign_in(firm.owner)
    page = await browser.get(f"/enterprises/{firm.id}/door")
    assert f"https://t.example/d/{door_code}" in page
    assert page.all("svg[@role='img']")
    browser.sign_out()
    await browser.get(f"/d/{door_code}")


async def test_an_owner_confirms_once_and_ends_at_a_result(browser, woken):
    owner = await make.person(Role.OWNER)
    firm = await unclaimed(owner)
    await browser.sign_in(owner)
    assert "等您确认" in await browser.get("/enterprises/mine")
    page = await browser.get("/enterprises/claim")
    assert "这是您的企业吗？" in page

    sent = await browser.send(page.all("//main//form")[0].get("action"))

    assert sent.answer.headers["location"] == f"/enterprises/{firm.id}/claimed"
    assert firm.name in await browser.get(f"/enterprises/{firm.id}/claimed")
    again = await browser.get(f"/enterprises/{firm.id}/claim", status=303)
    assert again.answer.headers["location"] == f"/enterprises/{firm.id}/claimed"


async def test_several_firms_are_chosen_from(browser):
    owner = await make.person(Role.OWNER)
    first, second = await unclaimed(owner), await unclaimed(owner)
    await browser.sign_in(owner)
    page = await browser.get("/enterprises/claim")
    assert "哪家是您的企业？" in page
    for firm in (first, second):
        assert page.all(f"//a[@href='/enterprises/{firm.id}/claim']")
        assert firm.name in await browser.get(f"/enterprises/{firm.id}/claim")


async def test_others_are_told_how_to_ask(browser):
    await browser.sign_in(await make.person(Role.OWNER))
    page = await browser.get("/enterprises/claim")
    assert "没有找到可以关联的企业" in page
    assert "登记窗口" in page
    assert page.all("//a[starts-with(@href, 'tel:')]")
