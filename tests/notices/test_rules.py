from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import msgspec
import pytest

from backend.kit import texts
from backend.kit.clock import at_beijing
from backend.notices import rules
from backend.notices.rules import Group, Message, NextStep, NoticeState, Outcome, Tried
from backend.standards.rules import NoticePolicy
from tests.notices.make import FACTS

MONDAY = datetime(2026, 11, 23, tzinfo=UTC).date()
QUIET = NoticePolicy(quiet_from=time(21), quiet_until=time(8))
ALL_FACTS = FACTS | {
    "departments": "消防、应急",
    "deadline": "2026-11-27",
    "basis": "办法第八条",
    "unit": "市消防救援大队",
    "was_day": "2026-11-24",
    "was_half": "下午",
    "items": 3,
}
MINUTE = timedelta(minutes=1)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def tried(*outcomes: Outcome, wait: timedelta | None = None) -> list[Tried]:
    return [Tried(outcome, wait=wait) for outcome in outcomes]


@pytest.mark.parametrize("kind", rules.KINDS)
def test_every_kind_has_a_text_that_its_own_facts_fill(kind: str):
    needed = {name: ALL_FACTS[name] for name in rules.KINDS[kind].needs}

    said = texts.said(rules.file_of(kind), needed)

    assert 4 <= len(said.title) <= 40
    assert len(said.body) >= 10
    assert "{" not in said.title + said.body


@pytest.mark.parametrize("kind", rules.KINDS)
def test_every_text_also_fits_with_all_facts_and_names_the_day_in_words(kind: str):
    said = texts.said(rules.file_of(kind), ALL_FACTS)

    assert "2026-" not in (said.title + said.body).replace(FACTS["number"], "")
    assert len(said.body) <= 200


def test_every_fact_a_kind_needs_is_a_known_one():
    assert all(kind.needs <= rules.FACTS for kind in rules.KINDS.values())
    assert set(ALL_FACTS) <= rules.FACTS


@pytest.mark.parametrize(
    ("attempts", "wait"), [(1, minutes(1)), (2, minutes(2)), (3, minutes(4)), (4, minutes(8)), (5, minutes(16))]
)
def test_waits_double_from_a_minute(attempts: int, wait: timedelta):
    step = rules.after_try(tries=tried(Outcome.FAILED), attempts=attempts)

    assert step == NextStep(NoticeState.QUEUED, wait)


def test_the_sixth_failure_is_the_last():
    assert rules.after_try(tries=tried(Outcome.FAILED), attempts=6) == NextStep(NoticeState.DEAD)


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ((), NoticeState.SHOWN),
        ((Outcome.GONE,), NoticeState.SHOWN),
        ((Outcome.TAKEN,), NoticeState.SENT),
        ((Outcome.FAILED, Outcome.TAKEN), NoticeState.SENT),
        ((Outcome.GONE, Outcome.FAILED), NoticeState.QUEUED),
        ((Outcome.REFUSED, Outcome.FAILED), NoticeState.QUEUED),
        ((Outcome.REFUSED,), NoticeState.DEAD),
        ((Outcome.REFUSED, Outcome.GONE), NoticeState.DEAD),
        ((Outcome.REFUSED, Outcome.TAKEN), NoticeState.SENT),
    ],
)
def test_one_taken_try_is_enough_and_only_a_failure_is_tried_again(outcomes: tuple[Outcome, ...], state: NoticeState):
    assert rules.after_try(tries=tried(*outcomes), attempts=1).state is state


@pytest.mark.parametrize(("asked", "wait"), [(10, 60), (60, 60), (61, 61), (120, 120), (3_600, 3_600), (90_000, 3_600)])
def test_who_asks_us_to_stay_away_is_obeyed_up_to_an_hour(asked: int, wait: int):
    step = rules.after_try(tries=tried(Outcome.FAILED, wait=timedelta(seconds=asked)), attempts=1)

    assert step.wait == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(20, 59, False), (21, 0, True), (23, 59, True), (0, 0, True), (7, 59, True), (8, 0, False), (12, 0, False)],
)
def test_quiet_hours_start_at_nine_and_end_at_eight(hour: int, minute: int, quiet: bool):
    assert rules.is_quiet(at_beijing(MONDAY, hour, minute), policy=QUIET) is quiet


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (at_beijing(MONDAY, 20, 59), at_beijing(MONDAY, 20, 59)),
        (at_beijing(MONDAY, 21), at_beijing(MONDAY + timedelta(days=1), 8)),
        (at_beijing(MONDAY, 0), at_beijing(MONDAY, 8)),
        (at_beijing(MONDAY, 7, 59), at_beijing(MONDAY, 8)),
        (at_beijing(MONDAY, 8), at_beijing(MONDAY, 8)),
    ],
)
def test_what_falls_into_the_night_is_sent_in_the_morning(wanted: datetime, sent: datetime):
    assert rules.send_at(wanted, urgent=False, policy=QUIET) == sent


def test_urgent_notices_ignore_the_night():
    night = at_beijing(MONDAY, 3)

    assert rules.send_at(night, urgent=True, policy=QUIET) == night


def test_quiet_hours_may_lie_within_a_day_or_not_exist():
    noon = NoticePolicy(quiet_from=time(12), quiet_until=time(14))
    none = NoticePolicy(quiet_from=time(8), quiet_until=time(8))

    assert rules.send_at(at_beijing(MONDAY, 13), urgent=False, policy=noon) == at_beijing(MONDAY, 14)
    assert not rules.is_quiet(at_beijing(MONDAY, 14), policy=noon)
    assert not any(rules.is_quiet(at_beijing(MONDAY, hour), policy=none) for hour in range(24))


@pytest.mark.parametrize(
    ("kind", "facts", "path"),
    [
        ("visit.unheard_of", FACTS, "/x"),
        ("visit.booked", {"number": "1"}, "/x"),
        ("visit.booked", FACTS | {"question": "消防通道怎么设"}, "/x"),
        ("visit.booked", FACTS | {"unit": "话" * 201}, "/x"),
        ("visit.booked", FACTS | {"unit": "一行\n又一行"}, "/x"),
        ("visit.booked", FACTS, "guidance/visits/1"),
        ("visit.booked", FACTS, "//evil.example"),
        ("visit.booked", FACTS, "/\\evil.example"),
        ("visit.booked", FACTS, "/" + "x" * 200),
    ],
)
def test_words_unknown_facts_and_ways_off_the_site_do_not_get_into_a_notice(kind: str, facts: dict, path: str):
    with pytest.raises(rules.Unsayable):
        rules.check_sayable(kind, facts=facts, path=path)


def test_statutory_kinds_ring_even_in_a_silenced_group():
    assert rules.may_push(rules.KINDS["visit.opinion_issued"], muted=True)
    assert not rules.may_push(rules.KINDS["visit.accepted"], muted=True)


@pytest.mark.parametrize(
    ("kind", "outcomes", "sms"),
    [
        ("visit.opinion_issued", (), True),
        ("visit.opinion_issued", (Outcome.FAILED, Outcome.GONE), True),
        ("visit.opinion_issued", (Outcome.FAILED, Outcome.TAKEN), False),
        ("visit.accepted", (), False),
    ],
)
def test_an_sms_goes_out_when_no_device_took_a_kind_that_says_so(kind: str, outcomes: tuple[Outcome, ...], sms: bool):
    assert rules.wants_sms(rules.KINDS[kind], tried(*outcomes)) is sms


MESSAGE = Message(
    title="预约已受理，时间定了",
    body="x",
    url="https://t.example/notices/1",
    tag="t" * 32,
    ttl_s=60,
    urgent=False,
    badge=3,
)


@pytest.mark.parametrize("letters", [0, 1, 3_000, 3_900])
def test_a_payload_never_exceeds_what_every_push_service_takes(letters: int):
    for body in ("a" * letters, "企" * letters, '"\\\n' * letters):
        packed = rules.payload(msgspec.structs.replace(MESSAGE, body=body))

        assert len(packed) <= rules.MAX_BYTES == 3_993
        assert msgspec.json.decode(packed)["notification"]["title"] == MESSAGE.title


def test_a_body_that_just_fits_stays_whole_and_one_byte_more_is_cut():
    room = rules.MAX_BYTES - len(rules.payload(msgspec.structs.replace(MESSAGE, body="")))

    whole = msgspec.json.decode(rules.payload(msgspec.structs.replace(MESSAGE, body="a" * room)))
    cut = msgspec.json.decode(rules.payload(msgspec.structs.replace(MESSAGE, body="a" * (room + 1))))

    assert whole["notification"]["body"] == "a" * room
    assert cut["notification"]["body"].endswith("a…")
    assert len(cut["notification"]["body"]) == room - 2  # the ellipsis takes three bytes


def test_the_title_gives_way_last():
    long = msgspec.structs.replace(MESSAGE, title="题" * 400, body="文" * 400)

    said = msgspec.json.decode(rules.payload(long, limit=rules.SMALL_BYTES))["notification"]

    assert said["body"] == ""
    assert said["title"].startswith("题题")
    assert said["navigate"] == MESSAGE.url


def test_the_payload_is_declarative_web_push():
    said = msgspec.json.decode(rules.payload(MESSAGE))

    assert said["web_push"] == 8030
    assert said["app_badge"] == 3
    assert said["notification"]["navigate"].startswith("https://")
    assert said["notification"]["lang"] == "zh-CN"


def test_a_tag_is_a_topic_and_tells_apart_what_must_not_be_replaced():
    about = UUID(int=7)
    same = [rules.tag_of("visit.rescheduled", about, collapse=True, turn=turn) for turn in (1, 2)]
    apart = [rules.tag_of("visit.rescheduled", about, collapse=False, turn=turn) for turn in (1, 2)]

    assert same[0] == same[1]
    assert apart[0] != apart[1]
    assert all(len(tag) == 32 and tag.replace("-", "").replace("_", "").isalnum() for tag in same + apart)


HOSTS = ("fcm.googleapis.com", "*.push.apple.com", "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", "https://fcm.googleapis.com"),
        ("https://FCM.googleapis.com:443/fcm/send/abc", "https://fcm.googleapis.com"),
        ("https://web.push.apple.com/QA", "https://web.push.apple.com"),
        ("http://127.0.0.1:9000/push/1", "http://127.0.0.1:9000"),
    ],
)
def test_a_listed_push_service_is_accepted_and_its_origin_is_the_audience(url: str, origin: str):
    assert rules.check_endpoint(url, hosts=HOSTS).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/",
        "https://evil.example#@fcm.googleapis.com/",
        "https://fcm.googleapis.com\\@evil.example/",
        "https://user:word@fcm.googleapis.com/x",
        "https://push.apple.com/x",
        "https://evilpush.apple.com/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1:9001/x",
        "https://127.0.0.1:9000/x",
        "http://[::1]:9000/x",
        "https://[fcm.googleapis.com/x",
        "https://fcm.googleapis.com:abc/x",
        "https://fcm.googleapis.com./x",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/\nx",
        "file:///etc/passwd",
        "gopher://fcm.googleapis.com/x",
        "https:///x",
        "",
        "https://fcm.googleapis.com/" + "x" * 1_000,
        "https://.push.apple.com/x",
        f"https://{'a' * 64}.push.apple.com/x",
        "https://a..push.apple.com/x",
        "https://-a.push.apple.com/x",
    ],
)
def test_any_other_address_is_refused(url: str):
    with pytest.raises(rules.EndpointRefused):
        rules.check_endpoint(url, hosts=HOSTS)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        ("AA", "AA"),
        ("B" * 87, "A" * 21),
        ("!" * 87, "A" * 22),
        ("A" * 87, "A" * 22),
        ("B" + "A" * 86, "A" * 22),  # no point of the curve
        ("B" + "_" * 86, "A" * 22),
    ],
)
def test_keys_that_no_browser_makes_are_refused(p256dh: str, auth: str):
    with pytest.raises(rules.KeysWrong):
        rules.check_keys(p256dh, auth)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (at_beijing(MONDAY, 0, 5), "今天 00:05"),
        (at_beijing(MONDAY - timedelta(days=1), 23, 59), "昨天 23:59"),
        (at_beijing(MONDAY - timedelta(days=2), 8), "11月21日 08:00"),
        (datetime(2025, 12, 31, 4, tzinfo=UTC), "2025年12月31日 12:00"),
    ],
)
def test_times_are_said_as_people_say_them(at: datetime, words: str):
    assert rules.when_words(at, now=at_beijing(MONDAY, 9)) == words


@pytest.mark.parametrize(
    ("unread", "opened"),
    [({}, Group.TODO), ({Group.NEWS: 1}, Group.NEWS), ({Group.TODO: 1, Group.NEWS: 9}, Group.TODO)],
)
def test_the_inbox_opens_where_something_is_unread(unread: dict[Group, int], opened: Group):
    assert rules.first_group(None, unread=unread) is opened


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Mobile/15E148 Safari/604.1", "苹果手机"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36", "安卓手机 · Chrome"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Windows 电脑 · Edge"),
        ("", "设备"),
    ],
)
def test_a_device_has_a_name_that_people_know(agent: str, name: str):
    assert rules.device_name(agent).startswith(name)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "没有积压"), (59, "不到1分钟"), (60, "1分钟"), (7_199, "119分钟"), (7_200, "2小时")],
)
def test_the_lag_is_said_in_words(seconds: float, words: str):
    assert rules.lag_words(seconds) == words
