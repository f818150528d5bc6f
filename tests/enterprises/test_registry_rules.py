"""What is understood in a bureau's export, and why a row is refused."""

import csv
import io
import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from backend.enterprises import registry_file, rules
from backend.enterprises.rules import EnterpriseStatus, HeaderMissing, Known, Reason, RegistryRow

DATA = Path(__file__).parents[1] / "data"
KNOWN = Known(trades=frozenset({"C2110"}), towns={"南马镇": "330783118", "330783118": "330783118"})
GOOD = {"name": "东阳市檀木轩家具有限公司", "uscc": "91330783MA00QA0142", "trade": "C2110", "town": "南马镇"}


def check(**changed: object) -> RegistryRow | Reason:
    return rules.check_row({**GOOD, **changed}, known=KNOWN)


@pytest.mark.parametrize("case", json.loads((DATA / "gb32100_vectors.json").read_text()), ids=lambda case: case["code"])
def test_the_published_codes_are_judged_as_published(case):
    """``valid`` None are to be accepted after normalising."""
    accepted = rules.check_code(rules.normalise_code(case["code"])) is None
    assert accepted is (case["valid"] is not False)


@pytest.mark.parametrize(
    "code",
    [
        "91330783ma00qa0142",
        "９１３３０７８３ＭＡ００ＱＡ０１４２",
        "9133 0783 MA00 QA01 42",
        "91330783-MA00QA0142",
        "91330783MA00QA0142\u200b",
    ],
)
def test_a_code_is_accepted_however_it_was_typed(code):
    row = check(uscc=code)
    assert isinstance(row, RegistryRow)
    assert row.uscc == "91330783MA00QA0142"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": ""}, Reason.NO_NAME),
        ({"name": "  "}, Reason.NO_NAME),
        ({"name": '=HYPERLINK("x")'}, Reason.FORMULA_IN_NAME),
        ({"name": "+86家具"}, Reason.FORMULA_IN_NAME),
        ({"name": "-家具"}, Reason.FORMULA_IN_NAME),
        ({"name": "@家具"}, Reason.FORMULA_IN_NAME),
        ({"name": "木" * 121}, Reason.NAME_TOO_LONG),
        ({"uscc": None}, Reason.NO_CODE),
        ({"uscc": "91330783MA00QA014"}, Reason.TOO_SHORT),
        ({"uscc": "91330783MA00QA01422"}, Reason.TOO_LONG),
        ({"uscc": "91330783MA00QAI142"}, Reason.ILLEGAL_LETTER),
        ({"uscc": "91330783MA00QA0143"}, Reason.WRONG_CHECK_DIGIT),
        ({"trade": "Z9999"}, Reason.UNKNOWN_TRADE),
        ({"town": "义乌"}, Reason.UNKNOWN_TOWN),
        ({"phone": "138"}, Reason.BAD_PHONE),
        ({"phone": "12345678901"}, Reason.BAD_PHONE),
        ({"established": "2021-02-30"}, Reason.IMPOSSIBLE_DATE),
        ({"established": "去年"}, Reason.IMPOSSIBLE_DATE),
        ({"status": "不详"}, Reason.UNKNOWN_STATUS),
    ],
)
def test_a_row_is_refused_for_its_first_fault(changed, reason):
    assert check(**changed) is reason


def test_every_reason_has_a_sentence_that_says_what_to_change():
    assert rules.REASON_WORDS.keys() == set(Reason)


@pytest.mark.parametrize("name", ["木" * 120, "𠮷木家具", "东阳市（横店）A+影视有限公司"])
def test_long_rare_and_mixed_names_are_taken(name):
    row = check(name=name)
    assert isinstance(row, RegistryRow)
    assert row.name == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13812345678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        (13812345678.0, "13812345678"),
        ("0579-86621234", "0579-86621234"),
        ("(0579)86621234", "0579-86621234"),
        ("400-826-1234", "400-826-1234"),
        ("13812345678、13900000000", "13812345678"),
        ("13812345678 13900000000", "13812345678"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_number_is_kept_in_one_shape(typed, kept):
    row = check(phone=typed)
    assert isinstance(row, RegistryRow)
    assert row.contact_phone == kept


@pytest.mark.parametrize(
    "typed",
    [
        "2008-11-21",
        "2008/11/21",
        "2008年11月21日",
        "20081121",
        "2008.11.21",
        "2008-11-21 00:00:00",
        "39773",
        39773,
        date(2008, 11, 21),
        datetime(2008, 11, 21, 8),  # noqa: DTZ001 - what a workbook hands out
    ],
)
def test_a_date_is_read_in_every_shape_that_bureaus_write(typed):
    row = check(established=typed)
    assert isinstance(row, RegistryRow)
    assert row.established_on == date(2008, 11, 21)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("存续", "active"),
        ("在业，已开业", "active"),
        ("注销", "deregistered"),
        ("吊销，未注销", "revoked"),
        ("迁出", "moved"),
        ("已歇业", "active"),
        ("", "active"),
    ],
)
def test_a_status_is_known_by_its_word(words, status):
    row = check(status=words)
    assert isinstance(row, RegistryRow)
    assert row.status is EnterpriseStatus(status)


@pytest.mark.parametrize("typed", ["C2110", "c2110", "2110", 2110, 2110.0, "Ｃ2110"])
def test_a_trade_is_known_by_its_digits_too(typed):
    row = check(trade=typed)
    assert isinstance(row, RegistryRow)
    assert row.trade == "C2110"


@given(
    st.dictionaries(
        st.sampled_from(sorted(rules.registry.HEADERS)), st.text() | st.floats() | st.none() | st.integers()
    )
)
def test_no_row_however_mad_raises(cells):
    assert isinstance(rules.check_row(cells, known=KNOWN), (RegistryRow, Reason))


def write_csv(path: Path, text: str, encoding: str) -> Path:
    path.write_bytes(text.encode(encoding))
    return path


HEAD = "企业名称,统一社会信用代码,行业代码,所属镇街\n"
LINE = "檀木轩,91330783MA00QA0142,C2110,南马镇\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_either_encoding(tmp_path, encoding):
    file = write_csv(tmp_path / "a.csv", HEAD + LINE, encoding)
    assert [(number, row["name"]) for number, row in registry_file.rows(file)] == [(2, "檀木轩")]


@pytest.mark.parametrize("title", ["", "东阳市企业名录,,,\n", "名录,,,\n制表：市场监管局,,,\n,,,\n"])
def test_titles_above_the_header_are_passed_over(tmp_path, title):
    file = write_csv(tmp_path / "a.csv", title + HEAD + LINE, "utf-8")
    assert [row["name"] for _, row in registry_file.rows(file)] == ["檀木轩"]


def test_a_file_without_the_needed_columns_says_which(tmp_path):
    file = write_csv(tmp_path / "a.csv", "企业名称,地址\n檀木轩,南马\n", "utf-8")
    with pytest.raises(HeaderMissing, match="统一社会信用代码、行业代码、所属镇街"):
        list(registry_file.rows(file))


@pytest.mark.parametrize("body", [b"PK\x03\x04 not a workbook", b"\xff\xfe\x00\x00\x81", b""])
def test_what_is_no_table_is_refused_in_words(tmp_path, body):
    (tmp_path / "a.xlsx").write_bytes(body)
    with pytest.raises((registry_file.FileUnreadable, HeaderMissing)):
        list(registry_file.rows(tmp_path / "a.xlsx"))


def test_a_name_that_is_a_formula_in_a_workbook_is_seen_as_one(tmp_path):
    book = Workbook()
    book.active.append(["企业名称", "统一社会信用代码", "行业代码", "所属镇街"])
    book.active.append(["=1+1", GOOD["uscc"], "C2110", "南马镇"])
    book.save(tmp_path / "a.xlsx")
    [(_, row)] = registry_file.rows(tmp_path / "a.xlsx")
    assert rules.check_row(row, known=KNOWN) is Reason.FORMULA_IN_NAME


def test_each_defect_of_the_large_export_is_counted_as_its_maker_counted_it():
    """Row by row with the rules alone; the whole command is proved in test_registry_commands."""
    counts = json.loads((DATA / "registry-5000.counts.json").read_text())
    text = (DATA / "registry-5000.csv").read_bytes().decode("gb18030")
    listed = list(csv.reader(io.StringIO(text)))[1:]
    assert len(listed) == counts["rows"]
    assert Counter(not any(row) for row in listed)[True] == counts["blank_line_ok"]
