"""The worker: the list of jobs and clock lines, and the adapters they are given."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import structlog
import uvloop
from arq import cron
from arq.worker import Worker

from backend.accounts import jobs as accounts
from backend.files import jobs as files
from backend.files.store import Store
from backend.guidance import jobs as guidance
from backend.kit import clock, db, queue, sms
from backend.notices import jobs as notices
from backend.notices.push import Push
from backend.settings import Settings

JOB_SECONDS = 60  # a job's time limit; its own box is far shorter, and a dead worker's job is free again soon after
HEARTBEAT_SECONDS = 5  # how often the key that /health looks for is renewed
STOP_SECONDS = 10  # what a running job has left when the worker is told to stop
AT_ONCE = 20

JOBS = [*accounts.JOBS, *files.JOBS, *notices.JOBS, *guidance.JOBS]
CLOCK = [
    cron(notices.send_due_notices, second=0),  # every minute: notices whose wake-up was lost
    cron(notices.send_urgent_notices, second={0, 30}),
    cron(guidance.remind_of_visits, hour={17, 18, 19, 20}, minute=0, second=0),  # later hours: if the first was missed
    cron(guidance.remind_of_waiting, hour={9, 14}, minute=0, second=0),
    cron(accounts.forget_old_sign_ins, hour=3, minute=10, second=0),
    cron(files.sweep_files, hour=3, minute=20, second=0),
    cron(guidance.forget_old_drafts, hour=3, minute=30, second=0),
]


def run(settings: Settings) -> None:
    """Work until told to stop by SIGTERM or SIGINT. Ends with an error when Redis stays away for more than a minute."""
    asyncio.set_event_loop(uvloop.new_event_loop())
    Worker(**worker_settings(settings)).run()


def worker_settings(settings: Settings) -> dict[str, Any]:
    """What arq needs to know. Retries belong to the rows, so a job is tried once and its result forgotten."""

    async def open_all(ctx: dict[str, Any]) -> None:
        ctx["settings"], ctx["lanes"] = settings, {}
        ctx["opened"] = opened = AsyncExitStack()
        await opened.enter_async_context(db.pool(settings.database_url, size=AT_ONCE))
        await queue.connect(settings.redis_url)
        opened.push_async_callback(queue.close)
        ctx["push"] = Push(vapid_key=settings.vapid_key, subject=settings.vapid_subject, hosts=settings.push_hosts)
        opened.push_async_callback(ctx["push"].close)
        ctx["files"] = Store(settings.data / "files")
        ctx["sms"] = sms.adapter(settings.sms, settings.data / "sms.jsonl", settings.sms_url, settings.sms_token)
        opened.push_async_callback(ctx["sms"].close)

    async def close_all(ctx: dict[str, Any]) -> None:
        await ctx["opened"].aclose()

    return {
        "functions": JOBS,
        "cron_jobs": CLOCK,
        "redis_settings": queue.redis_settings(settings.redis_url, patient=True),
        "on_startup": open_all,
        "on_shutdown": close_all,
        "on_job_start": _name_the_log_lines,
        "timezone": clock.BEIJING,  # what clock lines mean by an hour
        "job_serializer": queue.encode,  # JSON; arq's default pickle runs code
        "job_deserializer": queue.decode,
        "max_tries": 1,
        "keep_result": 0,
        "job_timeout": JOB_SECONDS,
        "job_completion_wait": STOP_SECONDS,
        "max_jobs": AT_ONCE,
        "poll_delay": 0.2,  # seconds between looks at the queue: how long a wake-up may take
        "health_check_interval": HEARTBEAT_SECONDS,
        "log_results": False,
    }


async def _name_the_log_lines(ctx: dict[str, Any]) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(job=ctx["job_id"])
