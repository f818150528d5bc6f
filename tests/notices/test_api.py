import pytest

from backend.notices import queries
from backend.notices.tables import PushSubscription
from tests.browser import ORIGIN, Browser
from tests.notices import make

pytestmark = pytest.mark.usefixtures("woken")
HEADERS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "Accept": "application/json"}


def subscription(endpoint: str = "https://fcm.googleapis.com/fcm/send/1", **keys: str) -> dict:
    return {
        "endpoint": endpoint,
        "expirationTime": None,
        "keys": {"p256dh": make.P256DH, "auth": make.AUTH, **keys},
    }


async def test_a_browser_subscribes_and_unsubscribes(browser: Browser):
    owner = await make.person()
    await browser.sign_in(owner)
    agent = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X)"}

    for _ in range(2):
        answer = await browser.client.post("/api/push-subscriptions", json=subscription(), headers=HEADERS | agent)
        assert (answer.status_code, answer.content) == (204, b"")
    (row,) = await PushSubscription.select().where(PushSubscription.person == owner.person_id)
    assert row["device"].startswith("Mozilla/5.0 (iPhone")
    assert await queries.devices_of(viewer=owner, now=make.NOW), "it is signed in with the session it subscribed in"
    gone = await browser.client.request(
        "DELETE", "/api/push-subscriptions", json={"endpoint": row["endpoint"]}, headers=HEADERS
    )

    assert gone.status_code == 204
    assert not await PushSubscription.exists().where(PushSubscription.person == owner.person_id)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (subscription("https://evil.example/1"), "不在允许的名单里"),
        (subscription("http://169.254.169.254/latest"), "不在允许的名单里"),
        (subscription(p256dh="AAAA"), "密钥不对"),
    ],
)
async def test_a_subscription_that_is_none_is_refused_in_words(browser: Browser, sent: dict, words: str):
    await browser.sign_in(await make.person())

    answer = await browser.client.post("/api/push-subscriptions", json=sent, headers=HEADERS)

    assert answer.status_code == 422
    assert words in answer.json()["words"]


@pytest.mark.parametrize("sent", [{}, {"endpoint": 1}, {"endpoint": "https://fcm.googleapis.com/1"}, []])
async def test_nonsense_is_refused(browser: Browser, sent: object):
    await browser.sign_in(await make.person())

    answer = await browser.client.post("/api/push-subscriptions", json=sent, headers=HEADERS)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/notices/unread"),
        ("GET", "/api/notices/live"),
        ("POST", "/api/push-subscriptions"),
        ("DELETE", "/api/push-subscriptions"),
    ],
)
async def test_nobody_is_answered_without_being_signed_in(browser: Browser, method: str, path: str):
    answer = await browser.client.request(method, path, json=subscription(), headers=HEADERS)

    assert answer.status_code == 401


async def test_another_site_s_page_cannot_subscribe_a_visitor(browser: Browser):
    await browser.sign_in(await make.person())
    foreign = HEADERS | {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answer = await browser.client.post("/api/push-subscriptions", json=subscription(), headers=foreign)

    assert answer.status_code == 403


async def test_the_unread_count_is_fresh(browser: Browser):
    owner = await make.person()
    await browser.sign_in(owner)
    counts = []

    for _ in range(2):
        answer = await browser.client.get("/api/notices/unread", headers=HEADERS)
        counts.append(answer.json()["unread"])
        assert answer.headers["cache-control"] == "no-store"
        await make.told(owner)

    assert counts == [0, 1]
