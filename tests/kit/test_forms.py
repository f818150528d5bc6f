"""Forms: every wrong field at once, nothing typed is lost."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.errors import DomainError
from backend.kit.forms import Fields, blank, plain, read

SOME_ID = "2b6d0b5e-6a4b-4a0e-8f43-5f7b6a3c1c11"


class Order(Fields, frozen=True):
    dish: Annotated[str, msgspec.Meta(min_length=2, max_length=10)]
    count: Annotated[int, msgspec.Meta(ge=1, le=9)]
    on: date | None = None
    tables: list[UUID] = msgspec.field(default_factory=list)
    warm: bool = False
    words: str = ""

    MESSAGES: ClassVar[dict[str, str]] = {"dish": "写2到10个字", "count": "写1到9"}


def test_every_wrong_field_is_named_at_once_in_the_order_of_the_form():
    form = read(Order, {"count": "many", "dish": "x"})

    assert form.value is None
    assert form.problems == [("dish", "写2到10个字"), ("count", "写1到9")]


def test_what_was_typed_stays_to_be_shown_again():
    form = read(Order, {"dish": "x", "count": "many", "tables": [SOME_ID]})

    assert (form.text("dish"), form.text("count"), form.text("words", "默认")) == ("x", "many", "默认")
    assert form.chosen("tables", UUID(SOME_ID))


def test_a_right_form_becomes_its_struct():
    form = read(Order, {"dish": " 红烧肉 ", "count": "3", "on": "2026-11-23", "tables": [SOME_ID], "warm": "on"})

    assert form.value == Order(dish="红烧肉", count=3, on=date(2026, 11, 23), tables=[UUID(SOME_ID)], warm=True)


def test_a_blank_that_is_not_text_counts_as_absent():
    form = read(Order, {"dish": "面条", "count": "1", "on": ""})

    assert form.value is not None
    assert form.value.on is None


def test_a_missing_field_without_default_is_wrong():
    assert read(Order, {"dish": "面条"}).error("count") == "写1到9"


@pytest.mark.parametrize(("given", "meant"), [("on", True), ("1", True), ("0", False), ("", False), (None, False)])
def test_a_tick_is_true_and_its_absence_false(given, meant):
    sent = {"dish": "面条", "count": "1"} | ({} if given is None else {"warm": given})
    assert read(Order, sent).value == Order(dish="面条", count=1, warm=meant)


class SoldOut(DomainError):
    field = "dish"
    message = "{dish}卖完了"


def test_a_refusal_stands_beside_the_field_it_names():
    form = read(Order, {"dish": "面条", "count": "1"})

    form.refuse(SoldOut(dish="面条"))

    assert (form.error("dish"), form.value) == ("面条卖完了", None)


def test_a_refusal_without_a_field_stands_above_the_form():
    form = blank(Order)
    form.refuse(DomainError())
    assert form.problems == [(None, DomainError.message)]


@given(st.dictionaries(st.sampled_from([*Order.__struct_fields__, "more"]), st.text() | st.lists(st.text())))
def test_no_form_however_mad_raises(sent):
    form = read(Order, sent)
    assert (form.value is None) == bool(form.errors)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("一\r\n二\r三", "一\n二\n三"),
        ("a\0b", "ab"),
        ("从\u202e右到左", "从右到左"),
        ("半个\ud800字", "半个字"),
        ("一\v二\u2028三", "一\n二\n三"),
        ("👨\u200d👩\u200d👧 é\t好", "👨\u200d👩\u200d👧 é\t好"),
    ],
)
def test_what_no_keyboard_types_is_left_out(typed, kept):
    assert plain(typed) == kept
