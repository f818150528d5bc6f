"""People, their browsers and their notices, as tests need them."""

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from backend.accounts.rules import Actor, Permission, Role
from backend.accounts.tables import Person, RoleGrant, Session
from backend.kit.sms import Outcome
from backend.notices import actions
from backend.notices.rules import Device, Message, Tried
from backend.notices.rules import Outcome as Taken
from backend.notices.tables import Notice, PushSubscription
from tests.conftest import NOW
from tests.notices.push_service import Subscriber

FACTS = {"number": "ZD-2026-000001", "enterprise": "东阳市明堂红木家具厂", "day": "2026-11-25", "half": "上午"}
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
_numbers = itertools.count(1)


async def person(role: Role = Role.OWNER, *, name: str = "陈小明", active: bool = True) -> Actor:
    """Somebody with one desk."""
    person_id, grant_id, phone = uuid4(), uuid4(), f"137{next(_numbers):08}"
    await Person.insert(Person(id=person_id, name=name, phone=phone, active=active, created_at=NOW))
    await RoleGrant.insert(RoleGrant(id=grant_id, person=person_id, role=role, department=None, granted_at=NOW))
    may = frozenset({Permission.NOTICE_REPAIR}) if role is Role.SYSTEM_ADMIN else frozenset()
    return Actor(person_id=person_id, name=name, phone=phone, role=role, grant_id=grant_id, permissions=may)


async def told(
    actor: Actor, *, kind: str = "visit.accepted", about: UUID | None = None, turn: int = 0, now: datetime = NOW
) -> UUID:
    """A notice for the actor; returns its id."""
    about = about or uuid4()
    facts: dict[str, Any] = {} if kind == "notice.test" else FACTS
    await actions.tell([actor.person_id], kind=kind, about=about, path="/guidance", facts=facts, now=now, turn=turn)
    rows = Notice.select(Notice.id).where(
        Notice.person == actor.person_id, Notice.about == about, Notice.turn == turn, Notice.kind == kind
    )
    return (await rows)[0]["id"]


async def device(actor: Actor, subscriber: Subscriber | None = None, *, lasts: timedelta = timedelta(days=999)) -> UUID:
    """A browser of the actor's that wants to be told, signed in for as long as ``lasts``."""
    device_id = uuid4()
    kept = {"created_at": NOW, "seen_at": NOW, "expires_at": NOW + lasts}
    await Session.insert(Session(**kept, id_hash=device_id.hex, person=actor.person_id, grant=actor.grant_id))
    await PushSubscription.insert(
        PushSubscription(
            id=device_id,
            person=actor.person_id,
            endpoint=subscriber.endpoint if subscriber else f"https://fcm.googleapis.com/fcm/send/{device_id}",
            p256dh=subscriber.p256dh if subscriber else P256DH,
            auth=subscriber.auth if subscriber else AUTH,
            device="Mozilla/5.0 (Linux; Android 14) Chrome/140",
            session=device_id.hex,
            created_at=NOW,
            seen_at=NOW,
        )
    )
    return device_id


async def state(notice_id: UUID) -> dict[str, Any]:
    return await Notice.select().where(Notice.id == notice_id).first()


class PushSpy:
    """Stands for the push adapter where the adapter itself is not the matter."""

    def __init__(self, *outcomes: Taken | Exception) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[tuple[Device, Message]] = []

    async def __call__(self, device: Device, message: Message) -> Tried:
        self.sent.append((device, message))
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else (self.outcomes or [Taken.TAKEN])[0]
        if isinstance(outcome, Exception):
            raise outcome
        return Tried(outcome, device=device.id, status=201, why="" if outcome is Taken.TAKEN else "推送服务没有接收")


class SmsSpy:
    """Stands for the SMS gateway."""

    def __init__(self, outcome: Outcome = Outcome.TAKEN) -> None:
        self.outcome = outcome
        self.sent: list[tuple[str, str, str]] = []

    async def send(self, to: str, text: str, *, key: str) -> Outcome:
        self.sent.append((to, text, key))
        return self.outcome

    async def close(self) -> None:
        return


async def deliver_once(
    *, now: datetime = NOW, push: PushSpy | None = None, sms: SmsSpy | None = None, urgent: bool = False
) -> tuple[PushSpy, SmsSpy]:
    """Claim and deliver one batch, with adapters that take everything unless given."""
    push, sms = push or PushSpy(), sms or SmsSpy()
    batch = await actions.claim_due(urgent=urgent, limit=50, now=now)
    await actions.deliver(batch, push=push, sms=sms, base_url="https://t.example", now=now)
    return push, sms
