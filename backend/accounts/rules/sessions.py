"""Sessions, the browsers they are in, and the paths that lead back. Pure."""

import hashlib
from datetime import timedelta
from urllib.parse import quote, urlsplit

SESSION_LASTS = timedelta(days=30)
SESSION_TOUCHED_EVERY = timedelta(hours=1)  # how exact `seen_at` is; each touch moves the end
NEXT_LONGEST = 500
# What browsers call themselves, the particular before the general: nearly all also claim to be Chrome or Safari.
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("TaurusApp", "浙政钉"),
    ("DingTalk", "钉钉"),
    ("AlipayClient", "支付宝"),
    ("HuaweiBrowser", "华为浏览器"),
    ("MiuiBrowser", "小米浏览器"),
    ("QQBrowser", "QQ浏览器"),
    ("UCBrowser", "UC浏览器"),
    ("Quark", "夸克"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "苹果手机"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙手机"),
    ("OpenHarmony", "鸿蒙手机"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)


def session_hash(cookie: str) -> str:
    """What is kept of a session's secret, hex. Unkeyed: 256 random bits cannot be guessed."""
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()


def device_key(id_hash: str) -> str:
    """How a form names a session: enough of its hash to tell one person's sessions apart."""
    return id_hash[:16]


def safe_next(wanted: str) -> str:
    """Where to go after signing in: a path of this site that is not on the way in or out, else the home page."""
    path = local_path(wanted)
    ways_round = ("/sign-in", "/sign-out", "/desk", "/preferences", "/api", "/static")
    return (
        "/"
        if path.startswith(tuple(f"{way}{end}" for way in ways_round for end in "/?#")) or path in ways_round
        else path
    )


def local_path(wanted: str) -> str:
    """A path of this site, ASCII, or the home page for anything else that somebody put there."""
    plain = wanted.strip()
    if not plain.startswith("/") or plain.startswith("//") or len(plain) > NEXT_LONGEST:
        return "/"
    if "\\" in plain or any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in plain):
        return "/"
    try:
        parts = urlsplit(plain)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc:
        return "/"
    return quote(plain, safe="/%?&=#+:,;@!$'()*~[]")


def device_words(user_agent: str) -> str:
    """A browser in words its owner knows: ``微信 · 安卓手机``. Guesses from the name it gives itself."""
    browser = next((words for mark, words in BROWSERS if mark in user_agent), "浏览器")
    system = next((words for mark, words in SYSTEMS if mark in user_agent), "")
    return f"{browser} · {system}" if system else browser
