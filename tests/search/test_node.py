"""The local node: one for all callers, found again after any end, and nobody else's process is ever touched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from search.client import SearchSettings, connect
from search.errors import IndexUnavailableError, JdkMissingError, NodeError
from search.node.build import build, is_current
from search.node.distribution import check_zip
from search.node.jdk import find_jdk
from search.node.local import LocalNode
from search.node.process import identity_of


def test_callers_at_the_same_time_share_one_node(own: LocalNode) -> None:
    urls: list[str] = []
    callers = [
        threading.Thread(target=lambda: urls.append(LocalNode(own.home, own.folder).ensure_running())) for _ in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    status = LocalNode(own.home, own.folder).status()
    assert set(urls) == {status.url} and status.state == "running"
    LocalNode(own.home, own.folder).stop()
    assert LocalNode(own.home, own.folder).status().state == "stopped"


def test_a_node_outlives_its_starter_and_after_kill_9_comes_back_with_its_data_at_its_address(
    own: LocalNode,
) -> None:
    code = (
        "import sys; from pathlib import Path; from search.node.local import LocalNode;"
        "print(LocalNode(Path(sys.argv[1]), Path(sys.argv[2])).ensure_running())"
    )
    started = subprocess.run(
        [sys.executable, "-c", code, str(own.home), str(own.folder)], capture_output=True, text=True, check=True
    )
    url = started.stdout.strip()
    assert own.ensure_running() == url
    client = connect(SearchSettings(own.home, own.folder), start=False)
    client.indices.create(index="kept")
    client.index(index="kept", id="1", document={"a": "đ"})
    own.kill()
    assert own.status().state == "stopped"
    assert own.ensure_running() == url
    assert client.get(index="kept", id="1")["_source"] == {"a": "đ"}
    client.close()


def test_the_node_listens_on_loopback_only(node: LocalNode) -> None:
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{node.status().pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                listening.add((fields[9], fields[1].partition(":")[0]))
    sockets = set()
    for entry in Path(f"/proc/{node.status().pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    own = {address for inode, address in listening if inode in sockets}
    assert own and own <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert node.folder.stat().st_mode & 0o077 == 0


def test_an_index_is_never_made_by_writing_to_its_name(node: LocalNode) -> None:
    client = connect(SearchSettings(node.home, node.folder))
    answer = client.options(ignore_status=404).index(index="accident", document={"a": 1})
    assert answer.meta.status == 404
    client.close()


def test_stop_spares_a_process_that_only_has_the_recorded_pid(node: LocalNode, tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    identity = identity_of(other.pid)
    assert identity is not None
    record = {"pid": other.pid, "started_ticks": identity.started_ticks - 1, "boot_id": identity.boot_id}
    own = LocalNode(node.home, tmp_path / "node")
    own.folder.mkdir()
    (own.folder / "node.json").write_text(json.dumps({"process": record, "url": "http://127.0.0.1:9"}))
    assert own.status().state == "stopped"
    own.stop()
    own.kill()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_node_that_cannot_start_says_why_to_the_log_and_no_path_to_the_user(node: LocalNode, tmp_path: Path) -> None:
    broken = LocalNode(node.home, tmp_path / "node", settings={"no.such.setting": 1})
    with pytest.raises(NodeError) as caught:
        broken.ensure_running()
    assert "no.such.setting" in caught.value.detail and str(tmp_path) not in caught.value.message
    assert broken.status().state == "stopped"
    with pytest.raises(NodeError, match="Chưa dựng"):
        LocalNode(tmp_path / "nothing", tmp_path / "other").ensure_running()


def test_asking_for_a_node_that_does_not_run_without_starting_it_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailableError):
        connect(SearchSettings(tmp_path, tmp_path / "node"), start=False)


def test_an_ended_process_is_not_alive_even_before_it_was_waited_for() -> None:
    child = os.posix_spawn("/bin/true", ["true"], {})
    identity = identity_of(child)
    if identity is not None:
        assert identity.wait(30)
    assert identity_of(child) is None
    me = identity_of(os.getpid())
    assert me is not None and me.alive()
    me.signal(signal.Signals(signal.SIGCONT))


def test_building_again_does_nothing(node: LocalNode) -> None:
    before = (node.home / "luutru-build").stat().st_mtime_ns
    assert is_current(node.home)
    build(node.home, say=lambda line: None)
    assert (node.home / "luutru-build").stat().st_mtime_ns == before


def test_a_distribution_with_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elasticsearch.zip").write_bytes(b"PK something else")
    with pytest.raises(NodeError, match="SHA-256"):
        check_zip(tmp_path / "elasticsearch.zip")


def _kit(folder: Path, name: str, version: str, *, compiler: bool = True) -> Path:
    home = folder / name
    (home / "bin").mkdir(parents=True)
    for program in ("java", "javac") if compiler else ("java",):
        (home / "bin" / program).write_text("")
        (home / "bin" / program).chmod(0o755)
    (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return home


def test_the_newest_full_kit_is_chosen_and_a_named_one_before_it(tmp_path: Path) -> None:
    old = _kit(tmp_path, "old", "17.0.15")
    named = _kit(tmp_path, "named", "21.0.2")
    _kit(tmp_path, "runtime", "99", compiler=False)
    newest = _kit(tmp_path, "newest", "25.0.1")
    _kit(tmp_path, "ancient", "1.8.0_402")
    assert find_jdk({}, (tmp_path,)).home == newest
    assert find_jdk({"JAVA_HOME": str(named)}, (tmp_path,)).home == named
    assert find_jdk({"JAVA_HOME": str(old)}, (tmp_path,)).home == newest
    assert find_jdk({"PATH": f"{named}/bin"}, ()).home == named


def test_without_a_kit_new_enough_one_line_says_what_to_install(tmp_path: Path) -> None:
    _kit(tmp_path, "old", "17.0.15")
    with pytest.raises(JdkMissingError) as caught:
        find_jdk({"PATH": str(tmp_path)}, (tmp_path,))
    assert "JDK 21" in caught.value.message and "\n" not in caught.value.message
