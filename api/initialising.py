"""Making a new archive: settings, key, folders and catalogue; running it again changes nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from api.settings import FILE_NAME, load_settings
from api.settings_database import DATABASE_VARIABLE, parse_database
from api.settings_storage import POLICY_FILE, policy_text, quoted
from archive.catalogue import Catalogue
from archive.catalogue.database import translated
from archive.catalogue.postgresql import create_database
from archive.keystore.file_kek import FileKek
from archive.keystore.places import Place
from archive.keystore.store import KeyStore
from archive.signing import create_key
from archive.storage.directory import DirectoryStore

_TEMPLATE = """# Cấu hình của kho lưu trữ. Đường dẫn tương đối tính từ thư mục này. Khóa lạ bị từ chối.
[archive]
name = {name}
code = {code}
profile = "LLT2024-TT05"   # hoặc "ND01-TT02"

[storage]
policy = {policy}   # các kho: nơi đặt, kho nào bắt buộc, lịch kiểm tra

[search]
hosts = []                 # bỏ trống: nút Elasticsearch cục bộ của kho
# api_key_file = "keys/elasticsearch.key"
# ca_certs = "keys/elasticsearch-ca.pem"
# alias = "luutru"         # tên chỉ mục; các kho dùng chung một máy chủ phải đặt tên khác nhau

[malware]
clamd_socket = {clamd}

[signatures]
trust_list = {trust_list}
online_revocation = false  # hỏi OCSP, CRL qua mạng

[agreement]
path = {agreement}

[work]
workers = 0                # 0: bằng số nhân của máy
free_bytes_reserve = 1073741824
nightly_at = "01:30"       # đối chiếu chỉ mục với danh mục

[http]
host = "127.0.0.1"
port = 8080
public_verification = {public_verification}  # cho phép xác minh không cần tài khoản
largest_submission_bytes = 68719476736
# tls_certificate = "keys/tls.pem"
# tls_key = "keys/tls-key.pem"
# public_address = "https://kho.example.vn"
# trusted_proxies = "127.0.0.1"

# Bỏ trống: SQLite trong thư mục này. Nhiều máy cùng làm việc thì dùng PostgreSQL (xem docs/machines.md).
[database]
url = {database}
# password_file = "keys/database.password"

{keys}# Đăng nhập bằng OpenID Connect:
# [oidc]
# issuer = "https://dang-nhap.example.vn"
# client_id = "luutru"
# client_secret_file = "keys/oidc.secret"
# name = "Đăng nhập một lần của tỉnh"
"""

_KEYS_TEMPLATE = """# Khóa của hồ sơ có thời hạn: mỗi nơi giữ khóa trên một phương tiện độc lập, khóa bọc khóa trên phương tiện
# thứ ba, tháo rời được (docs/sealing.md). Bỏ mục này thì không niêm phong gói nào nữa.
[keys]
places = [{places}]
holder = "file"            # hoặc "passphrase", "pkcs11"
kek_path = {kek}

"""
KEY_PLACES = (Path("keys") / "noi-1", Path("keys") / "noi-2")
KEK_FILE = Path("keys") / "kek" / "kek.json"


def initialise(
    home: Path,
    *,
    name: str,
    code: str,
    stores: Sequence[Path] | None = None,
    trust_list: Path | None = None,
    agreement: Path | None = None,
    clamd: str = "",
    public_verification: bool = False,
    database: str | None = None,
    sealing: bool = False,
) -> dict[str, object]:
    """The archive at ``home``, ready for work; ``created`` is false when it was there already and nothing was changed.

    ``database``: the address of a PostgreSQL database, made when it is missing; "" is SQLite in the home; None is what
    ``LUUTRU_DATABASE`` says, where ``{home}`` stands for a name made of the home's path. ``sealing``: with a key store,
    its places and the key it is wrapped by inside the home, from where they are to be moved to media of their own.
    Interrupted anywhere, running it again completes it: the settings file is written last.
    """
    file = home / FILE_NAME
    if file.exists():
        load_settings(home)
        return {"home": str(home), "created": False}
    home.mkdir(parents=True, exist_ok=True)
    (home / "quarantine").mkdir(exist_ok=True)
    folders = [path.absolute() for path in stores] if stores else [Path("stores/kho-1"), Path("stores/kho-2")]
    for number, folder in enumerate(folders, 1):
        (home / folder).mkdir(parents=True, exist_ok=True)
        DirectoryStore.initialise(f"kho-{number}", home / folder)
    if not (home / "keys" / "archive-ed25519.pem").exists():
        create_key(home / "keys" / "archive-ed25519.pem")
    kept_list = _kept(trust_list, home / "trust-list.json")
    kept_agreement = _kept(agreement, home / "agreement.toml")
    kept_database = parse_database({"url": _database_of(home) if database is None else database}, home)
    if kept_database.shared:
        with translated():
            create_database(kept_database.url)
    Catalogue.open(kept_database.address(home)).close()
    if sealing:
        _make_keys(home)
    text = _TEMPLATE.format(
        keys=_KEYS_TEMPLATE.format(
            places=", ".join(quoted(str(place)) for place in KEY_PLACES), kek=quoted(str(KEK_FILE))
        )
        if sealing
        else "",
        name=quoted(name),
        code=quoted(code),
        policy=quoted(POLICY_FILE),
        clamd=quoted(clamd),
        public_verification="true" if public_verification else "false",
        trust_list=quoted(kept_list),
        agreement=quoted(kept_agreement),
        database=quoted(kept_database.url),
    )
    if not (home / POLICY_FILE).exists():
        named = [(f"kho-{number}", str(folder)) for number, folder in enumerate(folders, 1)]
        _write(home / POLICY_FILE, policy_text(named))
    _write(file, text)
    load_settings(home)
    return {"home": str(home), "created": True}


def _make_keys(home: Path) -> None:
    """The key store; what an interrupted making left is completed, and no key-encryption key is ever thrown away."""
    places = [home / place for place in KEY_PLACES]
    holder = FileKek(home / KEK_FILE)
    known = [place for place in places if Place(place).store_id() is not None]
    if len(known) == len(places):
        return
    if known:
        store = KeyStore(places, holder)
        for place in places:
            if place not in known:
                store.add_place(place)
        return
    if holder.path.exists():
        holder.path.rename(holder.path.with_name(f"kek-{uuid.uuid4().hex}.json"))
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    KeyStore.create(places, holder)


def _database_of(home: Path) -> str:
    digest = hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]
    return os.environ.get(DATABASE_VARIABLE, "").replace("{home}", digest)


def _write(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.rename(file)


def _kept(source: Path | None, target: Path) -> str:
    """The file copied into the archive's home, so that what was decided under it stays with it; its name there."""
    if source is None:
        return ""
    shutil.copyfile(source, target)
    return target.name
