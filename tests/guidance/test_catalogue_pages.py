from backend.guidance.actions import load_catalogue
from tests.guidance.test_catalogue_rules import FILE


async def test_everybody_may_read_the_menu(browser):
    page = await browser.get("/guidance/scenarios")
    assert all(title in page for title in ("红木家具", "影视文化", "建筑业", "有限空间", "成品油", "屋顶光伏"))
    assert len(page.all("//a[starts-with(@href, '/guidance/items/')]")) == 27


async def test_a_search_shows_what_was_found_and_a_chip_to_take_it_off(browser):
    page = await browser.get("/guidance/scenarios?q=粉尘&department=fire")
    assert "木粉尘防爆" in page
    assert "油气回收" not in page
    chips = page.all("//div[@aria-label='已选条件']/a")
    assert [chip.get("href") for chip in chips] == [
        "/guidance/scenarios?department=fire",
        "/guidance/scenarios?q=%E7%B2%89%E5%B0%98",
    ]


async def test_the_search_form_keeps_the_filters(browser):
    page = await browser.get("/guidance/scenarios?trade=C2110&department=fire")
    hidden = {field.get("name"): field.get("value") for field in page.all("//form//input[@type='hidden']")}
    assert hidden.items() >= {("trade", "C2110"), ("department", "fire")}
    assert "木质家具制造" in page


async def test_a_search_that_finds_nothing_says_what_to_do(browser):
    page = await browser.get("/guidance/scenarios?q=航天飞机")
    assert "没有找到合适的项目" in page
    assert "看全部项目" in page


async def test_htmx_gets_the_results_alone(browser):
    part = await browser.get("/guidance/scenarios?q=粉尘", htmx=True)
    assert "木粉尘防爆" in part
    assert not part.all("html")
    assert part.all("//div[@id='found'][@data-say='找到2项指导']")


async def test_what_is_typed_is_shown_as_text(browser):
    page = await browser.get("/guidance/scenarios?q=<script>x</script>&trade=%22&department=%3Cb%3E")
    assert "<script>x" not in page
    assert "<b>" not in page.text.split('id="found"')[1]


async def test_a_scenario_lists_its_items(browser):
    page = await browser.get("/guidance/scenarios/fuel")
    assert len(page.all("//a[starts-with(@href, '/guidance/items/fuel.')]")) == 5
    assert "第1版" in page


async def test_an_item_shows_all_that_an_owner_needs(browser):
    page = await browser.get("/guidance/items/furniture.paint")
    words = page.words()
    assert "市生态环境分局（牵头）、市应急管理局" in words
    assert "120分钟" in words
    assert "生态环境法典第二百一十四条" in words
    assert "自2026年8月15日起不再适用" in words
    assert "怎么看：" in words
    assert page.all("//h3[text()='常见的错']")
    assert page.all("//a[contains(@href, 'item=furniture.paint')]")


async def test_a_handbook_cannot_bring_html(browser, now):
    await load_catalogue(now=now, files={"wood.toml": FILE.replace("### 来的", "<script>bad()</script>\n### 来的")})
    page = await browser.get("/guidance/items/wood.dust")
    assert "<script>bad" not in page
    assert "&lt;script&gt;bad" in page


async def test_what_is_not_on_offer_is_not_found(browser):
    await browser.get("/guidance/scenarios/nothing", status=404)
    await browser.get("/guidance/items/furniture.nothing", status=404)
