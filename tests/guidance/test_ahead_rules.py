from datetime import date

import pytest

from backend.guidance import rules
from backend.guidance.rules import VisitState, VisitStep


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        (VisitState.SUBMITTED, ["accept", "arrive", "issue", "confirm", "close"]),
        (VisitState.ACCEPTED, ["arrive", "issue", "confirm", "close"]),
        (VisitState.ON_SITE, ["issue", "confirm", "close"]),
        (VisitState.DEPARTED, ["issue", "confirm", "close"]),
        (VisitState.ISSUED, ["confirm", "close"]),
        (VisitState.CONFIRMED, ["close"]),
        (VisitState.CLOSED, []),
        (VisitState.RETURNED, []),
        (VisitState.CANCELLED, []),
    ],
)
def test_what_lies_ahead_gets_shorter_with_every_step(state, steps):
    assert [one.step for one in rules.ahead(state, dates={})] == steps


def test_every_state_has_a_way_ahead_or_is_an_end():
    assert {state for state in VisitState if not rules.ahead(state, dates={})} == rules.ENDS


def test_a_step_shows_its_date_where_there_is_one():
    due = date(2026, 11, 25)

    coming = rules.ahead(VisitState.ACCEPTED, dates={VisitStep.ARRIVE: due})

    assert [one.by for one in coming] == [due, None, None, None]
