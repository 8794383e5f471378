"""A new home out of storage copies: its catalogue rebuilt, its settings made, its secrets put back, its return told once.

Until the archive is worked with again nothing is added to what came back: then the ledger says that it was rebuilt.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.bootstrap import Installation, now
from api.key_holders import key_store
from api.return_note import RETURN_FILE
from api.secret_files import put_files
from api.settings import FILE_NAME, Settings, load_settings
from api.settings_database import parse_database
from api.settings_storage import POLICY_FILE, policy_text, quoted
from api.stores import built_store
from archive.access import Author
from archive.catalogue import Catalogue
from archive.catalogue.policy_reading import adopted_policy
from archive.catalogue.restoring import last_registration, lost_tokens, put_secrets, raise_registration
from archive.checkpoints.lost_numbers import LOST
from archive.checkpoints.reading import numbers_in
from archive.checkpoints.statement import checkpoint_key, read_checkpoint
from archive.durable import write_whole
from archive.errors import LuutruError, StoreError
from archive.events import Event
from archive.ledger import read_instant
from archive.local_time import VIETNAM
from archive.recovery.keys import load_public_key, public_key_of, public_pem
from archive.recovery.problems import RebuildError, RebuildRefusedError
from archive.recovery.rebuilding import PLAN, Progress, Rebuilding, Rebuilt
from archive.recovery.superseding import supersede, superseded
from archive.sealing.opening import NO_KEYS, Keys
from archive.secrets_backup import Secrets, SecretsNotWrittenError, write_secret_file
from archive.signing import key_id
from archive.storage.directory import MARKER, DirectoryStore
from archive.storage.store import Store
from archive.storage_policy_reading import read_policy
from ingest.workflow import only_worker

_log = logging.getLogger(__name__)
KEY_FILE = Path("keys") / "archive-ed25519.pem"
_ACTOR = "luutru"
UNKNOWN_REGISTRATIONS = 1000
"""More submissions than are received between two seals, each told its number before it was sealed."""


@dataclass(frozen=True, slots=True)
class Source:
    """A storage copy as it was named: the store, and its folder when it is one."""

    store: Store
    path: Path | None


def source_named(text: str) -> Source:
    """The store in a folder, or one of a policy file (``storage-policy.toml``, with ``:name`` when it has several).

    Raises StoreError, PolicyError.
    """
    path = Path(text)
    if path.is_dir():
        try:
            name = str(json.loads((path / MARKER).read_bytes())["name"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"Thư mục «{path.name}» không phải là một kho lưu trữ.",
                remedy="Nêu thư mục gốc của kho (có tệp .luutru-store.json).",
                detail=str(error),
            ) from error
        return Source(DirectoryStore(name, path.absolute()), path.absolute())
    file, _, wanted = text.rpartition(":") if not path.is_file() else (text, "", "")
    policy_file = Path(file).absolute()
    try:
        policy = read_policy(policy_file.read_text(encoding="utf-8"), policy_file.parent)
    except OSError as error:
        raise StoreError(
            f"Không tìm thấy bản lưu «{text}».",
            remedy="Nêu thư mục của kho, hoặc tệp chính sách lưu trữ kèm tên kho: storage-policy.toml:kho-s3.",
            detail=str(error),
        ) from error
    stores = [store for store in policy.stores if wanted in ("", store.name)]
    if len(stores) != 1:
        raise StoreError(
            f"Cần nêu đúng một kho của {policy_file.name}: {', '.join(policy.names)}.",
            remedy="Thêm «:tên-kho» vào sau tên tệp.",
        )
    return Source(built_store(stores[0], policy_file.parent), stores[0].path)


def public_keys(
    given: str | None, secrets: Secrets | None, home: Path, sources: Sequence[Source]
) -> tuple[Ed25519PublicKey, ...]:
    """The key that checkpoints must be signed by: of the secrets, of the file given, of the home; or the one whose id was
    given (as the recovery sheet prints it), taken from a checkpoint itself. Raises RebuildError when there is none.
    """
    if secrets is not None:
        return (public_key_of(secrets.key_pem),)
    if given is not None and Path(given).is_file():
        return (load_public_key(Path(given)),)
    if given is not None:
        for source in sources:
            found = _key_in(source.store, given.strip().lower())
            if found is not None:
                return (found,)
        raise RebuildError(
            "Không thấy khóa công khai này trong bản lưu.", remedy="So lại mã khóa trên phiếu khôi phục."
        )
    file = home / KEY_FILE.with_suffix(".pub.pem")
    if file.is_file():
        return (load_public_key(file),)
    raise RebuildError(
        "Cần khóa công khai của kho để biết bản lưu có thật không.",
        remedy="Nêu --secrets, hoặc --key với tệp khóa công khai hay mã khóa trên phiếu khôi phục.",
    )


def rebuild_home(
    home: Path,
    sources: Sequence[Source],
    *,
    secrets: Secrets | None,
    key: str | None,
    read_whole: bool,
    progress: Progress,
) -> dict[str, Any]:
    """The archive at ``home``, ready to be worked with; what came back and what did not. May be run again after a kill.

    Raises RebuildRefusedError for a home that is an archive already, RebuildError when nothing can be rebuilt.
    """
    if (home / RETURN_FILE).exists() or ((home / FILE_NAME).exists() and _holds_archive(home)):
        raise RebuildRefusedError(
            f"«{home}» đã là một kho lưu trữ; không dựng đè lên.", remedy="Chọn thư mục mới cho --home."
        )
    keys = public_keys(key, secrets, home, sources)
    home.mkdir(parents=True, exist_ok=True)
    with only_worker(home / "work.lock"):
        # First of all: they may say which database it is.
        files, elsewhere = put_files(home, secrets) if secrets is not None else ([], [])
        with Catalogue.open(_catalogue_url(home)) as catalogue:
            stores = [source.store for source in sources]
            rebuilding = Rebuilding(
                catalogue, stores, keys, home, now, read_whole=read_whole, progress=progress, keys=_opening_keys(home)
            )
            rebuilt = rebuilding.run()
            restored = restore_secrets(home, catalogue, secrets) if secrets is not None else {}
            restored |= {"files": files, "elsewhere": elsewhere} if secrets is not None else {}
            _make_home(home, catalogue, rebuilt, sources)
            view = {**rebuilt.as_json(), "stores": [store.name for store in stores], "secrets": restored}
            write_whole(home / RETURN_FILE, json.dumps(view, ensure_ascii=False, indent=1).encode("utf-8"))
            rebuilding.finish()
    return {**view, "red": rebuilt.red, "home": str(home)}


def restore_secrets(home: Path, catalogue: Catalogue, secrets: Secrets) -> dict[str, Any]:
    """The key and the hashes where they belong; what is there already is never written over. Tells what was put back.

    Raises SecretsNotWrittenError when another key stands in the home.
    """
    file = home / KEY_FILE
    if not file.exists():
        write_secret_file(file, secrets.key_pem)
    elif file.read_bytes() != secrets.key_pem:
        raise SecretsNotWrittenError(
            "Thư mục kho đã có một khóa ký khác.", remedy="Kiểm tra đúng tệp bí mật của kho này; cất khóa kia đi trước."
        )
    public = file.with_suffix(".pub.pem")
    if not public.exists():
        write_whole(public, public_pem(public_key_of(secrets.key_pem)))
    with catalogue.transaction() as tx:
        passwords, tokens = put_secrets(tx, secrets.passwords, secrets.tokens, secrets.made_at)
    return {"key_id": secrets.key_id, "passwords": passwords, "tokens": tokens}


def note_return(installation: Installation) -> None:
    """The ledger says once that this catalogue was rebuilt, when the archive is worked with again; then no registration
    number that may be in somebody's hands is given twice, and tokens whose secrets did not come back are revoked.

    Checkpoints the rebuild fell back from are put beside the chain in the stores it was made of, whose they were and
    which do not have them whole: with them standing the archive could never seal again. In a store that was not asked
    they stand, and stop sealing: there the lost records may be whole. One that is away, or keeps them by a lock, keeps
    nobody from working: it is asked again the next time.

    What was registered behind the last seal nobody knows any more: as many numbers of each year since are left out.
    """
    file = installation.settings.home / RETURN_FILE
    try:
        said = json.loads(file.read_bytes())
    except FileNotFoundError:
        return
    data = {
        "checkpoint": said["checkpoint"],
        "ledger": said["ledger"],
        "stores": said["stores"],
        "packages": said["packages"],
        "documents": said["documents"],
        "read_whole": said["read_whole"],
        "problems": sorted({item["code"] for item in said["problems"]}),
    }
    if LOST in said:
        data[LOST] = said[LOST]
    sources = [store for store in installation.stores if store.name in said["stores"]]
    number = int(said["checkpoint"]["number"])
    data["superseded"] = {}
    for store in sources:
        with suppress(StoreError):
            data["superseded"][store.name] = superseded(store, number)
    with installation.catalogue.transaction() as tx:
        last = tx.record_of("archive", Event.ARCHIVE_CATALOGUE_REBUILT)
        if last is None or last.data.get("checkpoint") != data["checkpoint"]:
            for year in range(_year(read_instant(said["checkpoint"]["at"])), _year(now()) + 1):
                raise_registration(tx, year, last_registration(tx, year) + UNKNOWN_REGISTRATIONS)
            data["registrations_left_out"] = UNKNOWN_REGISTRATIONS
            tx.append(Event.ARCHIVE_CATALOGUE_REBUILT, "archive", actor=_ACTOR, at=now(), data=data)
        for year, number in said["registrations"].items():
            raise_registration(tx, int(year), int(number))
        for token_id in lost_tokens(tx):
            tx.revoke_token(token_id, by=Author(_ACTOR), at=now())
    for store in sources:
        try:
            supersede(store, number)
        except StoreError as error:
            _log.warning("rebuilt: store %s keeps checkpoints behind %d: %s", store.name, number, error.detail)
            return
    file.rename(file.with_name("rebuilt-report.json"))


def _year(at: datetime) -> int:
    return at.astimezone(VIETNAM).year


def _holds_archive(home: Path) -> bool:
    """Whether something stands in the catalogue of these settings that no rebuild of ours is putting there."""
    if (home / PLAN).exists():
        return False
    with Catalogue.open(load_settings(home).catalogue_url) as catalogue, catalogue.read() as view:
        return view.ledger_end() is not None


def _opening_keys(home: Path) -> Keys:
    """The key store that the settings name, which came back with the secrets or were written by hand; else none."""
    settings = load_settings(home) if (home / FILE_NAME).exists() else None
    return key_store(settings.keys) if settings is not None and settings.keys is not None else NO_KEYS


def _catalogue_url(home: Path) -> str:
    if (home / FILE_NAME).exists():
        return load_settings(home).catalogue_url
    return parse_database({}, home).address(home)


def _make_home(home: Path, catalogue: Catalogue, rebuilt: Rebuilt, sources: Sequence[Source]) -> None:
    """Folders, storage policy and settings, as far as they are missing; the settings last."""
    (home / "quarantine").mkdir(exist_ok=True)
    with catalogue.read() as view:
        adopted = adopted_policy(view)
    policy_file = home / POLICY_FILE
    if not policy_file.exists():
        folders = [(source.store.name, str(source.path)) for source in sources if source.path is not None]
        text = adopted.text if adopted is not None else policy_text(folders)
        write_whole(policy_file, text.encode("utf-8"))
    if adopted is not None:
        _link_places(home, adopted.text, sources)
    if not (home / FILE_NAME).exists():
        settings = Settings(home=home)
        text = (
            "# Dựng lại từ bản lưu; bổ sung các mục khác theo tài liệu cấu hình.\n"
            f"[archive]\nname = {quoted(rebuilt.archive_name)}\ncode = {quoted(rebuilt.archive_code)}\n"
            f"profile = {quoted(settings.profile)}\n\n[storage]\npolicy = {quoted(POLICY_FILE)}\n"
        )
        write_whole(home / FILE_NAME, text.encode("utf-8"))


def _link_places(home: Path, text: str, sources: Sequence[Source]) -> None:
    """A store the policy has in a folder of the home is found there again: by a link to where it lies now."""
    policy = read_policy(text, home)
    for source in sources:
        store = policy.store(source.store.name)
        if store is None or store.path is None or source.path is None or store.path.exists():
            continue
        if store.path.is_relative_to(home.absolute()):
            store.path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.symlink(source.path.resolve(), store.path, target_is_directory=True)


def _key_in(store: Store, wanted: str) -> Ed25519PublicKey | None:
    """The key of this id that a checkpoint says it is signed by: nothing is proven by that but the id. The newest first,
    for that one may be damaged.
    """
    for number in sorted(numbers_in(store), reverse=True):
        try:
            document = b"".join(store.read(checkpoint_key(number)))
            read_checkpoint(document)
            found = public_key_of(json.loads(document)["signature"]["public_key"].encode("ascii"))
        except (LuutruError, KeyError, AttributeError, UnicodeEncodeError):
            continue
        if key_id(found) == wanted:
            return found
    return None
