from datetime import date, timedelta

import pytest

from backend.guidance import rules
from backend.guidance.rules import Finding, Grade, VisitState

TODAY = date(2026, 11, 23)


def finding(grade: Grade, correct_by: date | None) -> Finding:
    return Finding(grade=grade, found="通道被木料占用", advice="清出一米二的宽度", correct_by=correct_by)


@pytest.mark.parametrize("grade", [Grade.MINOR, Grade.GENERAL, Grade.MAJOR])
def test_what_is_a_problem_is_put_right_by_a_date(grade):
    with pytest.raises(rules.CorrectByMissing, match=rules.GRADE_WORDS[grade]):
        rules.check_finding(finding(grade, None), today=TODAY)
    rules.check_finding(finding(grade, TODAY), today=TODAY)


def test_advice_may_go_without_a_date():
    rules.check_finding(finding(Grade.ADVICE, None), today=TODAY)


def test_a_date_lies_between_today_and_a_year_ahead():
    farthest = TODAY + timedelta(days=366)

    rules.check_finding(finding(Grade.MINOR, farthest), today=TODAY)
    with pytest.raises(rules.CorrectByPast):
        rules.check_finding(finding(Grade.MINOR, TODAY - timedelta(days=1)), today=TODAY)
    with pytest.raises(rules.CorrectByFar):
        rules.check_finding(finding(Grade.ADVICE, farthest + timedelta(days=1)), today=TODAY)


@pytest.mark.parametrize("state", list(VisitState))
def test_opinions_are_written_from_arrival_until_issue(state):
    writable = state in (VisitState.ON_SITE, VisitState.DEPARTED)

    assert rules.may_write(state) is writable
    if not writable:
        with pytest.raises(rules.NotWriting):
            rules.check_writing(state)


def test_a_refusal_says_whether_it_is_too_early_or_too_late():
    with pytest.raises(rules.NotWriting, match="还没有到现场"):
        rules.check_writing(VisitState.ACCEPTED)
    with pytest.raises(rules.NotWriting, match="已经出具"):
        rules.check_writing(VisitState.ISSUED)
