import json
import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import msgspec
import pytest

from backend.accounts import access, actions
from backend.accounts.rules import Role
from backend.accounts.tables import Session, SignInCode
from backend.app import create_app
from backend.settings import Settings
from tests.accounts import make
from tests.browser import Browser


@pytest.fixture(autouse=True)
def _limiter(limiter):
    """Each test counts from nothing."""


def newest_code(settings: Settings, phone: str) -> str:
    """What the demonstration wrote down for a number."""
    lines = (settings.data / "sms.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [line["text"] for line in map(json.loads, lines) if line["to"] == phone]
    return re.findall(r"\d{6}", texts[-1])[0]


async def sign_in(browser, settings, phone, *, wanted="/me"):
    asked = await browser.send("/sign-in", phone=phone, next=wanted)
    assert urlsplit(asked.answer.headers["location"]).path == "/sign-in/code"
    return await browser.send("/sign-in/code", code=newest_code(settings, phone), next=wanted)


async def test_an_owner_signs_in_without_scripts_and_goes_where_they_wanted(browser, settings):
    owner = await make.owner()
    number = await browser.get("/sign-in?next=/me")
    assert number.all("//input[@name='next']/@value") == ["/me"]

    asked = await browser.send("/sign-in", phone=f"+86 {owner.phone}", next="/me")
    code = await browser.get(asked.answer.headers["location"])
    assert f"{owner.phone[:3]}****{owner.phone[-4:]}" in code
    assert owner.phone not in code
    entered = await browser.send("/sign-in/code", code=newest_code(settings, owner.phone), next="/me")

    assert entered.answer.headers["location"] == "/me"
    assert owner.name in await browser.get("/me")


async def test_somebody_new_is_asked_for_a_name_and_may_leave_it(browser, settings):
    entered = await sign_in(browser, settings, make.phone(), wanted="/me")
    assert entered.answer.headers["location"] == "/me/name?next=%2Fme"

    page = await browser.get("/me/name?next=/me")
    assert page.all("//a[contains(., '以后再填')]/@href") == ["/me"]
    refused = await browser.send("/me/name", status=422, name=" ", next="/me")
    assert "请写您的姓名" in refused
    saved = await browser.send("/me/name", name="李檀生", next="/me")

    assert saved.answer.headers["location"] == "/me"
    assert "李檀生" in await browser.get("/me")


async def test_somebody_with_two_desks_picks_one_and_can_change_it(browser, settings, now):
    officer = await make.official()
    office = await actions.admit(phone=officer.phone, role=Role.GUIDANCE_OFFICE, department="guidance_office", now=now)

    entered = await sign_in(browser, settings, officer.phone, wanted="/me")
    assert entered.answer.headers["location"] == "/desk?next=%2Fme"
    page = await browser.get("/desk?next=/me")
    assert len(page.all("//input[@type='radio']")) == 2
    before = browser.client.cookies[access.COOKIE]
    await browser.send("/desk", grant_id=office.grant_id, next="/me")

    assert browser.client.cookies[access.COOKIE] != before
    assert "指导办" in (await browser.get("/me")).words()
    assert await Session.count().where(Session.person == officer.person_id) == 1


async def test_a_desk_of_somebody_else_is_not_there(browser):
    owner, officer = await make.owner(), await make.official()
    await browser.sign_in(owner)

    await browser.send("/desk", status=404, grant_id=officer.grant_id)
    await browser.send("/desk", status=422, grant_id="not-a-desk")
    await browser.send("/desk", status=422)

    assert (await browser.get("/desk", status=303)).answer.headers["location"] == "/"  # nothing to choose


@pytest.mark.parametrize("typed", ["", "1380001", "０５７９８６６５１２３４", "x" * 500])
async def test_a_wrong_number_comes_back_with_what_was_typed(browser, typed):
    page = await browser.send("/sign-in", status=422, phone=typed, next="/me")

    assert page.all("//title")[0].text_content().startswith("错误：")
    assert "请输入11位手机号码" in page
    assert page.all("//input[@id='phone']/@value") == [typed]
    assert page.all("//input[@name='next']/@value") == ["/me"]
    assert await SignInCode.count() == 0


async def test_a_wrong_code_says_how_many_tries_are_left(browser, settings):
    phone = make.phone()
    await browser.send("/sign-in", phone=phone)
    code = newest_code(settings, phone)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    for words in ("还可以试4次", "还可以试3次", "还可以试2次", "还可以试1次", "重新获取"):
        assert words in await browser.send("/sign-in/code", status=422, code=wrong)

    assert "已失效" in await browser.send("/sign-in/code", status=422, code=code)
    assert access.COOKIE not in browser.client.cookies


async def test_asking_again_at_once_says_when(browser, settings):
    phone = make.phone()
    await browser.send("/sign-in", phone=phone)

    page = await browser.send("/sign-in/code", status=422, again="1", next="/me")

    assert "今天 09:01" in page
    assert await browser.send("/sign-in/code", code=newest_code(settings, phone))  # the first one still holds


async def test_a_code_asked_for_in_one_browser_does_not_open_another(browser, settings, now):
    phone = make.phone()
    await browser.send("/sign-in", phone=phone)
    code = newest_code(settings, phone)
    app = create_app(settings, clock=lambda: now, pool=False)
    async with Browser.of(app, now=now) as other:
        page = await other.send("/sign-in/code", code=code)
        assert page.answer.headers["location"] == "/sign-in"
        assert access.COOKIE not in other.client.cookies

    assert await browser.send("/sign-in/code", code=code)


async def test_a_code_sent_twice_opens_one_session(browser, settings):
    phone = make.phone()
    await browser.send("/sign-in", phone=phone)
    code, attempt = newest_code(settings, phone), browser.client.cookies[access.ATTEMPT_COOKIE]
    await browser.send("/sign-in/code", code=code)

    browser.client.cookies.clear()
    browser.client.cookies.set(access.ATTEMPT_COOKIE, attempt, domain="t.example", path="/")
    replayed = await browser.send("/sign-in/code", code=code)

    assert replayed.answer.headers["location"] == "/sign-in"
    assert await Session.count() == 1


async def test_a_planted_session_is_not_kept(browser, settings, now):
    """Session fixation: what the browser brings never becomes the session of whoever signs in."""
    attacker = await make.owner()
    await browser.sign_in(attacker)
    planted = browser.client.cookies[access.COOKIE]
    phone = make.phone()
    await browser.send("/sign-in", phone=phone)
    await browser.send("/sign-in/code", code=newest_code(settings, phone))

    assert browser.client.cookies[access.COOKIE] != planted
    browser.client.cookies.set(access.COOKIE, planted, domain="t.example", path="/")
    await browser.get("/me", status=303)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_nobody_is_led_to_another_site(browser, settings, elsewhere):
    owner = await make.owner()
    page = await browser.get("/sign-in?next=" + elsewhere)
    assert page.all("//input[@name='next']/@value") == ["/"]

    entered = await sign_in(browser, settings, owner.phone, wanted=elsewhere)

    assert entered.answer.headers["location"] == "/"
    await browser.send("/preferences", here=elsewhere, elder="1")
    looked = await browser.get("/sign-in?next=" + elsewhere, status=303)
    assert looked.answer.headers["location"] == "/"


async def test_known_and_unknown_numbers_get_the_same_page(browser):
    owner = await make.owner()
    pages = []
    for phone in (owner.phone, make.phone()):
        asked = await browser.send("/sign-in", phone=phone, next="/me")
        page = await browser.get(asked.answer.headers["location"])
        pages.append(page.text.replace(phone[-4:], "0000"))

    assert pages[0] == pages[1]


async def test_signing_out_ends_the_session_and_the_cookie(browser):
    await browser.sign_in(await make.owner())
    kept = browser.client.cookies[access.COOKIE]

    out = await browser.send("/sign-out")

    assert out.answer.headers["location"] == "/"
    assert access.COOKIE not in browser.client.cookies
    browser.client.cookies.set(access.COOKIE, kept, domain="t.example", path="/")
    await browser.get("/me", status=303)
    await browser.send("/sign-out")  # once more does no harm


async def test_another_browser_can_be_signed_out_from_here(browser, now):
    owner = await make.owner()
    lost = await actions.open_session(
        person_id=owner.person_id, grant_id=owner.grant_id, device="微信 · 安卓手机", now=now - timedelta(days=1)
    )
    await browser.sign_in(owner)
    page = await browser.get("/me")
    assert "微信 · 安卓手机" in page

    await browser.send(page.all("//form[contains(@action, '/me/sessions/')]/@action")[0])

    assert "微信 · 安卓手机" not in await browser.get("/me")
    assert not await Session.exists().where(Session.id_hash == access.rules.session_hash(lost))


async def test_a_session_of_somebody_else_is_not_there(browser, now):
    owner, other = await make.owner(), await make.owner()
    await actions.open_session(person_id=other.person_id, grant_id=other.grant_id, device="", now=now)
    row = await Session.select(Session.id_hash).where(Session.person == other.person_id).first()
    await browser.sign_in(owner)

    await browser.send(f"/me/sessions/{row['id_hash'][:16]}/closure", status=404)

    assert await Session.exists().where(Session.person == other.person_id)


async def test_elder_mode_works_for_everybody_and_comes_back_to_the_page(browser):
    sent = await browser.send("/preferences", here="/sign-in?next=/me", elder="1")
    assert sent.answer.headers["location"] == "/sign-in?next=/me"
    assert (await browser.get("/sign-in")).tree.get("data-elder") is not None

    await browser.send("/preferences", here="/sign-in", elder="")

    assert (await browser.get("/sign-in")).tree.get("data-elder") is None


@pytest.mark.parametrize(("sent", "kept"), [("dark", "dark"), ("light", "light"), ("", None), ("evil", None)])
async def test_a_theme_is_kept_if_there_is_one(browser, sent, kept):
    await browser.send("/preferences", here="/sign-in", theme=sent)

    assert (await browser.get("/sign-in")).tree.get("data-theme") == kept


async def test_a_form_too_large_is_refused_before_it_is_read(browser):
    for path in ("/sign-in", "/sign-in/code", "/preferences"):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        browser.client.cookies.set(access.ATTEMPT_COOKIE, str(uuid4()), domain="t.example", path="/")
        answer = await browser.client.post(path, content=b"phone=" + b"1" * 10_000_000, headers=form)
        assert answer.status_code == 413

    assert await SignInCode.count() == 0


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_has_a_page_of_their_own(browser, role):
    await browser.sign_in(await (make.owner() if role is Role.OWNER else make.official(role)))

    assert "退出登录" in await browser.get("/me")


async def test_whoever_is_signed_in_already_goes_on_at_once(browser):
    await browser.sign_in(await make.owner())

    page = await browser.get("/sign-in?next=/me/name", status=303)

    assert page.answer.headers["location"] == "/me/name"


async def test_the_demonstration_shows_its_messages_to_this_machine_only(browser, settings, now):
    phone = make.phone()
    await browser.send("/sign-in", phone=phone)
    assert newest_code(settings, phone) in await browser.get("/dev/sms")

    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=1.2.3.4"}):
        assert (await browser.client.get("/dev/sms", headers=headers)).status_code == 404
    assert await _status(settings, now, ("192.168.1.20", 1)) == 404
    assert await _status(msgspec.structs.replace(settings, dev_sms_open=True), now, ("192.168.1.20", 1)) == 200


async def test_in_production_nobody_sees_messages(database, settings, now):
    here = ("127.0.0.1", 1)
    production = msgspec.structs.replace(settings, env="production", dev_sms_open=True)
    real = msgspec.structs.replace(settings, sms="http", sms_url="https://gateway.example", dev_sms_open=True)

    assert await _status(production, now, here) == 404
    assert await _status(real, now, here) == 404


async def _status(settings, now, client):
    app = create_app(settings, clock=lambda: now, pool=False)
    transport = httpx.ASGITransport(app, client=client)
    async with httpx.AsyncClient(transport=transport, base_url="https://t.example") as asking:
        return (await asking.get("/dev/sms")).status_code
