"""Settings of one installation: ``luutru.toml`` in its home folder; unknown keys are refused, paths are relative to home."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.settings_alerts import KEYS as ALERT_KEYS
from api.settings_alerts import AlertSettings, parse_alerts
from api.settings_audit import KEYS as AUDIT_KEYS
from api.settings_audit import AuditSettings, parse_audit
from api.settings_backup import KEYS as BACKUP_KEYS
from api.settings_backup import BackupSettings, parse_backup
from api.settings_database import KEYS as DATABASE_KEYS
from api.settings_database import DatabaseSettings, parse_database
from api.settings_destruction import KEYS as DESTRUCTION_KEYS
from api.settings_destruction import DestructionSettings, parse_destruction
from api.settings_keys import KEYS as KEYS_KEYS
from api.settings_keys import KeySettings, parse_keys
from api.settings_ledger import KEYS as LEDGER_KEYS
from api.settings_ledger import LedgerSettings, parse_ledger
from api.settings_quarantine import KEYS as QUARANTINE_KEYS
from api.settings_quarantine import QuarantineSettings, parse_quarantine
from api.settings_repair import KEYS as REPAIR_KEYS
from api.settings_repair import RepairSettings, parse_repair
from api.settings_reports import KEYS as REPORT_KEYS
from api.settings_reports import ReportSettings, parse_reports
from api.settings_storage import load_policy
from archive.errors import LuutruError
from archive.storage_policy import StoragePolicy

HOME_VARIABLE = "LUUTRU_HOME"
CLAMD_VARIABLE = "LUUTRU_CLAMD_SOCKET"
"""Another clamd socket than the settings name, for a scanner that lives only as long as one run."""
FILE_NAME = "luutru.toml"


class SettingsError(LuutruError):
    """The settings are missing or wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """A store in a folder of this machine."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """One OpenID Connect provider; the secret, if the provider wants one, stands in a file of its own."""

    issuer: str
    client_id: str
    client_secret_file: Path | None = None
    name: str = "OpenID Connect"


@dataclass(frozen=True)
class Settings:
    """Everything the composition root needs; all paths absolute, times in seconds, sizes in bytes."""

    home: Path
    archive_name: str = "Lưu trữ cơ quan"
    archive_code: str = "000.00.00.H00"
    profile: str = "LLT2024-TT05"
    policy: StoragePolicy = field(default_factory=lambda: StoragePolicy(version=1, stores=()))
    """The storage policy as its file says it; which version stands is for the catalogue to say (``Installation.policy``)."""
    policy_file: Path = Path()
    policy_from_old_stores: bool = False
    """Whether it was made from ``[[stores]]`` of a home older than storage policies."""
    search_hosts: tuple[str, ...] = ()
    search_api_key_file: Path | None = None
    search_ca_certs: Path | None = None
    search_alias: str = "luutru"
    """What the index is called on the server; archives that share a server need one each."""
    clamd_socket: str = ""
    clamd_official: bool = True
    trust_list: Path | None = None
    agreement: Path | None = None
    online_revocation: bool = False
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    free_bytes_reserve: int = 1 << 30
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    http_tls_certificate: Path | None = None
    http_tls_key: Path | None = None
    http_public_address: str = ""
    """The address people reach the service by (``https://kho.example.vn``); empty: as the request says."""
    http_trusted_proxies: str = ""
    """Addresses whose X-Forwarded-For and -Proto are believed, separated by commas; none by default."""
    public_verification: bool = False
    largest_submission_bytes: int = 64 << 30
    nightly_at: str = "01:30"
    """Local time of the nightly comparison of index and catalogue."""
    oidc: OidcSettings | None = None
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    quarantine_settings: QuarantineSettings = field(default_factory=QuarantineSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    repair: RepairSettings = field(default_factory=RepairSettings)
    ledger: LedgerSettings = field(default_factory=LedgerSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    destruction: DestructionSettings = field(default_factory=DestructionSettings)
    reports: ReportSettings = field(default_factory=ReportSettings)
    keys: KeySettings | None = None
    """None: packages are not sealed."""
    tools: Path = Path()
    """Folder with the built Java parts: ``verapdf/`` and ``elasticsearch/``."""

    @property
    def stores(self) -> tuple[StoreSettings, ...]:
        """The stores that are folders of this machine, in the policy's order."""
        return tuple(StoreSettings(store.name, store.path) for store in self.policy.stores if store.path is not None)

    @property
    def catalogue_url(self) -> str:
        return self.database.address(self.home)

    @property
    def work_url(self) -> str:
        """The database of the workflow engine."""
        return self.database.work_address(self.home)

    @property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @property
    def key_file(self) -> Path:
        return self.home / "keys" / "archive-ed25519.pem"

    @property
    def search_data(self) -> Path:
        return self.home / "elasticsearch"


_KNOWN: Mapping[str, frozenset[str]] = {
    "archive": frozenset({"name", "code", "profile"}),
    "stores": frozenset({"name", "path"}),
    "storage": frozenset({"policy"}),
    "search": frozenset({"hosts", "api_key_file", "ca_certs", "alias"}),
    "malware": frozenset({"clamd_socket", "official_signatures"}),
    "signatures": frozenset({"trust_list", "online_revocation"}),
    "agreement": frozenset({"path"}),
    "work": frozenset({"workers", "free_bytes_reserve", "nightly_at"}),
    "http": frozenset(
        {
            "host",
            "port",
            "tls_certificate",
            "tls_key",
            "public_address",
            "trusted_proxies",
            "public_verification",
            "largest_submission_bytes",
        }
    ),
    "oidc": frozenset({"issuer", "client_id", "client_secret_file", "name"}),
    "tools": frozenset({"path"}),
    "database": DATABASE_KEYS,
    "quarantine": QUARANTINE_KEYS,
    "alerts": ALERT_KEYS,
    "audit": AUDIT_KEYS,
    "backup": BACKUP_KEYS,
    "repair": REPAIR_KEYS,
    "reports": REPORT_KEYS,
    "ledger": LEDGER_KEYS,
    "destruction": DESTRUCTION_KEYS,
    "keys": KEYS_KEYS,
}


def home_folder(given: Path | None = None) -> Path:
    """The installation's home: as given, else ``LUUTRU_HOME``, else ``luutru-data`` here."""
    return (given or Path(os.environ.get(HOME_VARIABLE) or "luutru-data")).absolute()


def tools_folder() -> Path:
    """Where the Java parts are built when the settings do not say otherwise."""
    return Path(os.environ.get("LUUTRU_TOOLS") or Path(__file__).resolve().parent.parent / "build").absolute()


def load_settings(home: Path) -> Settings:
    """The settings of the installation at ``home``. Raises SettingsError when there is none or a key is unknown."""
    file = home / FILE_NAME
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"Chưa có kho lưu trữ tại «{home}».",
            remedy=f"Chạy «luutru init», hoặc đặt biến {HOME_VARIABLE} tới thư mục kho.",
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"Không đọc được {FILE_NAME}: {error}", remedy="Sửa tệp cấu hình rồi chạy lại.") from error
    return parse_settings(table, home)


def parse_settings(table: Mapping[str, Any], home: Path) -> Settings:
    _refuse_unknown(table)

    def part(name: str) -> Mapping[str, Any]:
        value = table.get(name, {})
        return value if isinstance(value, Mapping) else {}

    def path(value: str | None) -> Path | None:
        return (home / value).absolute() if value else None

    policy, policy_file, from_old_stores = load_policy(table, home)
    archive, work, http, oidc = part("archive"), part("work"), part("http"), part("oidc")
    alias = str(part("search").get("alias", Settings.search_alias))
    # Without a hyphen no alias is the beginning of another's generations (alias-000001).
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", alias):
        raise SettingsError(
            "[search] alias chỉ gồm chữ cái thường không dấu, chữ số và dấu gạch dưới, bắt đầu bằng chữ cái.",
            remedy='Ví dụ: alias = "luutru_h99".',
        )
    if oidc and not (oidc.get("issuer") and oidc.get("client_id")):
        raise SettingsError("[oidc] cần issuer và client_id.", remedy="Bổ sung, hoặc bỏ mục [oidc].")
    nightly = str(work.get("nightly_at", Settings.nightly_at))
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", nightly):
        raise SettingsError("[work] nightly_at phải là giờ:phút.", remedy='Ví dụ: nightly_at = "01:30".')
    return Settings(
        home=home,
        archive_name=archive.get("name", Settings.archive_name),
        archive_code=archive.get("code", Settings.archive_code),
        profile=archive.get("profile", Settings.profile),
        policy=policy,
        policy_file=policy_file,
        policy_from_old_stores=from_old_stores,
        search_hosts=tuple(part("search").get("hosts", ())),
        search_api_key_file=path(part("search").get("api_key_file")),
        search_ca_certs=path(part("search").get("ca_certs")),
        search_alias=alias,
        clamd_socket=os.environ.get(CLAMD_VARIABLE) or part("malware").get("clamd_socket", ""),
        clamd_official=bool(part("malware").get("official_signatures", True)),
        trust_list=path(part("signatures").get("trust_list")),
        online_revocation=bool(part("signatures").get("online_revocation", False)),
        agreement=path(part("agreement").get("path")),
        workers=int(work.get("workers", 0)) or os.cpu_count() or 1,
        free_bytes_reserve=int(work.get("free_bytes_reserve", 1 << 30)),
        nightly_at=nightly,
        http_host=str(http.get("host", Settings.http_host)),
        http_port=int(http.get("port", Settings.http_port)),
        http_tls_certificate=path(http.get("tls_certificate")),
        http_tls_key=path(http.get("tls_key")),
        http_public_address=str(http.get("public_address", "")).rstrip("/"),
        http_trusted_proxies=str(http.get("trusted_proxies", "")),
        public_verification=bool(http.get("public_verification", False)),
        largest_submission_bytes=int(http.get("largest_submission_bytes", Settings.largest_submission_bytes)),
        oidc=OidcSettings(
            str(oidc["issuer"]),
            str(oidc["client_id"]),
            path(oidc.get("client_secret_file")),
            str(oidc.get("name", "OpenID Connect")),
        )
        if oidc
        else None,
        database=parse_database(part("database"), home),
        quarantine_settings=parse_quarantine(part("quarantine")),
        alerts=parse_alerts(part("alerts"), home),
        backup=parse_backup(part("backup"), home),
        repair=parse_repair(part("repair")),
        reports=parse_reports(part("reports")),
        ledger=parse_ledger(part("ledger"), home),
        audit=parse_audit(part("audit")),
        destruction=parse_destruction(part("destruction"), home),
        keys=parse_keys(part("keys") if "keys" in table else None, home),
        tools=path(part("tools").get("path")) or tools_folder(),
    )


def _refuse_unknown(table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        if name not in _KNOWN:
            raise SettingsError(f"{FILE_NAME}: không có mục [{name}].", remedy="Xóa hoặc sửa tên mục.")
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            unknown = set(row) - _KNOWN[name]
            if unknown:
                raise SettingsError(
                    f"{FILE_NAME}: mục [{name}] không có khóa {', '.join(sorted(unknown))}.",
                    remedy="Xóa hoặc sửa tên khóa.",
                )
