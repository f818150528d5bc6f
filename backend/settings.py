"""Settings: read once at start, every problem named together, passed on as values. No domain reads the environment."""

import base64
import ipaddress
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from backend.host import roles

Value = TypeVar("Value")

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MIN_SECRET = 32  # characters

PUSH_HOSTS = (
    "fcm.googleapis.com",
    "*.push.apple.com",
    "updates.push.services.mozilla.com",
    "*.notify.windows.com",
    "*.push.samsung.com",
    "*.hicloud.com",
)

# Every setting there is; README.md explains the ones a city needs. Each may come from a file named by NAME_FILE.
KNOWN = {
    "BIHUAN_ENV": "demo（默认）或 production",
    "BIHUAN_URL": "对外网址，如 https://bihuan.example.gov.cn",
    "DATABASE_URL": "PostgreSQL 16 或更高版本；只给这一个时是所有者的登录，网站用的登录由它派生",
    "DATABASE_OWNER_URL": "所有者的登录；给出时 DATABASE_URL 原样用于网站和后台任务",
    "REDIS_URL": "Redis 或 Valkey",
    "BIHUAN_SECRET": f"至少 {MIN_SECRET} 个字符的随机串",
    "BIHUAN_SIGNING_KEY": "Ed25519 私钥，32 字节的 base64url",
    "BIHUAN_VAPID_KEY": "P-256 私钥，32 字节的 base64url",
    "BIHUAN_VAPID_SUBJECT": "推送服务联系我们的方式，mailto: 或 https:",
    "BIHUAN_SMS": "log（仅演示）或 http",
    "BIHUAN_SMS_URL": "短信网关的 https 地址",
    "BIHUAN_SMS_TOKEN": "短信网关的令牌",
    "BIHUAN_PUSH_HOSTS": "允许的推送服务主机，逗号分隔，可用 *. 开头；自建的写完整来源，如 https://push.example:8443",
    "BIHUAN_TRUSTED_PROXIES": "可信反向代理的地址或网段，逗号分隔",
    "BIHUAN_CITY": "城市名称",
    "BIHUAN_ICP": "ICP 备案号",
    "BIHUAN_POLICE_FILING": "公安联网备案号",
    "BIHUAN_DEV_SMS_OPEN": "1：演示短信页面不限本机（仅演示）",
}


class SettingsWrong(Exception):
    """What is missing or wrong, all of it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("设置有误：\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment says. Database and Redis are empty where the embedded servers are meant."""

    env: Literal["demo", "production"]
    data: Path
    base_url: str  # without a slash at the end
    database_url: str  # the login of web and worker
    owner_database_url: str  # the login that migrates
    redis_url: str
    secret: bytes
    signing_key: bytes  # Ed25519 seed, 32 bytes
    vapid_key: bytes  # P-256 scalar, 32 bytes
    vapid_subject: str
    sms: Literal["log", "http"]
    sms_url: str
    sms_token: str
    push_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    city_name: str
    icp_filing: str
    police_filing: str
    dev_sms_open: bool  # False: /dev/sms answers loopback alone; with ``sms`` "http" it answers nobody

    def __repr__(self) -> str:
        return f"Settings(env={self.env!r}, data={str(self.data)!r}, base_url={self.base_url!r})"


def read(env: Mapping[str, str], *, data: Path) -> Settings:
    """Read and check every setting.

    data: the directory of all that is kept; a demonstration keeps its own secrets there (``secrets.json``, mode 0600).
    Raises SettingsWrong with every problem at once.
    """
    source = _Source(env)
    production = source.one_of("BIHUAN_ENV", ("demo", "production")) == "production"
    made = {} if production else _own_secrets(data)
    secret = source.checked("BIHUAN_SECRET", _secret, default=made.get("secret"))
    signing_key = source.checked("BIHUAN_SIGNING_KEY", _key, default=made.get("signing_key"))
    vapid_key = source.checked("BIHUAN_VAPID_KEY", _p256_key, default=made.get("vapid_key"))
    database_url = source.checked("DATABASE_URL", _postgres_url, default="")
    owner_url = source.checked("DATABASE_OWNER_URL", _postgres_url, default="")
    sms = source.one_of("BIHUAN_SMS", ("log", "http"))
    gateway = None if sms == "http" else ""
    if production and sms != "http":
        source.problems.append("BIHUAN_SMS：正式运行须接入真实短信网关（http），log 仅供演示")
    if owner_url and not database_url:
        source.problems.append("DATABASE_URL：给出 DATABASE_OWNER_URL 时也须给出")
    if database_url and not owner_url and secret:
        owner_url, database_url = database_url, roles.login_url(database_url, secret=secret)
    open_to_all = source.checked("BIHUAN_DEV_SMS_OPEN", _yes, default="0")
    if production and open_to_all:
        source.problems.append("BIHUAN_DEV_SMS_OPEN：仅供演示")
    base_url = source.checked("BIHUAN_URL", _web_url, default=None if production else "http://127.0.0.1:8000")
    if production and base_url and not base_url.startswith("https://"):
        source.problems.append("BIHUAN_URL：正式运行须以 https:// 开头")
    subject = None if production else "mailto:demo@bihuan.example"
    settings = Settings(
        env="production" if production else "demo",
        data=data,
        base_url=base_url or "",
        database_url=database_url or "",
        owner_database_url=owner_url or "",
        redis_url=source.checked("REDIS_URL", _redis_url, default="") or "",
        secret=secret or b"",
        signing_key=signing_key or b"",
        vapid_key=vapid_key or b"",
        vapid_subject=source.checked("BIHUAN_VAPID_SUBJECT", _contact, default=subject) or "",
        sms="http" if sms == "http" else "log",
        sms_url=source.checked("BIHUAN_SMS_URL", _https_url, default=gateway) or "",
        sms_token=source.checked("BIHUAN_SMS_TOKEN", str, default=gateway) or "",
        push_hosts=source.checked("BIHUAN_PUSH_HOSTS", _words, default=",".join(PUSH_HOSTS)) or (),
        trusted_proxies=source.checked("BIHUAN_TRUSTED_PROXIES", _networks, default="") or (),
        city_name=source.checked("BIHUAN_CITY", str, default=None if production else "东阳市") or "",
        icp_filing=source.checked("BIHUAN_ICP", str, default="") or "",
        police_filing=source.checked("BIHUAN_POLICE_FILING", str, default="") or "",
        dev_sms_open=bool(open_to_all),
    )
    if production and any(host.startswith("http://") for host in settings.push_hosts):
        source.problems.append("BIHUAN_PUSH_HOSTS：正式运行时推送服务须为 https")
    if source.problems:
        raise SettingsWrong(source.problems)
    return settings


class _Source:
    """The environment, and what was found wrong in it so far."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        """The setting or the contents of the file that NAME_FILE names; None when there is neither."""
        value, file = self.env.get(name, "").strip(), self.env.get(f"{name}_FILE", "").strip()
        if value and file:
            self.problems.append(f"{name}：不能同时给出 {name} 和 {name}_FILE")
        if value or not file:
            return value or None
        try:
            return Path(file).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as unreadable:
            self.problems.append(f"{name}_FILE：无法读取（{unreadable}）")
            return None

    def checked(self, name: str, check: Callable[[str], Value], *, default: str | None) -> Value | None:
        """The setting as ``check`` understands it. default: None when it must be given; "" stays None."""
        before = len(self.problems)
        text = self.text(name) or default
        if text is None and len(self.problems) == before:
            self.problems.append(f"{name}：未设置（{KNOWN[name]}）")
        try:
            return check(text) if text else None
        except ValueError as wrong:
            self.problems.append(f"{name}：{wrong}（{KNOWN[name]}）")
            return None

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        """The setting, by default the first of ``choices``."""
        given = self.text(name) or choices[0]
        if given not in choices:
            self.problems.append(f"{name}：不认识“{given}”（{KNOWN[name]}）")
        return given


def _secret(text: str) -> bytes:
    if len(text) < MIN_SECRET:
        raise ValueError(f"太短，只有 {len(text)} 个字符")
    return text.encode()


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError("不是 base64url") from None
    if len(key) != 32:
        raise ValueError(f"应为 32 字节，实为 {len(key)} 字节")
    return key


def _p256_key(text: str) -> bytes:
    key = _key(text)
    if not 0 < int.from_bytes(key) < P256_ORDER:
        raise ValueError("不是 P-256 私钥")
    return key


def _postgres_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres") or not (parts.path.strip("/") or parts.username):
        raise ValueError("应形如 postgresql://用户:密码@主机/数据库")
    return text


def _redis_url(text: str) -> str:
    if urlsplit(text).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("应以 redis://、rediss:// 或 unix:// 开头")
    return text


def _web_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("应为不带路径的网址")
    return text.rstrip("/")


def _https_url(text: str) -> str:
    if urlsplit(text).scheme != "https" or not urlsplit(text).hostname:
        raise ValueError("应以 https:// 开头")
    return text


def _contact(text: str) -> str:
    if not text.startswith(("mailto:", "https://")):
        raise ValueError("应以 mailto: 或 https:// 开头")
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _networks(text: str) -> tuple[str, ...]:
    for word in _words(text):
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise ValueError(f"“{word}”不是地址或网段") from None
    return _words(text)


def _yes(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("只能是 0 或 1")
    return text == "1"


def _own_secrets(data: Path) -> dict[str, str]:
    """The demonstration's secrets, made at the first start. Several processes may do so at once: one file wins."""
    kept = data / "secrets.json"
    if not kept.exists():
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = {
            "secret": secrets.token_urlsafe(32),
            "signing_key": secrets.token_urlsafe(32),
            "vapid_key": base64.urlsafe_b64encode((secrets.randbelow(P256_ORDER - 1) + 1).to_bytes(32)).decode(),
        }
        draft = data / f"secrets.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, kept)  # unlike rename it never replaces what another process made meanwhile
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    found: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    return found
