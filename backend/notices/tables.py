from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from backend.accounts.tables import Person
from backend.kit.db import one_of
from backend.notices.rules import NoticeState


class Notice(Table, tablename="notice"):
    """One message to one person: the inbox row and the outbox row are the same row.

    ``facts`` holds dates, names of departments and enterprises, numbers; never words that a person told guidance.
    """

    id = UUID(primary_key=True, default=UUID4())
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=60)
    about = UUID()
    turn = Integer(default=0)  # tells the third rescheduling from the second
    facts = JSONB(default="{}")
    path = Varchar(length=200)  # the page that a tap opens, from the site's root
    created_at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)

    state = Varchar(length=12, default=NoticeState.QUEUED)
    due_at = Timestamptz()
    leased_until = Timestamptz(null=True, default=None)
    attempts = SmallInt(default=0)
    ended_at = Timestamptz(null=True, default=None)
    why = Text(default="")  # why it is dead or what the last try met

    notice_said_once = Unique([person, kind, about, turn])
    notice_state_known = Check(one_of("state", NoticeState))


class PushSubscription(Table, tablename="push_subscription"):
    """One browser that wants to be told, for as long as it is signed in: a phone that was lost must fall silent."""

    id = UUID(primary_key=True, default=UUID4())
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    endpoint = Text(unique=True)
    p256dh = Varchar(length=120)
    auth = Varchar(length=40)
    session = Varchar(length=64, default="")  # the hash of accounts; without a key, sessions come and go
    device = Varchar(length=200, default="")
    created_at = Timestamptz()
    seen_at = Timestamptz()


class Delivery(Table, tablename="delivery"):
    """One try of one rung (push to one device, one SMS): append-only, for the administrator who asks why."""

    id = UUID(primary_key=True, default=UUID4())
    notice = ForeignKey(Notice, null=False, on_delete=OnDelete.cascade, index=True)
    rung = Varchar(length=10)
    device = UUID(null=True, default=None)
    outcome = Varchar(length=12)
    status = SmallInt(null=True, default=None)  # the HTTP status the other side answered with
    at = Timestamptz()


class Mute(Table, tablename="mute"):
    """A person does not want push for one group of messages; statutory kinds ignore it."""

    id = UUID(primary_key=True, default=UUID4())
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict)
    group = Varchar(length=20)
    muted = Boolean(default=True)

    mute_once = Unique([person, group])
