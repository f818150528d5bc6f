from datetime import date
from enum import StrEnum
from uuid import uuid4

import pytest

from backend.audit import rules
from backend.audit.rules import NotForTheLog


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize("did", ["visit.book", "session.close_others", "visit.photo.add"])
def test_an_action_is_a_noun_and_a_verb(did):
    rules.check_action(did)


@pytest.mark.parametrize(
    "did", ["", "book", "Visit.book", "visit.", ".book", "visit book", "预约.提交", "a.b.c.d", "v." + "x" * 60]
)
def test_nothing_else_is_an_action(did):
    with pytest.raises(NotForTheLog):
        rules.check_action(did)


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"grant": uuid4(), "on": date(2026, 11, 23), "count": 3, "rate": 0.5, "late": True, "none": None},
        {"files": ["calendar/2026.toml"], "nested": {"state": Colour.RED, "set": {"a", "b"}}},
        {"code": "x" * 120},
    ],
)
def test_ids_codes_dates_and_numbers_are_facts(detail):
    rules.check_facts(detail)


@pytest.mark.parametrize(
    "detail",
    [
        {"question": "消防通道怎么留"},
        {"红木": 1},
        {"deep": [{"deeper": ("ok", "不行")}]},
        {"code": "x" * 121},
        {"raw": b"bytes"},
        {"thing": object()},
    ],
)
def test_words_do_not_get_into_the_log(detail):
    with pytest.raises(NotForTheLog):
        rules.check_facts(detail)
