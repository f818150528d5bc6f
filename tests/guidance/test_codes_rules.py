import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.guidance import rules
from backend.guidance.rules import CodeFacts, Verdict, VisitState

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 1, 10, tzinfo=UTC)


def judged(**changed) -> Verdict:
    asked = {
        "state": VisitState.ACCEPTED,
        "day": DAY,
        "today": DAY,
        "now": NOW,
        "expires_at": NOW + timedelta(seconds=60),
        "papers_hold": True,
    }
    return rules.judge(**{**asked, **changed})


def test_packing_keeps_visit_expiry_and_nonce():
    for seed in range(50):
        chance = random.Random(seed)
        facts = CodeFacts(
            visit_id=UUID(int=chance.getrandbits(128)),
            expires_at=datetime.fromtimestamp(chance.randrange(2**32), UTC),
            nonce=chance.randbytes(rules.NONCE_BYTES),
        )

        payload = rules.pack(facts)

        assert len(payload) == 26
        assert rules.unpack(payload) == facts
        assert len(facts.number) == 4


@pytest.mark.parametrize("size", [0, 1, 25, 27, 90])
def test_bytes_signed_for_something_else_are_no_code(size):
    assert rules.unpack(bytes(size)) is None


def test_a_code_holds_nothing_but_id_expiry_and_nonce():
    facts = CodeFacts(visit_id=uuid4(), expires_at=NOW, nonce=b"\x00" * 6)

    assert rules.pack(facts) == facts.visit_id.bytes + int(NOW.timestamp()).to_bytes(4) + bytes(6)
    assert facts.number == "0000"


def test_a_code_counts_until_it_expires():
    assert judged() is Verdict.VALID
    assert judged(expires_at=NOW + timedelta(seconds=1)) is Verdict.VALID
    assert judged(expires_at=NOW) is Verdict.EXPIRED
    assert judged(expires_at=None) is Verdict.VALID  # a short code was already found fresh


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (VisitState.ACCEPTED, Verdict.VALID),
        (VisitState.ON_SITE, Verdict.VALID),
        (VisitState.SUBMITTED, Verdict.OVER),
        (VisitState.DEPARTED, Verdict.OVER),
        (VisitState.CLOSED, Verdict.OVER),
        (VisitState.CANCELLED, Verdict.CANCELLED),
        (VisitState.RETURNED, Verdict.CANCELLED),
    ],
)
def test_the_state_speaks_before_the_age_of_the_code(state, verdict):
    assert judged(state=state) is verdict
    if verdict is not Verdict.VALID:
        assert judged(state=state, expires_at=NOW - timedelta(days=1)) is verdict


def test_a_visit_moved_to_another_day_is_not_shown_as_valid():
    assert judged(day=DAY + timedelta(days=1)) is Verdict.EXPIRED
    assert judged(day=DAY - timedelta(days=1)) is Verdict.VALID  # came a day late, with a reason


def test_a_certificate_that_does_not_hold_is_said():
    assert judged(papers_hold=False) is Verdict.PAPERS
    assert judged(papers_hold=False, expires_at=NOW) is Verdict.EXPIRED


def test_the_code_may_be_shown_from_the_day_until_leaving():
    assert not rules.may_show(VisitState.ACCEPTED, day=DAY, today=DAY - timedelta(days=1))
    assert rules.may_show(VisitState.ACCEPTED, day=DAY, today=DAY)
    assert rules.may_show(VisitState.ON_SITE, day=DAY, today=DAY + timedelta(days=1))
    assert not rules.may_show(VisitState.DEPARTED, day=DAY, today=DAY)
    assert not rules.may_show(VisitState.SUBMITTED, day=DAY, today=DAY)


def test_every_verdict_has_words_a_tone_and_a_meaning():
    assert set(rules.VERDICT_WORDS) == set(rules.VERDICT_TONES) == set(rules.VERDICT_MEANS) == set(Verdict)
