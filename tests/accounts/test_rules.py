import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import phonenumbers
import pytest

from backend.accounts import rules
from backend.accounts.rules import Actor, Permission, Role
from backend.kit import clock

ATTEMPT = UUID("6f1b9f3e-0000-4000-8000-000000000001")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "13800012345",
        " 138 0001 2345 ",
        "138-0001-2345",
        "１３８０００１２３４５",
        "+86 13800012345",
        "0086-138-0001-2345",
        "8613800012345",
        "＋８６ １３８ ０００１ ２３４５",
    ],
)
def test_a_number_is_read_however_it_was_typed(typed):
    assert rules.read_phone(typed) == "13800012345"


@pytest.mark.parametrize(
    "typed",
    [
        "", "1380001234", "138000123456", "12800012345", "23800012345", "0579-86651234", "13800012345a", "一三八",
        "+1 650 253 0000", "+85291234567", "86138000123456",
    ],
)  # fmt: skip
def test_what_is_no_mobile_number_is_refused_with_an_example(typed):
    with pytest.raises(rules.PhoneWrong, match="13800001234"):
        rules.read_phone(typed)


@pytest.mark.parametrize("start", ["130", "138", "147", "150", "166", "173", "186", "191", "192", "197", "199"])
def test_numbers_that_the_library_of_numbers_knows_are_read_alike(start):
    typed = f"+86 {start}-0001-2345"

    known = phonenumbers.parse(typed, "CN")

    assert phonenumbers.is_valid_number(known)
    assert rules.read_phone(typed) == str(known.national_number)


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "１２３４５６", "12 34 56"])
def test_a_code_is_read_however_it_was_typed(typed):
    assert rules.read_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "一二三四五六", "-12345", "²²²²²²x"])
def test_what_is_no_code_costs_no_try(typed):
    with pytest.raises(rules.CodeIncomplete):
        rules.read_code(typed)


def test_the_kept_code_depends_on_code_attempt_and_key():
    kept = rules.code_hash("123456", attempt=ATTEMPT, secret=b"key")

    assert re.fullmatch("[0-9a-f]{64}", kept)
    assert kept == rules.code_hash("123456", attempt=ATTEMPT, secret=b"key")
    assert kept != rules.code_hash("123457", attempt=ATTEMPT, secret=b"key")
    assert kept != rules.code_hash("123456", attempt=UUID(int=ATTEMPT.int + 1), secret=b"key")
    assert kept != rules.code_hash("123456", attempt=ATTEMPT, secret=b"another")


def test_the_message_holds_the_code_its_term_and_a_warning():
    message = rules.code_message("012345")

    assert message.startswith("【闭环】")
    assert "012345" in message
    assert "5分钟" in message
    assert len(message) <= 70  # one SMS


@pytest.mark.parametrize("wanted", ["/", "/guidance/visits/new", "/track?code=A1&x=%E7%BA%A2", "/me", "/desks"])
def test_a_path_of_this_site_is_where_one_goes_on(wanted):
    assert rules.safe_next(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "", "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "http:/evil.example", "evil.example",
        "/x\r\nSet-Cookie: a=b", "/" + "a" * 600, "/sign-in", "/sign-in?next=/", "/sign-in/code", "/sign-out",
        "/desk", "/desk?next=/desk", "/preferences", "/api/notices",
        " //evil.example", "/ok\x00", "//[", "/\u3000x y",
    ],
)  # fmt: skip
def test_nothing_else_is(wanted):
    assert rules.safe_next(wanted) == "/"


def test_chinese_in_a_path_is_escaped_because_a_header_cannot_hold_it():
    assert rules.safe_next("/registry?q=红木") == "/registry?q=%E7%BA%A2%E6%9C%A8"


def test_the_look_may_be_changed_on_the_sign_in_page():
    assert rules.local_path("/sign-in/code") == "/sign-in/code"
    assert rules.local_path("//evil.example") == "/"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "今天 09:00"), (1, "今天 09:01"), (60, "今天 09:01"), (3600, "今天 10:00"), (15 * 3600, "明天 00:00")],
)
def test_when_to_try_again_is_rounded_up_to_the_minute(seconds, words):
    until = clock.beijing(NOW + timedelta(seconds=seconds))

    assert rules.wait_words(until, now=clock.beijing(NOW)) == words


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14; HBN) Chrome/116 Mobile Safari/537 MicroMessenger/8.0", "微信 · 安卓手机"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Safari/604", "Safari · 苹果手机"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge · Windows 电脑"),
        ("Mozilla/5.0 (Linux; Android 12) Chrome/99 Safari/537 TaurusApp DingTalk", "浙政钉 · 安卓手机"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1 Mobile HuaweiBrowser/5", "华为浏览器 · 鸿蒙手机"),
        ("curl/8", "浏览器"),
        ("", "浏览器"),
    ],
)  # fmt: skip
def test_a_device_is_named_in_words_its_owner_knows(user_agent, words):
    assert rules.device_words(user_agent) == words


def test_officials_sit_in_a_department_and_owners_in_none():
    rules.check_grant(role=Role.OWNER, department=None)
    rules.check_grant(role=Role.OFFICER, department="fire")
    for role in Role:
        with pytest.raises(rules.DepartmentWrong):
            rules.check_grant(role=role, department="fire" if role is Role.OWNER else None)


def test_a_permission_of_the_next_release_is_passed_over():
    assert rules.permissions_of(["visit.book", "spaceship.launch"]) == {Permission.VISIT_BOOK}


def test_an_actor_may_what_its_desk_may():
    actor = Actor(
        person_id=ATTEMPT, name="", phone="13800012345", role=Role.OWNER, grant_id=ATTEMPT,
        permissions=frozenset({Permission.VISIT_BOOK}),
    )  # fmt: skip

    assert actor.may(Permission.VISIT_BOOK)
    assert not actor.may(Permission.VISIT_DECIDE)
