"""Whatever somebody sends to any address, at any desk, is answered: never a page that says that we are broken."""

import re
from random import Random

import httpx
import pytest
from structlog.testing import capture_logs

from backend.settings import Settings
from tests.journeys import crowd, hostile

SEED = 20_261_123
SITTING = 40  # requests until everybody signs in again
ANSWERS_IN_CHINESE = re.compile("[一-鿿]")
LEAKS = re.compile(r"Traceback|asyncpg|psycopg|piccolo|litestar|msgspec|File \"/|SELECT .* FROM|invalid byte sequence")


async def test_no_request_that_somebody_made_up_breaks_a_page(committed: Settings, woken: list[str]):
    async with crowd.gathered(committed) as town:
        await _attack(town, rounds=8, seed=SEED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
async def test_none_of_thousands_of_requests_breaks_a_page(committed: Settings, woken: list[str], seed: int):
    async with crowd.gathered(committed) as town:
        await _attack(town, rounds=60, seed=seed)


async def _attack(town: crowd.Town, *, rounds: int, seed: int) -> None:
    problems: list[str] = []
    cookies: list[str] = []
    chance = Random(seed)
    for number, (route, case) in enumerate(hostile.cases(town.routes, town.ids, rounds=rounds, seed=seed)):
        request = case.request()
        if number % SITTING == 0:  # somebody signs out every now and then
            cookies = await town.cookies()
        if cookie := chance.choice(cookies):
            request.headers["cookie"] = cookie
        with capture_logs() as logged:
            answer = await town.client.send(request)
        if wrong := _wrong(answer):
            causes = [repr(entry.get("exc_info") or entry.get("error")) for entry in logged if "exc_info" in entry]
            problems.append(f"{route.name}: {wrong}: {case.said} {causes}")
    assert not problems, f"{len(problems)} of {number + 1}:\n" + "\n".join(problems[:25])


def _wrong(answer: httpx.Response) -> str:
    """What is the matter with an answer; empty when it is a page, a file or a refusal as ours look."""
    kind = answer.headers.get("content-type", "")
    text = answer.text if kind.startswith(("text/", "application/json")) else ""
    if answer.status_code >= 500:
        return str(answer.status_code)
    if answer.status_code >= 400 and not ANSWERS_IN_CHINESE.search(text):
        return f"{answer.status_code} that says nothing in Chinese: {kind} {text[:100]!r}"
    if answer.status_code >= 400 and (leak := LEAKS.search(text)):
        return f"{answer.status_code} that tells of our insides: {leak[0]}"
    if "content-security-policy" not in answer.headers:
        return "no policy"
    if "<script>alert" in text or "onload='alert" in text:
        return "somebody's script on a page of ours"
    location = answer.headers.get("location") or answer.headers.get("hx-redirect") or "/"
    return "" if location.startswith("/") and not location.startswith(("//", "/\\")) else f"leads away to {location}"
