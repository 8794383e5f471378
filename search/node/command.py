"""The command line and the configuration file of the embedded node."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from search.node.jdk import Jdk
from search.node.training import archive_for

_OPENED_LUCENE = ("codecs.lucene99", "codecs.hnsw", "internal.vectorization")


def java_command(home: Path, folder: Path, jdk: Jdk, heap: str, extra: tuple[str, ...] = ()) -> list[str]:
    """How the node under ``folder`` is started: one JVM, no shell, as whoever calls (root included)."""
    trained = archive_for(home, jdk)
    return [
        str(jdk.java),
        f"-Xms{heap}",
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={folder}/logs/java-error.log",
        "-Xshare:auto",
        *([f"-XX:SharedArchiveFile={trained}"] if trained.is_file() else []),
        "-Dfile.encoding=UTF-8",
        "-Djava.awt.headless=true",
        "-Djava.locale.providers=CLDR",
        f"-Djava.io.tmpdir={folder}/tmp",
        "-Dlog4j2.disable.jmx=true",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dio.netty.noUnsafe=true",
        "-Dio.netty.noKeySetOptimization=true",
        "-Dio.netty.recycler.maxCapacityPerThread=0",
        "-Dorg.apache.lucene.store.defaultReadAdvice=normal",
        "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
        f"-Des.path.home={home}",
        "--enable-native-access=org.elasticsearch.nativeaccess,org.elasticsearch.foreign,org.apache.lucene.core,ALL-UNNAMED",
        "--add-modules=jdk.incubator.vector,ALL-MODULE-PATH",
        *(
            f"--add-opens=org.apache.lucene.core/org.apache.lucene.{package}=org.elasticsearch.server"
            for package in _OPENED_LUCENE
        ),
        *extra,
        "-p",
        f"{home}/lib",
        "-cp",
        f"{home}/launcher/luutru-launcher.jar",
        "vn.luutru.launch.Launcher",
        str(home),
        f"{folder}/config",
    ]


def write_configuration(home: Path, folder: Path, http_port: int, settings: Mapping[str, Any]) -> None:
    """``elasticsearch.yml`` of a node that is alone, listens on loopback only and suits a small disk.

    Port 0 lets the system choose; which ones it chose is written by the node itself to ``logs/http.ports``.
    """
    configuration: dict[str, Any] = {
        "cluster.name": "luutru",
        "node.name": "luutru",
        "network.host": "127.0.0.1",
        "http.port": http_port,
        "transport.port": 0,
        "node.portsfile": True,
        "discovery.type": "single-node",
        "path.data": f"{folder}/data",
        "path.logs": f"{folder}/logs",
        # An index is made on purpose with its mapping, never by the accident of writing to a name.
        "action.auto_create_index": False,
        # The defaults are per cent of the disk: on a small one they would stop writing with gigabytes to spare.
        "cluster.routing.allocation.disk.watermark.low": "1gb",
        "cluster.routing.allocation.disk.watermark.high": "512mb",
        "cluster.routing.allocation.disk.watermark.flood_stage": "256mb",
        # Its collector lets the small heap fill before it clears it: measured as used, searches would be refused for garbage.
        "indices.breaker.total.use_real_memory": False,
        **settings,
    }
    for name in ("config", "data", "logs", "tmp"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(home / "config" / "log4j2.properties", folder / "config")
    # every JSON value is a YAML value
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in configuration.items()]
    (folder / "config" / "elasticsearch.yml").write_text("".join(lines), encoding="utf-8")
