from datetime import date, timedelta

import pytest

from backend.kit.workdays import Calendar
from backend.ratings import rules
from backend.ratings.rules import Stars
from backend.standards.rules import RatingPolicy

POLICY = RatingPolicy(window_days=15, min_group=5, delay_days=7, contact_working_days=1, rectify_working_days=15)
LABOUR_DAY = Calendar(
    off=frozenset(date(2026, 5, 1) + timedelta(days=offset) for offset in range(5)),
    working=frozenset({date(2026, 5, 9)}),
    years=frozenset({2026}),
)
LEFT_ON = date(2026, 4, 20)


def check(departed_on: date | None, today: date) -> None:
    rules.check_open(departed_on, today=today, policy=POLICY, calendar=LABOUR_DAY)


def test_the_window_is_fifteen_days_and_rolls_off_the_holiday():
    assert rules.rate_by(LEFT_ON, policy=POLICY, calendar=LABOUR_DAY).last_on == date(2026, 5, 6)  # domain.md S2


def test_ratings_are_taken_on_the_day_itself_and_on_the_last_day():
    check(LEFT_ON, LEFT_ON)
    check(LEFT_ON, date(2026, 5, 6))
    with pytest.raises(rules.WindowClosed, match="5月6日"):
        check(LEFT_ON, date(2026, 5, 7))


def test_nobody_rates_a_visit_that_is_not_over():
    with pytest.raises(rules.NotYetRatable):
        check(None, LEFT_ON)


@pytest.mark.parametrize("stars", list(Stars))
def test_every_grade_has_words_and_tags_of_its_own(stars):
    assert rules.STAR_WORDS[stars]
    assert 4 <= len(rules.TAGS[stars]) <= 8


def test_the_two_lowest_are_a_bad_review():
    assert [stars for stars in Stars if rules.is_bad(stars)] == [Stars.VERY_BAD, Stars.BAD]


def test_only_tags_of_the_grade_are_kept_each_once():
    chosen = ["rude", "clear", "clear", "no such tag", "polite"]

    assert rules.kept_tags(Stars.GOOD, chosen) == ["clear", "polite"]
    assert rules.kept_tags(Stars.BAD, chosen) == ["rude"]
    assert rules.tag_words(Stars.BAD, ["rude"]) == ["态度不好"]


def test_the_two_clocks_of_a_bad_review_run_in_working_days():
    rated_on = date(2026, 4, 30)

    assert rules.contact_by(rated_on, policy=POLICY, calendar=LABOUR_DAY).last_on == date(2026, 5, 6)
    assert rules.rectify_by(rated_on, policy=POLICY, calendar=LABOUR_DAY).last_on == date(2026, 5, 25)
