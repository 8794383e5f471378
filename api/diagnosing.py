"""The probes of ``luutru doctor`` over one installation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from api.bootstrap import Installation
from api.diagnosing_keys import key_store_probes
from api.diagnosing_stores import policy_probe, store_probes
from api.doctor import Diagnosis, Health, Probe, clock_probe, disk_probe, examined, key_probe, same_device_probe
from archive.errors import LuutruError
from archive.events import Event
from ingest.checks.malware import scanner_state
from ingest.workers.errors import WorkerError
from search.client import answered, connect
from search.errors import SearchError


def diagnoses(installation: Installation) -> Iterator[Diagnosis]:
    """One line for each part the archive leans on."""
    settings = installation.settings
    probes: dict[str, Probe] = {
        "veraPDF": lambda: _verapdf(installation),
        "bộ kiểm tra tệp": lambda: _inspector(installation),
        "Elasticsearch": lambda: _elasticsearch(installation),
        "clamd": lambda: _clamd(installation),
        "danh sách tin cậy": lambda: _trust_list(installation),
        "thỏa thuận nộp lưu": lambda: _agreement(installation),
        "khóa ký": key_probe(settings.key_file),
        "chỗ trống": disk_probe("chỗ trống", settings.home, settings.free_bytes_reserve),
        "chính sách lưu trữ": policy_probe(installation),
        "thiết bị": same_device_probe({store.name: store.path for store in settings.stores}),
        "đồng hồ": lambda: clock_probe(_last_recorded(installation))(),
    }
    yield from examined(probes | key_store_probes(installation) | store_probes(installation))


def _verapdf(installation: Installation) -> Diagnosis:
    versions = installation.tools.verapdf.versions()
    if not versions:
        return Diagnosis(
            "veraPDF",
            Health.BROKEN,
            "không khởi động được",
            "Chạy «make java» (cần Maven và JDK 17 trở lên).",
        )
    return Diagnosis("veraPDF", Health.OK, ", ".join(f"{name} {version}" for name, version in versions.items()))


def _inspector(installation: Installation) -> Diagnosis:
    try:
        versions = installation.tools.inspectors.versions()
    except WorkerError as error:
        return Diagnosis("bộ kiểm tra tệp", Health.BROKEN, error.message, "Cài lại môi trường: «make install».")
    return Diagnosis("bộ kiểm tra tệp", Health.OK, ", ".join(f"{name} {version}" for name, version in versions.items()))


def _elasticsearch(installation: Installation) -> Diagnosis:
    try:
        client = connect(installation.search_settings, start=True)
        with answered():
            version = client.info()["version"]["number"]
        index = installation.search_index()
        cursor = installation.follower(index).cursor()
        with installation.catalogue.read() as reading:
            # Only stored packages concern the index; a search or a copy given out does not put it behind.
            lag = len(reading.records(after=cursor, limit=1000, event=Event.AIP_COPIES_VERIFIED))
    except SearchError as error:
        return Diagnosis(
            "Elasticsearch", Health.BROKEN, error.message, error.remedy or "Xem mục [search] trong cấu hình."
        )
    where = "máy chủ đã cấu hình" if installation.settings.search_hosts else "nút cục bộ"
    if lag:
        return Diagnosis(
            "Elasticsearch", Health.WARNING, f"{version}, {where}, chậm {lag} gói", "Chạy «luutru work» để bắt kịp."
        )
    return Diagnosis("Elasticsearch", Health.OK, f"{version}, {where}, bắt kịp nhật ký")


def _clamd(installation: Installation) -> Diagnosis:
    scanner = installation.tools.scanner
    if scanner is None:
        return Diagnosis(
            "clamd",
            Health.WARNING,
            "chưa cấu hình; kết quả quét mã độc là «chưa đủ căn cứ»",
            "Cài clamav-daemon, đặt [malware] clamd_socket trong luutru.toml.",
        )
    try:
        state = scanner_state(scanner)
    except LuutruError:
        raise
    except Exception as error:
        return Diagnosis(
            "clamd", Health.BROKEN, f"không trả lời ({type(error).__name__})", "Khởi động clamd hoặc sửa clamd_socket."
        )
    if state.database_at is None:
        return Diagnosis(
            "clamd",
            Health.WARNING,
            f"ClamAV {state.engine}, không có cơ sở dữ liệu mẫu chính thức",
            "Chạy freshclam để có cơ sở dữ liệu mẫu chính thức.",
        )
    return Diagnosis("clamd", Health.OK, f"ClamAV {state.engine}, mẫu {state.database} ngày {state.database_at.date()}")


def _trust_list(installation: Installation) -> Diagnosis:
    path = installation.settings.trust_list
    if path is None:
        return Diagnosis(
            "danh sách tin cậy",
            Health.WARNING,
            "chưa cấu hình; mọi chữ ký là «chưa đủ căn cứ»",
            "Đặt [signatures] trust_list trong luutru.toml.",
        )
    from ingest.checks.signatures.trust import load_trust_list

    trust = load_trust_list(path)
    return Diagnosis(
        "danh sách tin cậy", Health.OK, f"{trust.profile}, phiên bản {trust.version}, {len(trust.anchors)} gốc tin cậy"
    )


def _agreement(installation: Installation) -> Diagnosis:
    agreement = installation.tools.agreement
    return Diagnosis("thỏa thuận nộp lưu", Health.OK, f"{agreement.name} phiên bản {agreement.version}")


def _last_recorded(installation: Installation) -> datetime | None:
    with installation.catalogue.read() as reading:
        end = reading.ledger_end()
        records = reading.records(after=end[0] - 1, limit=1) if end else []
    return records[0].at if records else None
