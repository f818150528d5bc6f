from datetime import date
from pathlib import Path

import pytest

from backend.accounts import content as accounts
from backend.guidance.rules import catalogue as rules
from backend.guidance.rules.catalogue import BadCatalogue, Change, Known, ScenarioText
from backend.standards import content
from backend.standards import rules as standards

DATA = Path(rules.__file__).parents[1] / "data"
SHIPPED = {path.name: path.read_text("utf-8") for path in DATA.glob("*.toml")}
HANDBOOK = (
    "### 来的人会看什么\n- 楼、管、灰，一样一样看。\n- 积灰有多厚，多久清一次，谁来清，有没有记录，清出来的灰放在哪里。"
)
FILE = f'''
code = "wood"
title = "木作"
summary = "开料、打磨、组装的木作作坊。"
trades = ["C21"]
lead = "emergency"
[[items]]
code = "wood.dust"
title = "粉尘"
promise = "教您看懂除尘"
lead = "emergency"
joining = ["fire"]
minutes = 60
bases = ["GM-DUST"]
handbook = """{HANDBOOK}"""
[[items.checklist]]
question = "每班清扫吗？"
how = "看记录"
passes = "每班有"
grade = "general"
'''


@pytest.fixture(scope="module")
def known() -> Known:
    files = content.shipped_files()
    return Known(
        departments={"emergency", "fire"},
        trades=standards.read_trades(files["trades.csv"]),
        bases={basis.code for basis in standards.read_bases(files["bases.toml"])},
    )


@pytest.fixture(scope="module")
def shipped() -> list[ScenarioText]:
    files = content.shipped_files()
    return rules.read_catalogue(
        SHIPPED,
        known=Known(
            departments={department.code for department in accounts.shipped().departments},
            trades=standards.read_trades(files["trades.csv"]),
            bases={basis.code for basis in standards.read_bases(files["bases.toml"])},
        ),
    )


def flaws_of(text: str, known: Known) -> dict[str, str]:
    with pytest.raises(BadCatalogue) as refusal:
        rules.read_catalogue({"wood.toml": text}, known=known)
    return {flaw.field: flaw.why for flaw in refusal.value.flaws}


def test_the_shipped_catalogue_has_the_six_scenarios(shipped):
    assert [scenario.title for scenario in shipped] == [
        "红木家具", "影视文化", "建筑业", "有限空间", "成品油", "屋顶光伏",
    ]  # fmt: skip


def test_every_shipped_item_can_be_followed_by_an_owner(shipped):
    for scenario in shipped:
        assert 3 <= len(scenario.items) <= 6
        for item in scenario.items:
            assert 200 <= len(item.handbook) <= 500, item.code
            assert item.materials, item.code
            assert item.checklist, item.code
            assert item.bases, item.code
            assert "###" in item.handbook


def test_no_shipped_text_promises_that_nobody_is_punished(shipped):
    for text in SHIPPED.values():
        assert not [word for word in ("不处罚", "免罚", "不予处罚", "不作为处罚依据") if word in text]


def test_nothing_shipped_claims_to_be_confirmed(shipped):
    assert not [check for scenario in shipped for item in scenario.items for check in item.checklist if check.verified]


def test_a_whole_file_is_read(known):
    [scenario] = rules.read_catalogue({"wood.toml": FILE}, known=known)
    assert (scenario.items[0].code, scenario.items[0].mode, scenario.items[0].checklist[0].photo) == (
        "wood.dust", "onsite", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "field", "why"),
    [
        ('title = "木作"', "", "title", "缺少这一项"),
        ('title = "木作"', 'title = "木"', "title", "2到60个字"),
        ('lead = "emergency"\n[[items]]', 'lead = "nobody"\n[[items]]', "lead", "部门“nobody”不存在"),
        ('["C21"]', '["Z99"]', "trades", "行业代码“Z99”不存在"),
        ('["fire"]', '["fire", "water"]', "items[1].joining", "部门“water”不存在"),
        ('["fire"]', '["emergency"]', "items[1].joining", "不用再写一次"),
        ("minutes = 60", "minutes = 5", "items[1].minutes", "15到480"),
        ("minutes = 60", "minuets = 60", "items[1].minuets", "不认识这一项"),
        ('["GM-DUST"]', '["LAW-1"]', "items[1].bases", "依据“LAW-1”不存在"),
        ('code = "wood.dust"', 'code = "dust"', "items[1].code", "wood."),
        ('grade = "general"', 'grade = "bad"', "items[1].checklist[1].grade", "advice"),
        ('summary = "', 'sumary = "', "summary", "缺少这一项"),
    ],
)
def test_each_flaw_is_told_with_its_place(known, old, new, field, why):
    assert why in flaws_of(FILE.replace(old, new, 1), known)[field]


def test_all_flaws_of_all_files_come_at_once(known):
    broken = FILE.replace("minutes = 60", "minutes = 5").replace('title = "粉尘"', "")
    with pytest.raises(BadCatalogue) as refusal:
        rules.read_catalogue({"a.toml": "code =", "b.toml": broken}, known=known)
    places = [(flaw.file, flaw.field) for flaw in refusal.value.flaws]
    assert places == [("a.toml", ""), ("b.toml", "items[1].title"), ("b.toml", "items[1].minutes")]
    assert "b.toml items[1].minutes：应为15到480" in refusal.value.text


def test_one_scenario_may_not_stand_in_two_files(known):
    with pytest.raises(BadCatalogue, match="另一个文件"):
        rules.read_catalogue({"a.toml": FILE, "b.toml": FILE}, known=known)


def test_an_empty_directory_is_refused(known):
    with pytest.raises(BadCatalogue, match=r"没有找到 \.toml"):
        rules.read_catalogue({}, known=known)


def test_a_comment_makes_no_new_version_but_a_word_does(known):
    prints = [
        rules.fingerprint(rules.read_catalogue({"wood.toml": text}, known=known)[0])
        for text in (FILE, f"# 说明\n{FILE}\n", FILE.replace("每班有", "每班都有"))
    ]
    assert prints[0] == prints[1] != prints[2]


def test_changes_are_new_changed_same_and_retired(known):
    read = rules.read_catalogue({"wood.toml": FILE}, known=known)
    print_ = rules.fingerprint(read[0])
    assert rules.changes({}, read) == {"wood": Change.NEW}
    assert rules.changes({"wood": print_}, read) == {"wood": Change.SAME}
    assert rules.changes({"wood": "0", "old": "1"}, read) == {"wood": Change.CHANGED, "old": Change.RETIRED}


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 0), ("粉尘", 0), ("除尘", 1), ("清扫", 2), ("粉尘 清扫", 2), ("尘", 0), ("光伏", None), ("粉尘 光伏", None)],
)
def test_a_search_ranks_title_before_keywords_before_the_rest(words, found):
    assert rules.rank(words, title="木粉尘", keywords="除尘 打磨", body="每班清扫一次") == found


@pytest.mark.parametrize(
    ("trade", "prefixes", "meant"),
    [("C2110", ["C21"], True), ("C21", ["C2110"], True), ("E4710", ["C21"], False), ("E4710", [], True)],
)
def test_a_scenario_is_for_trades_under_its_prefixes(trade, prefixes, meant):
    assert rules.for_trade(trade, prefixes) is meant


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "words"),
    [
        (date(2026, 8, 15), None, "自2026年8月15日起施行"),
        (date(2018, 10, 26), date(2026, 8, 15), "自2026年8月15日起不再适用，仅用于此前的行为"),
        (date(2026, 12, 1), None, "2026年12月1日起施行"),
        (date(2020, 1, 1), date(2027, 1, 1), "自2020年1月1日起施行，适用至2026年12月31日"),
        (None, None, ""),
    ],
)
def test_validity_is_said_in_words(valid_from, valid_until, words):
    assert rules.validity_words(valid_from, valid_until, today=date(2026, 11, 23)) == words
