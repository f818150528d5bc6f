"""Signing in with a mobile number and the code sent to it."""

import hmac
import secrets
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import structlog

from backend.accounts import queries, rules
from backend.accounts.actions.people import admit
from backend.accounts.actions.sessions import open_session
from backend.accounts.rules import Actor, Quota, Role
from backend.accounts.tables import Session, SignInCode
from backend.audit import actions as audit
from backend.kit import addresses, clock, db, limits, masks
from backend.kit.limits import Limit
from backend.kit.sms import Outcome, Sms

log = structlog.get_logger()

# Codes asked for and not used, or tries at them, of one number or one address: what Redis counts, out of the rows.
UNUSED_CODES = """
    SELECT sent_at AS at FROM sign_in_code
    WHERE {column} = $1 AND used_at IS NULL AND sent_at > $2 ORDER BY sent_at DESC LIMIT $3
"""
TRIES = """
    SELECT sent_at AS at FROM sign_in_code, generate_series(1, tries)
    WHERE {column} = $1 AND used_at IS NULL AND sent_at > $2 ORDER BY sent_at DESC LIMIT $3
"""
TRY = """
    UPDATE sign_in_code SET tries = tries + 1
    WHERE id = $1 AND used_at IS NULL AND expires_at > $2 AND tries < $3 RETURNING phone, code_hash, tries
"""
USE = "UPDATE sign_in_code SET used_at = $2 WHERE id = $1 AND used_at IS NULL RETURNING phone"


class Entered(msgspec.Struct, frozen=True):
    """Somebody who has just signed in."""

    secret: str  # for the cookie
    actor: Actor
    desks: int  # how many they may choose from


async def send_code(*, phone: str, address: str, sms: Sms, secret: bytes, now: datetime) -> UUID:
    """Send a new code to a number; returns the id of the attempt, which the browser keeps.

    phone: as typed. address: the asker's. secret: the key of the kept hash. Known and unknown numbers look alike.
    Raises rules.PhoneWrong, rules.TooOften, rules.SmsFailed.
    """
    digits = rules.read_phone(phone)
    asker = addresses.group(address)
    await _refuse_if_full(rules.TRY_QUOTAS, digits, asker, use=None, now=now)
    attempt, code = uuid4(), f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"
    async with db.transaction():
        await _refuse_if_full(rules.SEND_QUOTAS, digits, asker, use=attempt, now=now)
        await SignInCode.insert(
            SignInCode(
                id=attempt,
                phone=digits,
                code_hash=rules.code_hash(code, attempt=attempt, secret=secret),
                address=asker,
                sent_at=now,
                expires_at=now + rules.CODE_LASTS,
            )
        )
    if await sms.send(digits, rules.code_message(code), key=str(attempt)) is not Outcome.TAKEN:
        raise rules.SmsFailed
    return attempt


async def enter_code(
    *, attempt: UUID, code: str, address: str, device: str, old_secret: str | None, secret: bytes, now: datetime
) -> Entered:
    """Sign in with the code of an attempt. A number nobody knew becomes a person with an owner's desk.

    attempt: what ``send_code`` returned to this very browser, so that nobody else can use up its tries. old_secret: the
    session the browser showed, which ends. Raises rules.CodeWrong, rules.CodeSpent, rules.TooOften, rules.Inactive.
    """
    asker = addresses.group(address)
    phone = await _try_code(attempt, rules.read_code(code), asker, secret=secret, now=now)
    async with db.transaction():
        if not await db.fetch(USE, attempt, now):
            raise rules.CodeSpent  # somebody was faster with the same code
        actor, desks = await _person_with(phone, now=now)
        if old_secret:
            await Session.delete().where(Session.id_hash == rules.session_hash(old_secret))
        opened = await open_session(person_id=actor.person_id, grant_id=actor.grant_id, device=device, now=now)
        await audit.record(by=actor.person_id, did="session.open", to=actor.person_id, now=now)
    await limits.give_back([_limit(quota, phone, asker) for quota in rules.SEND_QUOTAS], use=str(attempt))
    await limits.forget([_limit(quota, phone, asker) for quota in rules.QUOTAS if not quota.by_address])
    return Entered(secret=opened, actor=actor, desks=desks)


async def _try_code(attempt: UUID, code: str, asker: str, *, secret: bytes, now: datetime) -> str:
    """The number whose code this is. The try is counted and committed before anything is compared."""
    waiting = await queries.attempt(attempt, now=now)
    if waiting is None:
        raise rules.CodeSpent
    use = uuid4()
    async with db.transaction():
        await _refuse_if_full(rules.TRY_QUOTAS, waiting.phone, asker, use=use, now=now)
        tried = await db.fetch(TRY, attempt, now, rules.CODE_TRIES)
    if not tried:
        raise rules.CodeSpent
    if hmac.compare_digest(tried[0]["code_hash"], rules.code_hash(code, attempt=attempt, secret=secret)):
        await limits.give_back([_limit(quota, waiting.phone, asker) for quota in rules.TRY_QUOTAS], use=str(use))
        return waiting.phone
    log.warning("sign_in_code_wrong", phone=masks.phone(waiting.phone), tries=tried[0]["tries"])
    left = rules.CODE_TRIES - tried[0]["tries"]
    raise rules.CodeWrong(left=left) if left else rules.CodeSpent


async def _person_with(phone: str, *, now: datetime) -> tuple[Actor, int]:
    """Who has the number, at the desk they sat at last or the first of theirs, and how many desks they have."""
    person = await queries.person_by_phone(phone)
    if person is not None and not person.active:
        raise rules.Inactive
    desks = await queries.desks_of(person.id) if person else []
    if person is None or not desks:
        return await admit(phone=phone, role=Role.OWNER, now=now), 1
    last = (
        await Session.select(Session.grant)
        .where(Session.person == person.id)
        .order_by(Session.seen_at, ascending=False)
        .first()
    )
    chosen = next((desk for desk in desks if last and desk.grant_id == last["grant"]), desks[0])
    return db.found(await queries.actor(chosen.grant_id)), len(desks)


async def _refuse_if_full(
    quotas: tuple[Quota, ...], phone: str, asker: str, *, use: UUID | None, now: datetime
) -> None:
    """Note one use under every quota, or only look when ``use`` is None. Raises rules.TooOften, saying until when."""
    asked = [_limit(quota, phone, asker) for quota in quotas]
    try:
        until = await limits.take(asked, use=str(use) if use else "", now=now)
    except limits.Away:
        until = await _full_until(quotas, phone, asker, now=now)
    if until is not None:
        log.warning("sign_in_limited", phone=masks.phone(phone), until=until.isoformat())
        raise rules.TooOften(until=rules.wait_words(clock.beijing(until), now=clock.beijing(now)))


async def _full_until(quotas: tuple[Quota, ...], phone: str, asker: str, *, now: datetime) -> datetime | None:
    """The same question asked of the rows, one asker after the other, for as long as Redis is away."""
    until = None
    async with db.transaction():
        for name in sorted({phone, asker}):
            await db.connection().execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"sign_in {name}")
        for quota in quotas:
            counted = TRIES if quota in rules.TRY_QUOTAS else UNUSED_CODES
            column, value = ("address", asker) if quota.by_address else ("phone", phone)
            uses = await db.fetch(counted.format(column=column), value, now - quota.window, quota.most)
            if len(uses) >= quota.most:
                free_at = uses[-1]["at"] + quota.window
                until = max(until, free_at) if until else free_at
    return until


def _limit(quota: Quota, phone: str, asker: str) -> Limit:
    whose = f"address:{asker}" if quota.by_address else f"phone:{phone}"
    return Limit(key=f"{quota.name}:{whose}", most=quota.most, window=quota.window)
