"""What officials and owners see of firms, and what they do not."""

from tests.guidance import make


async def test_officials_search_and_owners_do_not(browser):
    firm = await make.firm(name="东阳市百年檀木作坊")
    await browser.sign_in(await make.office())
    assert firm.name in await browser.get("/enterprises?q=檀木")
    await browser.sign_in(firm.owner)
    await browser.get("/enterprises", status=403)


async def test_the_pages_of_an_owner(browser):
    firm = await make.firm()
    await browser.sign_in(firm.owner)
    assert firm.name in await browser.get("/enterprises/mine")
    assert firm.name in await browser.get(f"/enterprises/{firm.id}")
    assert "查询码" in await browser.get(f"/enterprises/{firm.id}/door")
    assert "没有找到其他可以关联的企业" in await browser.get("/enterprises/claim")
