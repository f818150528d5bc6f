"""Settings: everything wrong is named at once, and production is not a demonstration."""

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from backend import settings as settings_of
from backend.settings import SettingsWrong

KEY = base64.urlsafe_b64encode(bytes(range(1, 33))).decode().rstrip("=")
PRODUCTION = {
    "BIHUAN_ENV": "production",
    "BIHUAN_URL": "https://bihuan.example/",
    "BIHUAN_SECRET": "s" * 32,
    "BIHUAN_SIGNING_KEY": KEY,
    "BIHUAN_VAPID_KEY": KEY,
    "BIHUAN_VAPID_SUBJECT": "mailto:duty@bihuan.example",
    "BIHUAN_SMS": "http",
    "BIHUAN_SMS_URL": "https://sms.example/send",
    "BIHUAN_SMS_TOKEN": "token",
    "BIHUAN_CITY": "某市",
    "DATABASE_URL": "postgresql://owner:word@db.example/bihuan",
    "REDIS_URL": "redis://redis.example/0",
}


def problems(env: dict[str, str], data: Path) -> list[str]:
    with pytest.raises(SettingsWrong) as raised:
        settings_of.read(env, data=data)
    return [problem.split("：")[0] for problem in raised.value.problems]


def test_a_demonstration_needs_no_settings(tmp_path: Path):
    settings = settings_of.read({}, data=tmp_path)

    assert settings.env == "demo"
    assert settings.sms == "log"
    assert len(settings.signing_key) == len(settings.vapid_key) == 32
    assert not settings.database_url


def test_the_demonstration_keeps_its_secrets_to_itself(tmp_path: Path):
    first = settings_of.read({}, data=tmp_path)

    assert settings_of.read({}, data=tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]
    assert first.secret.decode() not in repr(first)


def test_processes_that_start_together_agree_on_the_secrets(tmp_path: Path):
    found = []
    together = threading.Barrier(8)

    def read() -> None:
        together.wait()
        found.append(settings_of.read({}, data=tmp_path).secret)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_production_with_everything_is_accepted(tmp_path: Path):
    settings = settings_of.read(PRODUCTION, data=tmp_path)

    assert settings.env == "production"
    assert settings.base_url == "https://bihuan.example"
    assert not list(tmp_path.iterdir())


def test_production_without_anything_names_all_that_is_missing(tmp_path: Path):
    named = problems({"BIHUAN_ENV": "production"}, tmp_path)

    assert named == [
        "BIHUAN_SECRET", "BIHUAN_SIGNING_KEY", "BIHUAN_VAPID_KEY", "BIHUAN_SMS", "BIHUAN_URL", "BIHUAN_VAPID_SUBJECT",
        "BIHUAN_CITY",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", [name for name in PRODUCTION if name not in ("BIHUAN_ENV", "DATABASE_URL", "REDIS_URL")]
)
def test_production_refuses_to_go_without(name: str, tmp_path: Path):
    assert problems({key: value for key, value in PRODUCTION.items() if key != name}, tmp_path) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BIHUAN_ENV", "staging"),
        ("BIHUAN_URL", "http://bihuan.example"),
        ("BIHUAN_URL", "https://bihuan.example/path"),
        ("BIHUAN_SECRET", "short"),
        ("BIHUAN_SIGNING_KEY", "not base64!"),
        ("BIHUAN_SIGNING_KEY", KEY[:-4]),
        ("BIHUAN_VAPID_KEY", base64.urlsafe_b64encode(b"\xff" * 32).decode()),
        ("BIHUAN_VAPID_SUBJECT", "duty@bihuan.example"),
        ("BIHUAN_SMS", "log"),
        ("BIHUAN_SMS_URL", "http://sms.example"),
        ("BIHUAN_TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        ("BIHUAN_DEV_SMS_OPEN", "1"),
        ("BIHUAN_PUSH_HOSTS", "fcm.googleapis.com,http://127.0.0.1:9000"),
        ("DATABASE_URL", "mysql://db.example/bihuan"),
        ("REDIS_URL", "http://redis.example"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, tmp_path: Path):
    assert problems({**PRODUCTION, name: value}, tmp_path)[-1] == name


def test_a_secret_may_lie_in_a_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("f" * 40 + "\n")
    env = {key: value for key, value in PRODUCTION.items() if key != "BIHUAN_SECRET"}

    assert settings_of.read({**env, "BIHUAN_SECRET_FILE": str(file)}, data=tmp_path).secret == b"f" * 40
    assert problems({**env, "BIHUAN_SECRET_FILE": str(tmp_path / "none")}, tmp_path) == ["BIHUAN_SECRET_FILE"]
    assert problems({**PRODUCTION, "BIHUAN_SECRET_FILE": str(file)}, tmp_path) == ["BIHUAN_SECRET"]


def test_one_database_url_is_the_owners_and_the_other_is_derived(tmp_path: Path):
    settings = settings_of.read(PRODUCTION, data=tmp_path)

    assert settings.owner_database_url == PRODUCTION["DATABASE_URL"]
    assert settings.database_url.startswith("postgresql://bihuan_app:")
    assert settings.database_url.endswith("@db.example/bihuan")
    again = settings_of.read({**PRODUCTION, "DATABASE_URL": settings.database_url}, data=tmp_path)
    assert again.database_url == settings.database_url


def test_two_database_urls_are_used_as_they_are(tmp_path: Path):
    env = {**PRODUCTION, "DATABASE_OWNER_URL": "postgresql://owner@db.example/bihuan"}

    settings = settings_of.read(env, data=tmp_path)

    assert settings.database_url == PRODUCTION["DATABASE_URL"]
    assert settings.owner_database_url == env["DATABASE_OWNER_URL"]


def test_an_owner_alone_is_not_enough(tmp_path: Path):
    env = {key: value for key, value in PRODUCTION.items() if key != "DATABASE_URL"}

    assert problems({**env, "DATABASE_OWNER_URL": "postgresql://o@d/b"}, tmp_path) == ["DATABASE_URL"]


def test_every_setting_is_told_in_the_readme():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

    assert [name for name in settings_of.KNOWN if name not in readme] == []


def test_the_environment_itself_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(os.environ, "BIHUAN_CITY", "别的市")

    assert settings_of.read({}, data=tmp_path).city_name == "东阳市"
