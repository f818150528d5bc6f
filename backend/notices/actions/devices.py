"""The browsers that a person wants to be told on, and the groups they do not want to hear."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from backend.accounts.rules import Actor
from backend.audit import actions as audit
from backend.kit import db
from backend.notices import rules
from backend.notices.actions.telling import tell
from backend.notices.tables import Mute, PushSubscription

MAX_DEVICES = 10  # of one person; the one not seen for longest gives way


async def remember_device(
    *,
    actor: Actor,
    session: str,
    endpoint: str,
    p256dh: str,
    auth: str,
    device: str,
    hosts: Sequence[str],
    now: datetime,
) -> None:
    """Tell the actor on this browser while its session lasts. A browser belongs to whoever signed in last.

    session: the hash of the session it is signed in with; it says so again when that changes (static/js/live.js).
    device: what the browser calls itself, cut to 200 characters. hosts: see rules.check_endpoint.
    Raises rules.EndpointRefused, rules.KeysWrong.
    """
    rules.check_endpoint(endpoint, hosts=hosts)
    rules.check_keys(p256dh, auth)
    async with db.transaction():
        connection = db.connection()
        known = await connection.fetchrow(
            """
            INSERT INTO push_subscription (id, person, endpoint, p256dh, auth, device, created_at, seen_at, session)
            VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $6, $7)
            ON CONFLICT (endpoint) DO UPDATE SET person = excluded.person, p256dh = excluded.p256dh,
                auth = excluded.auth, device = excluded.device, seen_at = excluded.seen_at, session = excluded.session
            RETURNING id, created_at = $6 AS new
            """,
            actor.person_id,
            endpoint,
            p256dh,
            auth,
            device[:200],
            now,
            session,
        )
        await connection.execute(
            """
            DELETE FROM push_subscription WHERE person = $1 AND id NOT IN (
                SELECT id FROM push_subscription WHERE person = $1 ORDER BY seen_at DESC, created_at DESC LIMIT $2)
            """,
            actor.person_id,
            MAX_DEVICES,
        )
        if known["new"]:
            await audit.record(by=actor.person_id, did="device.add", to=known["id"], now=now)


async def forget_device(*, actor: Actor, endpoint: str = "", device_id: UUID | None = None, now: datetime) -> None:
    """Stop telling the actor on one browser, named by its address or its id; harmless when it is not there."""
    which = PushSubscription.id == device_id if device_id else PushSubscription.endpoint == endpoint
    async with db.transaction():
        gone = await (
            PushSubscription.delete()
            .where(which, PushSubscription.person == actor.person_id)
            .returning(PushSubscription.id)
        )
        for row in gone:
            await audit.record(by=actor.person_id, did="device.remove", to=row["id"], now=now)


async def mute(*, actor: Actor, group: rules.Group, muted: bool) -> None:
    """Silence a group on the actor's devices, or let it sound again. Raises rules.GroupNotMutable."""
    if not rules.may_mute(group):
        raise rules.GroupNotMutable
    async with db.transaction():
        await Mute.insert(Mute(person=actor.person_id, group=group, muted=muted)).on_conflict(
            target=(Mute.person, Mute.group), action="DO UPDATE", values=[Mute.muted]
        )


async def send_test(*, actor: Actor, path: str, now: datetime) -> UUID:
    """Send the actor a real notice on the whole real way; returns its id. path: what a tap opens."""
    about = uuid4()
    await tell([actor.person_id], kind="notice.test", about=about, path=path, facts={}, now=now)
    return about
