"""An archive as it runs: service and worker as processes, a store in a folder, one on S3 under lock, an index of its own."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.cli.shell import PROGRAM, ROOT, Said, environment, luutru
from tests.servers.elasticsearch import at_server
from tests.servers.ports import free_port
from tests.servers.s3 import Bucket

PATIENCE_SECONDS = 1200.0
"""How long one thing may take on the slowest machine before the journey is given up."""
CODE, NAME = "H99.12", "Lưu trữ hiện hành Sở Nội vụ tỉnh Bình Minh"
PEOPLE: Mapping[str, str] = {
    "co.quan": "agency",
    "lap.danh.muc": "archivist",
    "thu.ky": "archivist",
    "thuc.hien": "archivist",
    "chu.tich": "head",
    "don.vi": "agency",
    "chuyen.gia": "auditor",
    "quyet.dinh": "head",
    "giam.sat": "head",
    "kiem.chung": "auditor",
}
"""Account → role. Each has one duty of the round, or none: ``giam.sat`` and ``kiem.chung``."""

T = TypeVar("T")


@dataclass
class Archive:
    """``folder`` holds everything but the S3 server and the index. ``tokens``: account → token."""

    folder: Path
    address: str
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def store(self) -> Path:
        return self.folder / "kho-1"

    @property
    def temporary(self) -> Path:
        """The machine's folder for temporary files: others' are none of the archive's business."""
        return self.folder / "tmp"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**options.pop("headers", {}), "Authorization": f"Bearer {self.tokens[who]}"}
        return httpx.request(
            method, f"{self.address}/api/v1{path}", headers=headers, timeout=300, trust_env=False, **options
        )

    def get(self, who: str, path: str, **params: Any) -> Any:
        return done(self.ask(who, "GET", path, params=params))

    def post(self, who: str, path: str, status: int = 200, **body: Any) -> Any:
        return done(self.ask(who, "POST", path, json=body), status)

    def act(self, who: str, path: str, status: int = 200) -> Any:
        """A step that takes nothing."""
        return done(self.ask(who, "POST", path), status)

    def pages(self, who: str, path: str, **params: Any) -> list[Any]:
        found, after = [], None
        while True:
            page = self.get(who, path, **params, **({} if after is None else {"after": after}))
            found += page["items"]
            after = page["after"]
            if after is None:
                return found

    def command(self, *arguments: object) -> Said:
        return luutru(*arguments, "--home", self.home)


def done(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
    return answer.json()


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def eventually(what: str, look: Callable[[], T | None]) -> T:
    """What ``look`` gives once it gives something; the journey ends with ``what`` when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_SECONDS:.0f} s"
        time.sleep(1)


def make_archive(folder: Path, bucket: Bucket, index: str, trust_list: Path) -> Archive:
    """Made by the command line, with all its people and a token for each; nothing runs yet."""
    archive = Archive(folder, f"http://127.0.0.1:{free_port()}")
    archive.logs.mkdir(parents=True)
    archive.temporary.mkdir()
    spare = folder / "spare"
    ok(
        archive.command(
            "init",
            "--name",
            NAME,
            "--code",
            CODE,
            "--store",
            archive.store,
            "--store",
            spare,
            "--trust-list",
            trust_list,
            "--agreement",
            ROOT / "samples" / "agreement.toml",
        )
    )
    (archive.home / "storage-policy.toml").write_text(_policy(archive, bucket), encoding="utf-8")
    settings = archive.home / "luutru.toml"
    also = f'\n[destruction]\nalso = ["{archive.logs}"]\n'
    settings.write_text(settings.read_text(encoding="utf-8") + also, encoding="utf-8")
    at_server(archive.home, index)
    ok(archive.command("storage", "adopt"))
    with ThreadPoolExecutor(3) as some:
        archive.tokens.update(some.map(lambda person: _account(archive, *person), PEOPLE.items()))
    return archive


@contextmanager
def running(archive: Archive) -> Iterator[None]:
    """The service without a worker, and a worker, each a process; both have ended when the block has."""
    port = archive.address.rpartition(":")[2]
    started = [
        _start(archive, "serve", "--no-work", "--port", port),
        _start(archive, "work"),
    ]
    try:
        eventually("the service answers", lambda: _answers(archive, started[0]))
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGINT)
        for process in started:
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ok(said: Said, *codes: int) -> Said:
    assert said.code in (codes or (0,)), f"{said.code}: {said.out[-2000:]} {said.err[-3000:]}"
    return said


def _account(archive: Archive, username: str, role: str) -> tuple[str, str]:
    agency = ("--agency", CODE) if role == "agency" else ()
    ok(archive.command("account", "add", username, "--role", role, "--name", f"Người {username}", *agency))
    issued = ok(archive.command("token", "issue", username, "--label", "hành trình", "--json"))
    return username, issued.row["secret"]


def _start(archive: Archive, *arguments: str) -> subprocess.Popen[bytes]:
    with (archive.logs / f"{arguments[0]}.log").open("ab") as log:
        # Ends with whoever started it, however that ends.
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *PROGRAM, *arguments, "--home", str(archive.home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=environment(TMPDIR=str(archive.temporary)),
        )


def _answers(archive: Archive, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (archive.logs / "serve.log").read_text(encoding="utf-8")[-3000:]
    with suppress(httpx.TransportError):
        return httpx.get(f"{archive.address}/api/v1/health", timeout=30, trust_env=False).status_code < 500
    return False


def _policy(archive: Archive, bucket: Bucket) -> str:
    return f"""version = 1
copies = 2

[[stores]]
name = "kho-1"
path = "{archive.store}"
medium = "Ổ đĩa 1"

[[stores]]
name = "kho-s3"
kind = "s3"
medium = "S3 có khóa đối tượng"

[stores.s3]
endpoint = "{bucket.server.url}"
bucket = "{bucket.name}"
credentials_file = "{bucket.server.credentials_file}"
object_lock = "governance"
lock_days = 1
"""
