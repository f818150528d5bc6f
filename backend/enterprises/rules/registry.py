"""Reading a bureau's export: what is understood in each column, and why a row is refused. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec
from stdnum.cn import uscc as gb32100

from backend.enterprises.rules.words import EnterpriseStatus
from backend.kit.errors import DomainError

CODE_LENGTH = 18
ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")  # GB 32100-2015: without I O S V Z
SECTIONS = "ABCDEFGHIJKLMNOPQRST"  # GB/T 4754-2017
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run instead of showing
EXCEL_EPOCH = date(1899, 12, 30)
MAX_NAME, MAX_ADDRESS = 120, 200
MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
HOTLINE = re.compile(r"([48]00)-?(\d{3})-?(\d{4})")
LANDLINE = re.compile(r"(0\d{2,3})-?(\d{7,8})(?:-\d{1,6})?")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")

HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("企业名称", "单位名称", "市场主体名称", "经营主体名称", "名称", "企业（机构）名称"),
    "uscc": ("统一社会信用代码", "社会信用代码", "信用代码", "统一代码", "统一社会信用代码/注册号"),
    "contact_name": ("联系人", "法定代表人", "法人代表", "负责人", "法定代表人（负责人）", "经营者"),
    "phone": ("联系电话", "电话", "手机", "手机号码", "联系方式"),
    "address": ("住所", "地址", "经营场所", "注册地址", "住所（经营场所）", "经营地址"),
    "trade": ("行业代码", "国民经济行业代码", "行业小类代码"),
    "trade_name": ("行业名称", "行业", "所属行业"),
    "town": ("所属镇街", "所属乡镇", "乡镇街道", "镇街", "属地", "所属街道"),
    "established": ("成立日期", "成立时间", "注册日期"),
    "status": ("登记状态", "经营状态", "状态", "企业状态"),
}
NEEDED = ("name", "uscc", "trade", "town")
STATUS_MARKS = (
    ("吊销", EnterpriseStatus.REVOKED),  # before the next: 吊销，未注销
    ("注销", EnterpriseStatus.DEREGISTERED),
    ("迁出", EnterpriseStatus.MOVED),
    *((word, EnterpriseStatus.ACTIVE) for word in ("存续", "在业", "开业", "在营", "正常", "登记成立", "迁入", "歇业")),
)


class Reason(StrEnum):
    """Why a row is refused."""

    NO_NAME = "no_name"
    FORMULA_IN_NAME = "formula_in_name"
    NAME_TOO_LONG = "name_too_long"
    NO_CODE = "no_code"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    ILLEGAL_LETTER = "illegal_letter"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    UNKNOWN_TRADE = "unknown_trade"
    UNKNOWN_TOWN = "unknown_town"
    BAD_PHONE = "bad_phone"
    IMPOSSIBLE_DATE = "impossible_date"
    UNKNOWN_STATUS = "unknown_status"


REASON_WORDS = {
    Reason.NO_NAME: "没有企业名称，请补上",
    Reason.FORMULA_IN_NAME: "企业名称以 = + - @ 开头，像表格公式，请改成文字",
    Reason.NAME_TOO_LONG: f"企业名称超过{MAX_NAME}个字，请核对",
    Reason.NO_CODE: "没有统一社会信用代码，请补上",
    Reason.TOO_SHORT: "统一社会信用代码不足18位，请核对",
    Reason.TOO_LONG: "统一社会信用代码超过18位，请核对",
    Reason.ILLEGAL_LETTER: "统一社会信用代码里有不使用的字母（I、O、S、V、Z）或符号，请核对是不是1、0、5、2",
    Reason.WRONG_CHECK_DIGIT: "统一社会信用代码的校验位不对，有一位抄错了",
    Reason.UNKNOWN_TRADE: "行业代码不在 GB/T 4754-2017 里，请核对",
    Reason.UNKNOWN_TOWN: "所属镇街不是本市的镇街，请核对",
    Reason.BAD_PHONE: "联系电话不是手机号，也不是带区号的座机，请核对",
    Reason.IMPOSSIBLE_DATE: "成立日期不存在或写法看不懂，请写成2020-01-31",
    Reason.UNKNOWN_STATUS: "登记状态看不懂，请写存续、迁出、注销或吊销",
}


class Known(msgspec.Struct, frozen=True):
    """The codes of trades, and of townships by code and by name, that a row may refer to."""

    trades: frozenset[str]
    towns: Mapping[str, str]


class RegistryRow(msgspec.Struct, frozen=True):
    """A row that the registry takes."""

    uscc: str
    name: str
    trade: str
    region: str
    address: str
    status: EnterpriseStatus
    contact_name: str
    contact_phone: str
    established_on: date | None


class HeaderMissing(DomainError):
    message = "找不到这些列：{missing}。请确认表头在前10行，并且列名用常见写法"


def columns(cells: list[object]) -> dict[str, int]:
    """Which field stands in which column of a header row; blanks and line breaks in headers do not matter."""
    texts = [re.sub(r"[\s*：:]", "", str(cell or "")) for cell in cells]
    found = {}
    for field, names in HEADERS.items():
        place = next((texts.index(name) for name in names if name in texts), None)
        if place is not None:
            found[field] = place
    return found


def check_header(found: Mapping[str, int]) -> None:
    """Raises HeaderMissing when a column is missing that no row can do without."""
    if missing := [HEADERS[field][0] for field in NEEDED if field not in found]:
        raise HeaderMissing(missing="、".join(missing))


def normalise_code(text: str) -> str:
    """A credit code as GB 32100 writes it: half-width, upper case, no blanks or dashes."""
    kept = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in kept if letter.isalnum()).upper()


def check_code(code: str) -> Reason | None:
    """Why a normalised code is none; the check digit is python-stdnum's to judge."""
    if not code:
        return Reason.NO_CODE
    if len(code) != CODE_LENGTH:
        return Reason.TOO_SHORT if len(code) < CODE_LENGTH else Reason.TOO_LONG
    if not set(code) <= ALPHABET or not code[2:8].isdigit():
        return Reason.ILLEGAL_LETTER
    return None if gb32100.is_valid(code) else Reason.WRONG_CHECK_DIGIT


def check_row(cells: Mapping[str, object], *, known: Known) -> RegistryRow | Reason:
    """The row as the registry takes it, or the first reason why not, in the order in which a person would look.

    cells: field to value as the file has it: text, number, date. Accepts lower case, full-width, blanks and dashes.
    """
    name = _text(cells.get("name"))
    if not name:
        return Reason.NO_NAME
    if name.startswith(FORMULA_STARTS):
        return Reason.FORMULA_IN_NAME
    if len(name) > MAX_NAME:
        return Reason.NAME_TOO_LONG
    code = normalise_code(_text(cells.get("uscc")))
    if wrong := check_code(code):
        return wrong
    trade = _trade(cells.get("trade"), known.trades)
    if trade is None:
        return Reason.UNKNOWN_TRADE
    region = known.towns.get(_text(cells.get("town")))
    if region is None:
        return Reason.UNKNOWN_TOWN
    phone = _phone(cells.get("phone"))
    if phone is None:
        return Reason.BAD_PHONE
    established = _day(cells.get("established"))
    if isinstance(established, Reason):
        return established
    status = _status(cells.get("status"))
    if status is None:
        return Reason.UNKNOWN_STATUS
    return RegistryRow(
        uscc=code,
        name=name,
        trade=trade,
        region=region,
        address=_text(cells.get("address"))[:MAX_ADDRESS],
        status=status,
        contact_name=_text(cells.get("contact_name"))[:40],
        contact_phone=phone,
        established_on=established,
    )


def is_blank(cells: Mapping[str, object]) -> bool:
    return not any(_text(value) for value in cells.values())


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a spreadsheet's number that was meant as digits
    return "" if value is None else " ".join(str(value).split())


def _trade(value: object, trades: frozenset[str]) -> str | None:
    code = unicodedata.normalize("NFKC", _text(value)).upper()
    if code in trades:
        return code
    if not code.isdigit():
        return None
    # The digits alone name the class: no two sections share a division.
    return next((f"{section}{code}" for section in SECTIONS if f"{section}{code}" in trades), None)


def _phone(value: object) -> str | None:
    """Eleven digits, or a landline as ``0579-86621234``; empty stays empty; None for anything else."""
    typed = unicodedata.normalize("NFKC", _text(value))
    text = re.split(r"[,;、/，；]|(?<=\d{7})\s+(?=1[3-9])", typed)[
        0
    ]  # of several numbers in a cell the first is the contact's
    text = re.sub(r"[\s()]", "", text)
    if not text:
        return ""
    if mobile := MOBILE.fullmatch(text.replace("-", "")):
        return mobile[1]
    if hotline := HOTLINE.fullmatch(text):
        return "-".join(hotline.groups())
    landline = LANDLINE.fullmatch(text)
    return f"{landline[1]}-{landline[2]}" if landline else None


def _day(value: object) -> date | Reason | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)):
        return EXCEL_EPOCH + timedelta(days=int(value)) if 1 <= value < 80_000 else Reason.IMPOSSIBLE_DATE
    text = unicodedata.normalize("NFKC", _text(value))
    if not text:
        return None
    if re.fullmatch(r"\d{5}", text):
        return EXCEL_EPOCH + timedelta(days=int(text))
    parts = DAY.fullmatch(text) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    try:
        return date(*(int(part) for part in parts.groups())) if parts else Reason.IMPOSSIBLE_DATE
    except ValueError:
        return Reason.IMPOSSIBLE_DATE


def _status(value: object) -> EnterpriseStatus | None:
    text = _text(value)
    if not text:
        return EnterpriseStatus.ACTIVE
    return next((status for mark, status in STATUS_MARKS if mark in text), None)
