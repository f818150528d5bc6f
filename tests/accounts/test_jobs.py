from datetime import timedelta

from backend.accounts import jobs
from backend.accounts.tables import SignInCode
from backend.kit import clock
from tests.accounts import make


async def test_the_nightly_job_forgets_old_numbers(database):
    now = clock.now()
    for days in (3, 0):
        sent_at = now - timedelta(days=days)
        await SignInCode.insert(SignInCode(phone=make.phone(), code_hash="0" * 64, sent_at=sent_at, expires_at=sent_at))

    for _ in range(2):
        await jobs.forget_old_sign_ins({})

    assert await SignInCode.count() == 1
