"""The sample page and the error pages behind a real server: what a browser needs to judge the design system."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import jinja2
import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig
from litestar.types import Message, Scope

from backend.kit import forms, headers, html, qr, static

ROOT = Path(__file__).parents[2]


class Sample(forms.Fields, frozen=True):
    phone: Annotated[str, msgspec.Meta(min_length=11)]
    code: Annotated[str, msgspec.Meta(min_length=6)]
    township: Annotated[str, msgspec.Meta(min_length=1)]
    site: Annotated[str, msgspec.Meta(min_length=1)]
    items: Annotated[list[str], msgspec.Meta(min_length=1)]
    slot: Annotated[str, msgspec.Meta(min_length=1)]
    question: Annotated[str, msgspec.Meta(min_length=4)]
    grade: Annotated[str, msgspec.Meta(min_length=1)]
    agree: bool = False

    MESSAGES = {  # noqa: RUF012
        "phone": "请填写11位手机号码",
        "code": "请填写短信里的6位数字",
        "township": "请选择所在镇街",
        "site": "请选择到哪里指导",
        "items": "请至少选一件事",
        "slot": "请选一个半天",
        "question": "请用不少于4个字写明想咨询的事项",
        "grade": "请选一个评价",
    }


HALF_DAYS = [
    {
        "title": title,
        "note": note,
        "halves": [(words, left, value, f"{title}{words}，{left}") for words, left, value in halves],
    }
    for title, note, halves in (
        ("11月26日 周四", "", (("上午", "余 2", "26-am"), ("下午", "余 1", "26-pm"))),
        ("11月27日 周五", "需 3 个部门", (("上午", "余 2", "27-am"), ("下午", "约满", ""))),
        ("11月28日 周六", "休息日", (("上午", "休息", ""), ("下午", "休息", ""))),
    )
]


def context(request: Request, form: forms.Form[Sample]) -> dict[str, object]:
    """What html.page gives every template, and the sample's own things."""
    query = request.query_params
    desk = query.get("desk", "")
    photo = SimpleNamespace(href="#photo", thumb=static.url("img/app-192.png"), alt="喷漆房")
    return {
        "viewer": SimpleNamespace(role=desk) if desk else None,
        "elder": "elder" in query,
        "theme": query.get("theme", ""),
        "unread": 128,
        "request": request,
        "form": form,
        "desk": desk,
        "scan": "scan" in query,
        "photo": photo,
        "half_days": HALF_DAYS,
        "qr": qr.svg("HTTPS://BIHUAN.EXAMPLE/T/8Q2MZK", title="进度查询二维码"),
    }


class Releases:
    """How often the site was deployed anew while it was looked at."""

    count = 0


class Wire:
    """Bytes of headers and bodies that left this server, whoever asked: page, service worker or manifest."""

    sent = 0


async def weigh(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        Wire.sent += sum(len(name) + len(value) + 4 for name, value in message["headers"])
    elif message["type"] == "http.response.body":
        Wire.sent += len(message["body"])


@post("/weighing", sync_to_thread=False)
def weighing() -> int:
    """The bytes sent since the last weighing."""
    sent, Wire.sent = Wire.sent, 0
    return sent


@post("/release", sync_to_thread=False)
def release() -> None:
    Releases.count += 1


@get("/sw.js", sync_to_thread=False)
def worker() -> Response[bytes]:
    body = static.worker().body + f"// {Releases.count}".encode()
    return Response(body, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@get("/sample", sync_to_thread=False)
def sample(request: Request) -> Template:
    form = forms.blank(Sample, site="a", items=["x"], phone="138 0000")
    kept = {"X-Offline": "keep"} if "keep" in request.query_params else {}
    return Template("sample.html", context=context(request, form), headers=kept)


@post("/sample")
async def sample_sent(request: Request) -> Template:
    form = forms.read(Sample, await request.form())
    return Template("sample.html", context=context(request, form), status_code=422)


class Swap(forms.Fields, frozen=True):
    question: Annotated[str, msgspec.Meta(min_length=4)]

    MESSAGES = {"question": "请用不少于4个字写明"}  # noqa: RUF012


@get("/swap", sync_to_thread=False)
def swap(request: Request) -> Template:
    return Template(
        "swap.html", context={**context(request, forms.blank(Sample)), "form": forms.blank(Swap), "done": False}
    )


@post("/swap")
async def swap_sent(request: Request) -> Template:
    form = forms.read(Swap, await request.form())
    if form.text("question") == "坏掉坏掉":
        raise RuntimeError("broken")
    return Template(
        "_swap.html", context={"form": form, "done": not form.errors}, status_code=422 if form.errors else 200
    )


@get("/errors/{status:int}", sync_to_thread=False)
def error(status: FromPath[int]) -> Template:
    return Template(
        f"shared/errors/{status}.html", context={"request_id": "7f3a-19c2", "message": ""}, status_code=status
    )


def application() -> Litestar:
    environment = html.environment(
        url=lambda name, **path: "/" + name,
        static=static.url,
        site=html.Site("示范市闭环", "浙ICP备00000000号", phone="0579-86620000"),
    )
    environment.loader = jinja2.FileSystemLoader([html.TEMPLATES, Path(__file__).parent])
    return Litestar(
        [
            sample,
            sample_sent,
            swap,
            swap_sent,
            error,
            release,
            weighing,
            worker,
            *(one for one in static.HANDLERS if one is not static.worker_script),
        ],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment)),
        compression_config=headers.COMPRESSION,
        before_send=[headers.secure, weigh],
        openapi_config=None,
    )


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """The address of a real server with the sample on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = ["-m", "granian", "--interface", "asgi", "--factory", "--port", str(port), "--log-level", "error"]
    server = subprocess.Popen(
        [sys.executable, *command, "tests.kit.sample:application"], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while not _answers(address):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the sample's server did not start")
            time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        server.wait(10)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/manifest.webmanifest", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
