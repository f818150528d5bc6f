from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from backend.accounts import actions, content, queries, rules
from backend.accounts.rules import Permission, Role
from backend.accounts.tables import Department, Person, RolePermission, Session, SignInCode
from backend.audit.tables import AuditEntry
from backend.kit import db
from tests.accounts import make


async def opened(actor, now, *, device="微信"):
    return await actions.open_session(person_id=actor.person_id, grant_id=actor.grant_id, device=device, now=now)


@pytest.mark.parametrize(("days", "holds"), [(29.99, True), (30, False)])
async def test_a_session_ends_thirty_days_after_it_was_used(database, now, days, holds):
    secret = await opened(await make.owner(), now)

    assert (await queries.session(secret, now=now + timedelta(days=days)) is not None) is holds


async def test_using_a_session_moves_its_end(database, now):
    secret = await opened(await make.owner(), now)

    await actions.touch_session(secret, now=now + timedelta(days=29))

    assert await queries.session(secret, now=now + timedelta(days=58))
    assert await queries.session(secret, now=now + timedelta(days=59)) is None


@pytest.mark.parametrize("secret", ["", "x", "a" * 64, "' OR 1=1", "\x00", "\udcff", "红木"])
async def test_a_secret_that_was_made_up_opens_nothing(database, now, secret):
    await opened(await make.owner(), now)

    assert await queries.session(secret, now=now) is None


async def test_the_hash_out_of_the_database_is_no_secret(database, now):
    await opened(await make.owner(), now)
    stolen = await Session.select(Session.id_hash).first()

    assert await queries.session(stolen["id_hash"], now=now) is None


async def test_every_secret_is_new_and_long(database, now):
    owner = await make.owner()

    secrets = {await opened(owner, now) for _ in range(20)}

    assert len(secrets) == 20
    assert all(len(secret) >= 43 for secret in secrets)  # 32 bytes in base64


async def test_a_desk_taken_away_signs_out_with_the_next_request(database, now):
    officer = await make.official()
    secret = await opened(officer, now)

    await actions.revoke(grant_id=officer.grant_id, by=None, now=now)

    assert await queries.session(secret, now=now) is None
    assert await queries.actor(officer.grant_id) is None
    with pytest.raises(db.NotFound):
        await actions.revoke(grant_id=officer.grant_id, by=None, now=now)


async def test_a_person_put_out_of_action_is_signed_out_with_the_next_request(database, now):
    owner = await make.owner()
    secret = await opened(owner, now)

    await Person.update({Person.active: False}).where(Person.id == owner.person_id)

    assert await queries.session(secret, now=now) is None


async def test_a_permission_moved_in_the_database_counts_with_the_next_request(database, now):
    secret = await opened(await make.owner(), now)
    assert (await queries.session(secret, now=now)).actor.may(Permission.VISIT_BOOK)

    await RolePermission.delete().where(RolePermission.permission == Permission.VISIT_BOOK)

    assert not (await queries.session(secret, now=now)).actor.may(Permission.VISIT_BOOK)


async def test_changing_desks_changes_the_secret_and_the_rights(database, now):
    officer = await make.official()
    office = await actions.admit(phone=officer.phone, role=Role.GUIDANCE_OFFICE, department="guidance_office", now=now)
    secret = await opened(officer, now)

    changed = await actions.change_desk(actor=officer, secret=secret, grant_id=office.grant_id, device="微信", now=now)

    assert await queries.session(secret, now=now) is None
    assert (await queries.session(changed, now=now)).actor.role is Role.GUIDANCE_OFFICE


async def test_a_session_that_was_signed_out_opens_no_other_by_changing_desks(database, now):
    owner = await make.owner()
    secret = await opened(owner, now)
    await actions.close_session(secret, now=now)

    changed = await actions.change_desk(actor=owner, secret=secret, grant_id=owner.grant_id, device="微信", now=now)

    assert changed is None
    assert await queries.devices_of(owner, secret=None, now=now) == []


async def test_nobody_sits_down_at_a_desk_of_somebody_else(database, now):
    owner, officer = await make.owner(), await make.official()
    secret = await opened(owner, now)

    for desk in (officer.grant_id, uuid4()):
        with pytest.raises(db.NotFound):
            await actions.change_desk(actor=owner, secret=secret, grant_id=desk, device="", now=now)

    assert (await queries.session(secret, now=now)).actor.role is Role.OWNER


async def test_one_sees_and_ends_ones_own_sessions_only(database, now):
    owner, other = await make.owner(), await make.owner()
    here, there = await opened(owner, now), await opened(owner, now, device="Chrome · Windows 电脑")
    others = await opened(other, now)
    devices = await queries.devices_of(owner, secret=here, now=now)
    assert [(one.device, one.here) for one in sorted(devices, key=lambda one: one.here)] == [
        ("Chrome · Windows 电脑", False),
        ("微信", True),
    ]

    await actions.close_session_by_key(actor=owner, key=next(one.key for one in devices if not one.here), now=now)

    assert await queries.session(there, now=now) is None
    assert await queries.session(here, now=now)
    strangers = (await queries.devices_of(other, secret=None, now=now))[0].key
    with pytest.raises(db.NotFound):
        await actions.close_session_by_key(actor=owner, key=strangers, now=now)
    assert await queries.session(others, now=now)


async def test_signing_out_everywhere_leaves_this_browser(database, now):
    owner = await make.owner()
    here = await opened(owner, now)
    elsewhere = [await opened(owner, now) for _ in range(3)]

    assert await actions.close_other_sessions(actor=owner, secret=here, now=now) == 3

    assert await queries.session(here, now=now)
    assert [await queries.session(secret, now=now) for secret in elsewhere] == [None] * 3


async def test_admitting_twice_is_admitting_once(database, now):
    first = await actions.admit(phone="138 0001 9999", name="王建安", role=Role.OFFICER, department="fire", now=now)

    second = await actions.admit(phone="13800019999", name="另一个", role=Role.OFFICER, department="fire", now=now)

    assert second == first
    assert second.name == "王建安"


async def test_a_desk_given_again_is_the_same_desk(database, now):
    first = await actions.admit(phone="13800019998", role=Role.OFFICER, department="fire", now=now)
    await actions.revoke(grant_id=first.grant_id, by=None, now=now)

    again = await actions.admit(phone="13800019998", role=Role.OFFICER, department="fire", now=now)

    assert again.grant_id == first.grant_id
    assert await queries.actor(again.grant_id) == again


async def test_admitting_writes_who_let_in_whom(database, now):
    admin = await make.official(Role.SYSTEM_ADMIN, department="guidance_office")

    officer = await actions.admit(
        phone="13800019997", role=Role.OFFICER, department="fire", by=admin.person_id, now=now
    )

    entry = await AuditEntry.select().where(AuditEntry.to == officer.person_id).first()
    assert (entry["by"], entry["did"]) == (admin.person_id, "person.admit")


@pytest.mark.parametrize(
    ("role", "department"),
    [(Role.OFFICER, None), (Role.OFFICER, "no_such"), (Role.OWNER, "fire"), (Role.SYSTEM_ADMIN, None)],
)
async def test_a_desk_without_its_department_is_refused(database, now, role, department):
    with pytest.raises(rules.DepartmentWrong):
        await actions.admit(phone="13800019996", role=role, department=department, now=now)

    assert not await Person.exists().where(Person.phone == "13800019996")


async def test_who_may_do_something_is_found_by_desk(database, now):
    officer, office = await make.official(department="fire"), await make.office()
    gone = await make.office()
    await actions.revoke(grant_id=gone.grant_id, by=None, now=now)

    assert await queries.people_who_may(Permission.VISIT_DECIDE) == [office.person_id]
    assert await queries.people_at(Role.OFFICER, department="fire") == [officer.person_id]
    assert await queries.people_at(Role.OFFICER, department="ecology") == []


async def test_the_ground_is_loaded_once_and_follows_its_files(database, now):
    assert await actions.load_ground(now=now) == []
    shipped = content.shipped()
    renamed = msgspec.structs.replace(shipped.departments[0], short_name="指导办公室")
    fewer = [msgspec.structs.replace(role, permissions=role.permissions[1:]) for role in shipped.roles]
    changed = msgspec.structs.replace(shipped, departments=[renamed, *shipped.departments[1:]], roles=fewer)

    assert await actions.load_ground(changed, now=now) == ["departments", "roles"]

    assert (await queries.department(renamed.code)).short_name == "指导办公室"
    assert await RolePermission.count() == sum(len(role.permissions) for role in fewer)
    assert await Department.count() == len(shipped.departments)


async def test_the_ground_names_every_role_and_permission(database):
    shipped = content.shipped()

    assert {role.code for role in shipped.roles} == set(Role)
    assert {one for role in shipped.roles for one in role.permissions} == set(Permission)


async def test_regions_come_as_a_tree_and_departments_in_their_order(database):
    regions, departments = await queries.regions(), await queries.departments()

    before: set[str] = {""}
    for region in regions:
        assert region.parent in before
        before.add(region.code)
    assert [one.position for one in departments] == list(range(1, len(departments) + 1))
    assert {one.region for one in departments} <= before


async def test_old_sign_ins_are_forgotten_and_young_ones_kept(database, now):
    owner = await make.owner()
    ended, young = await opened(owner, now - timedelta(days=30)), await opened(owner, now)
    for days in (3, 1):
        await SignInCode.insert(
            SignInCode(phone=owner.phone, code_hash="0" * 64, sent_at=now - timedelta(days=days), expires_at=now)
        )

    await actions.forget_old_sign_ins(now=now)

    assert await SignInCode.count() == 1
    assert await Session.select(Session.id_hash).output(as_list=True) == [rules.session_hash(young)]
    assert await queries.session(ended, now=now) is None


async def test_recognising_a_visitor_takes_one_query(database, now, monkeypatch):
    secret, asked = await opened(await make.owner(), now), []
    fetch = db.fetch

    async def counted(sql, *values):
        asked.append(sql)
        return await fetch(sql, *values)

    monkeypatch.setattr(db, "fetch", counted)
    await queries.session(secret, now=now)

    assert len(asked) == 1
