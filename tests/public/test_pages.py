"""What a stranger sees follows each step and never shows a private value."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from backend.guidance import actions, queries
from backend.guidance.rules import VisitState
from backend.guidance.tables import Visit
from backend.kit import db
from tests.browser import Browser
from tests.guidance import make


@pytest.fixture
async def visit(database: None, now: datetime) -> UUID:
    await make.officers()
    return await make.visit(await make.firm(name="隐山木作"), now=now)


async def track_code(visit_id: UUID) -> str:
    return (await Visit.select(Visit.track_code).where(Visit.id == visit_id).first())["track_code"]


async def door_code(visit_id: UUID) -> str:
    rows = await db.fetch(
        "SELECT e.door_code FROM enterprise e JOIN visit v ON v.enterprise = e.id WHERE v.id = $1", visit_id
    )
    return rows[0]["door_code"]


async def private_values(visit_id: UUID) -> list[str]:
    """Everything in the database about this visit that a stranger must not read, as it would be printed."""
    async with db.transaction(desk=db.Desk.GUIDANCE):
        rows = await db.fetch(
            """SELECT e.name AS firm, e.uscc, e.address, e.contact_name, e.contact_phone, e.door_code,
                      s.address AS site, s.name AS place, p.name AS owner, p.phone, w.question,
                      v.id::text AS visit, e.id::text AS enterprise
               FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN site s ON s.id = v.site
               JOIN person p ON p.id = v.booked_by JOIN guidance.visit_words w ON w.visit = v.id WHERE v.id = $1""",
            visit_id,
        )
        officers = await db.fetch(
            """SELECT p.name, p.phone, o.certificate_number, o.id::text AS officer FROM engagement g
               JOIN officer o ON o.id = g.officer JOIN person p ON p.id = o.person WHERE g.about = $1""",
            visit_id,
        )
    return [str(value) for row in (*rows, *officers) for value in row.values() if value]


async def test_the_page_of_a_booking_names_stage_departments_and_dates(browser: Browser, visit: UUID):
    page = await browser.get(f"/track/{await track_code(visit)}")

    for shown in ("待受理", "应急管理", "消防", "上午", "企业提交了预约", "上门指导"):
        assert shown in page.words()


async def test_no_private_value_appears_on_any_public_page(browser: Browser, visit: UUID):
    values = await private_values(visit)
    door = await door_code(visit)
    assert len(values) > 15

    for path in (f"/track/{await track_code(visit)}", f"/d/{door}", "/"):
        page = await browser.get(path)
        shown = [value for value in values if value in page.text]
        assert not shown, f"{path} shows {shown}"


async def test_the_page_follows_a_step_at_once(browser: Browser, visit: UUID, now: datetime):
    code = await track_code(visit)
    await actions.accept_visit(actor=await make.office(), visit_id=visit, now=now + timedelta(hours=1))

    page = await browser.get(f"/track/{code}")

    assert "已约定" in page.words()
    assert "指导办受理了预约" in page.words()


async def test_a_returned_booking_does_not_show_its_reason(browser: Browser, visit: UUID, now: datetime):
    reason = "您的厂房地址对不上"
    await actions.return_visit(actor=await make.office(), visit_id=visit, reason=reason, now=now)

    page = await browser.get(f"/track/{await track_code(visit)}")

    assert "已退回" in page.words()
    assert reason not in page.text


async def test_all_corrected_is_said_when_it_is(browser: Browser, visit: UUID, now: datetime):
    code = await track_code(visit)
    assert "都改好了" not in (await browser.get(f"/track/{code}")).words()

    await Visit.update({Visit.state: VisitState.CLOSED, Visit.all_corrected_at: now}).where(Visit.id == visit)

    assert "都改好了" in (await browser.get(f"/track/{code}")).words()


@pytest.mark.parametrize("typed", ["{lower}", "{first}-{last}", " {code} "])
async def test_a_code_may_be_typed_as_people_do(browser: Browser, visit: UUID, typed: str):
    code = await track_code(visit)
    text = typed.format(lower=code.lower(), first=code[:5], last=code[5:], code=code)
    assert "待受理" in (await browser.get("/track/" + text.replace(" ", "%20"))).words()


@pytest.mark.parametrize("code", ["0000000000", "x", "%3Cscript%3E", "a" * 300])
async def test_an_unknown_code_says_what_to_do_and_keeps_what_was_typed(browser: Browser, code: str):
    page = await browser.get(f"/track/{code}", status=404)
    assert "没有这个查询码" in page.words()
    assert "<script>alert" not in page.text


async def test_an_empty_code_is_refused_beside_its_field(browser: Browser):
    page = await browser.get("/track?code=", status=422)
    assert "提交有问题" in page.words()
    assert page.tree.xpath("//a[@href='#code']")


async def test_a_door_shows_the_last_visits_and_a_made_up_one_is_not_found(browser: Browser, visit: UUID):
    door = await door_code(visit)
    page = await browser.get(f"/d/{door}")

    assert page.tree.xpath(f"//a[@href='/track/{await track_code(visit)}']")
    await browser.get("/d/0000000000", status=404)


async def test_public_pages_are_kept_by_nobody_on_the_way(browser: Browser, visit: UUID):
    page = await browser.get(f"/track/{await track_code(visit)}")
    assert page.answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/track", "/privacy", "/sources"])
async def test_a_stranger_reads_the_standing_pages(browser: Browser, path: str):
    await browser.get(path)


async def test_progress_counts_no_findings(database: None, visit: UUID):
    found = await queries.progress(await track_code(visit))
    assert found is not None
    assert not [name for name in found.__struct_fields__ if "opinion" in name or "finding" in name]
