"""``bihuan run``: everything between a data directory and a city that answers."""

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import msgspec

from backend import settings as settings_of
from backend.host import certificates, city, content, probe, processes, servers
from backend.host.children import Child, Command
from backend.host.probe import LOOPBACK
from backend.host.processes import HostProblem
from backend.host.servers import Running, Servers
from backend.host.web import AUTHORITY_ROUTE
from backend.settings import Settings

READY_SECONDS = 90
PORT_SECONDS = 2  # a killed predecessor's web process may need a moment to disappear
LOOK_SECONDS = 0.2
SHORTEN_LOGS_SECONDS = 60


class Wish(msgspec.Struct, frozen=True):
    """What the command line asks for."""

    data: Path
    port: int
    workers: int
    address: str | None  # also serve phones at this address, by HTTPS
    empty: bool
    demo: bool


class Stopped(KeyboardInterrupt):
    """A signal asked for the end. Of this kind because asyncio swallows every other one between two of its steps."""


def run(wish: Wish) -> int:
    """Run the city until a signal ends it; returns the exit code. Raises HostProblem, SettingsWrong."""
    lock = city.take_or_find(wish.data)
    if isinstance(lock, Running):
        print(f"已在运行：{lock.url}（进程 {lock.pid}，数据目录 {wish.data}），未作任何改动", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    supervisor = Supervisor(wish)
    try:
        supervisor.start()
        supervisor.watch()
    except Stopped:
        print("正在停止…", flush=True)
        return 0
    finally:
        supervisor.stop()
        lock.give_back()


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)  # an impatient second Ctrl-C must not interrupt the stopping
    raise Stopped


class Supervisor:
    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.children: list[Child] = []
        self.url = f"http://{LOOPBACK}:{wish.port}"
        self.servers: Servers | None = None
        self.settings: Settings

    def start(self) -> None:
        """Bring the city up and say so."""
        wish = self.wish
        processes.private_directory(wish.data)
        _check_port(LOOPBACK, wish.port)
        if wish.address:
            self.url = f"https://{_bracketed(wish.address)}:{wish.port}"
            _check_port(wish.address, wish.port)
        over = {"BIHUAN_URL": self.url} if wish.address or not os.environ.get("BIHUAN_URL") else {}
        self.servers = Servers(settings_of.read(servers.overlaid(os.environ, over), data=wish.data))
        self.settings = self.servers.start()
        self.children = [Child(name, server, died=_died) for name, server in self.servers.embedded.items()]
        asyncio.run(city.ready_for_work(self.settings, progress=lambda one: _say(f"升级数据库：{one}")))
        environment = servers.overlaid(os.environ, servers.environment(self.settings, owner=False))
        content.load(self.settings, environment=environment, demonstration=self._may_fill())
        self._launch(environment)
        self._wait_ready()
        owner = servers.environment(self.settings, owner=True)
        servers.write_state(wish.data, Running(pid=os.getpid(), url=self.url, environment=owner))
        self._announce()

    def _may_fill(self) -> bool:
        """Into our own database the demonstration city comes by itself, into somebody else's only when asked for."""
        own = self.servers is not None and self.servers.postgres is not None
        return self.settings.env == "demo" and (self.wish.demo or (own and not self.wish.empty))

    def _launch(self, environment: dict[str, str]) -> None:
        wish = self.wish
        if wish.address:
            certificates.for_address(wish.data, wish.address)  # before two processes want it
        serve = ["serve", "--data", str(wish.data), "--port", str(wish.port), "--workers", str(wish.workers)]
        at_loopback = environment | {"BIHUAN_URL": f"http://{LOOPBACK}:{wish.port}"} if wish.address else environment
        self._add("web", [*serve, "--host", LOOPBACK], at_loopback, stop_seconds=10)
        self._add("worker", ["worker", "--data", str(wish.data)], environment, stop_seconds=20)
        if wish.address:
            self._add("web-lan", [*serve, "--host", wish.address, "--https"], environment, stop_seconds=10)

    def _add(self, name: str, arguments: list[str], environment: dict[str, str], *, stop_seconds: float) -> None:
        log = self.wish.data / "log" / f"{name}.log"
        command = Command(arguments, environment=environment, log=log, stop_seconds=stop_seconds)
        command.start()
        self.children.append(Child(name, command, died=_died))

    def _wait_ready(self) -> None:
        """Until /health says 200. A process that dies before that has something to say in its log."""
        give_up_at = time.monotonic() + READY_SECONDS
        answer: Any = "没有应答"
        while time.monotonic() < give_up_at:
            answer = probe.health(self.wish.port)[1]
            # Not the outbox: after a long stop it is behind, and the worker that catches up has only just started.
            if isinstance(answer, dict) and all(answer[part]["ok"] for part in ("database", "redis", "worker")):
                return
            for child in self.children:
                if (code := child.exit_code()) is not None:
                    log = processes.tail(child.runner.log)
                    raise HostProblem(f"{child.name} 启动时退出（代码 {code}）：\n{log}")
            time.sleep(0.05)
        raise HostProblem(f"{READY_SECONDS} 秒内没有就绪：{answer}\n日志在 {self.wish.data / 'log'}")

    def _announce(self) -> None:
        if self.wish.address:
            _print_trust(self.wish.data, self.url, self.wish.port)
        _say(f"Ready: {self.url}")
        for line in content.accounts(self.settings):
            _say(line)

    def stop(self) -> None:
        """End everything: first what uses the servers, then the servers."""
        servers.forget_state(self.wish.data)
        commands = [child.runner for child in self.children if isinstance(child.runner, Command)]
        for command in commands:
            command.ask_to_stop()
        for command in commands:
            command.stop()
        if self.servers is not None:
            self.servers.stop()

    def watch(self) -> NoReturn:
        """Start again whatever dies, for ever."""
        shorten_at = time.monotonic()
        while True:
            for child in self.children:
                try:
                    child.look()
                except HostProblem as problem:
                    _log("start_failed", name=child.name, problem=str(problem))
            if time.monotonic() > shorten_at:
                for child in self.children:
                    processes.shorten_log(child.runner.log)
                shorten_at = time.monotonic() + SHORTEN_LOGS_SECONDS
            time.sleep(LOOK_SECONDS)


def _died(name: str, code: int, wait: float) -> None:
    _log("process_died", name=name, exit_code=code, starting_again_in_seconds=wait)


def _log(event: str, **facts: object) -> None:
    from backend import logs  # noqa: PLC0415 - half a second that a start without trouble does not need

    logs.configure(process="run")
    logs.log.warning(event, **facts)


def _say(line: str) -> None:
    print(line, flush=True)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _check_port(host: str, port: int) -> None:
    """Raise HostProblem when we cannot listen there. Granian shares ports, so it would not notice."""
    give_up_at = time.monotonic() + PORT_SECONDS
    while True:
        try:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probed:
                probed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probed.bind((host, port))
                return
        except OSError as taken:
            if time.monotonic() > give_up_at:
                said = f"无法在 {host}:{port} 上监听（{taken.strerror}）；可用 --port 换一个端口"
                raise HostProblem(said) from taken
        time.sleep(0.1)


def _print_trust(data: Path, url: str, port: int) -> None:
    """The address as a code to scan, and how a phone comes to trust it."""
    import segno  # noqa: PLC0415

    segno.make(url).terminal(compact=True)
    _say(f"手机扫码打开 {url}")
    _say("首次使用须信任本机证书：手机打开下面的地址，下载并安装为 CA 证书（iPhone 还要在“证书信任设置”中打开）")
    _say(f"  {url}{AUTHORITY_ROUTE}/{certificates.AUTHORITY_FILE}   （文件：{certificates.authority(data)}）")
    _say(f"验证码短信只在本机可看：http://{LOOPBACK}:{port}/dev/sms")
