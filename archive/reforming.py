"""A package stored in its other form: sealed when its hồ sơ got a period, open when it became permanent.

    plain bytes of a proven copy ─▶ the other object in every required store ─▶ each read back and compared ─▶ recorded:
    from here on it is the package ─▶ the object that was it is removed everywhere, store after store, as each answers

Nothing that is there is touched before the other form is proven in every required store. Interrupted anywhere, the next
run goes on: an object of the other form that is whole is taken, one that is not is written anew.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from archive.aip.model import AipUnreadableError
from archive.catalogue import Aip, Catalogue, Copy, Reading
from archive.catalogue.file_reading import file as file_numbered
from archive.catalogue.sealing_model import Sealing
from archive.catalogue.sealing_reading import in_the_other_form, replaced_objects, sealing_of
from archive.catalogue.sealing_writing import note_gone, rewrite_package
from archive.copies import Out, read_back, write_everywhere
from archive.destruction.late_writing import withdrawn
from archive.digest import Digests, digests_of
from archive.errors import CopiesUnprovenError, LuutruError, ObjectMissingError, StoreError
from archive.fixity import CopyState
from archive.layout_reading import layout_sha256
from archive.lifecycle import State
from archive.retention.file import File
from archive.retention.file_state import FileState
from archive.sealing.opening import plain_object
from archive.sealing.packing import Seal, SealingKeys, sealed_build
from archive.steady_reading import PAUSES_SECONDS, SteadyReader
from archive.storage.key import Key, aip_key, is_sealed, sealed_aip_key
from archive.storage.store import CHUNK_BYTES, Store

GRACE = timedelta(minutes=10)
"""So long an object that was replaced stays for those who began to read it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reformed:
    """What became of one package; ``error``: why it stayed as it was, for now."""

    aip_id: str
    sealed: bool
    error: LuutruError | None = None


@dataclass(frozen=True)
class Reforming:
    """``stores``: all of the policy; ``required``: without whose proven copy nothing is recorded."""

    catalogue: Catalogue
    stores: Sequence[Store]
    required: Sequence[Store]
    keys: SealingKeys
    now: Callable[[], datetime]
    actor: str = "luutru"
    grace: timedelta = GRACE

    def run(self, stopping: Callable[[], bool] = lambda: False) -> list[Reformed]:
        """Every package whose form is not the one its period asks for, and every object that was replaced before."""
        done: list[Reformed] = []
        with self.catalogue.read() as view:
            waiting = list(in_the_other_form(view))
        for aip_id, file_id in waiting:
            if stopping():
                return done
            try:
                sealed = self.reform(aip_id, file_id)
                if sealed is not None:
                    done.append(Reformed(aip_id, sealed))
            except LuutruError as error:
                _log.warning("package %s stays in its form: %s %s", aip_id, error.code, error.detail)
                done.append(Reformed(aip_id, False, error))
        self.remove_replaced(stopping)
        return done

    def reform(self, aip_id: str, file_id: str) -> bool | None:
        """True: it is sealed now; False: open now; None: there was nothing to do. Raises LuutruError: it is as it was."""
        with self.catalogue.read() as view:
            found = _wanted(view, aip_id, file_id)
            if found is None:
                return None
            aip, file, sealing, proven = found
        plain = Digests(aip.size_bytes, aip.sha256, "") if sealing is None else _digests(sealing)
        seal = None if file.period.permanent else Seal(file.id, self.keys.get_or_create(file.id))
        key = aip_key(aip.id) if seal is None else sealed_aip_key(aip.id)
        source = self._source(aip, proven, plain)
        # Its end may begin, and pass these stores, while the other form is written.
        try:
            done = self._reformed(aip, file_id, plain, seal, key, source)
        except LuutruError:
            if withdrawn(self.catalogue, self.required, aip_id, self.now):
                return None
            raise
        if done is None:
            withdrawn(self.catalogue, self.required, aip_id, self.now)
        return done

    def _reformed(
        self, aip: Aip, file_id: str, plain: Digests, seal: Seal | None, key: Key, source: Store
    ) -> bool | None:
        written = self._taken(key, seal, plain) or self._written(key, seal, plain, aip, source)
        layout = _layout(self.required[0], key, written) if seal is None else None
        seen = read_back(self.required, key, written.sha256, written.size_bytes, layout_sha256=layout)
        if not all(copy.ok for copy in seen) or not self._opens(key, plain):
            raise CopiesUnprovenError(
                "Dạng mới của gói tin đọc lại không đúng; dạng cũ được giữ nguyên.",
                remedy="Kiểm tra các kho lưu trữ; hệ thống sẽ thử lại.",
                detail="; ".join(f"{copy.store} {copy.state.value} {copy.detail}" for copy in seen),
            )
        at = self.now()
        after = replace(aip, object_key=key, sha256=written.sha256, size_bytes=written.size_bytes, layout_sha256=layout)
        inside = None if seal is None else Sealing(seal.key_id, plain.sha256, plain.size_bytes)
        with self.catalogue.transaction() as tx:
            if (now_wanted := _wanted(tx, aip.id, file_id)) is None or now_wanted[1].period.permanent != (seal is None):
                return None  # its period was changed once more meanwhile, or its end has begun
            names = {store.name for store in self.required}
            copies = [Copy(aip.id, copy.store, CopyState.OK, at) for copy in seen]
            late = [copy.store for copy in tx.copies(aip.id) if copy.store not in names]
            copies += [Copy(aip.id, store, CopyState.AWAITED, at) for store in late]
            rewrite_package(tx, aip, after, inside, copies, reason="period-changed", actor=self.actor, at=at)
        return seal is not None

    def remove_replaced(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Objects packages have left go from every store that answers and lets them go; others are asked again."""
        by_name = {store.name: store for store in self.stores}
        gone, place = 0, ("", "")
        while True:
            with self.catalogue.read() as view:
                page = replaced_objects(view, place)
            if not page:
                return gone
            for item in page:
                store = by_name.get(item.store)
                if (
                    store is None
                    or item.since + self.grace > self.now()
                    or stopping()
                    or self._is_the_package(item.object_key)
                ):
                    continue
                try:
                    store.remove(item.object_key)
                except StoreError as error:
                    _log.warning(
                        "replaced %s stays in %s: %s %s", item.object_key, item.store, error.code, error.detail
                    )
                    continue
                with self.catalogue.transaction() as tx:
                    note_gone(tx, item.object_key, item.store, actor=self.actor, at=self.now())
                gone += 1
            place = (str(page[-1].object_key), page[-1].store)

    def _is_the_package(self, key: Key) -> bool:
        """A package that changed its form twice is that object again: nothing of it goes."""
        with self.catalogue.read() as view:
            return view.aip_at(key) is not None

    def _source(self, aip: Aip, proven: frozenset[str], plain: Digests) -> Store:
        for store in self.stores:
            if store.name in proven:
                try:
                    if _plain_digests(store, aip.object_key, self.keys) == (plain.sha256, plain.size_bytes):
                        return store
                except (StoreError, AipUnreadableError) as error:
                    _log.warning("package %s not read from %s: %s", aip.id, store.name, error.detail)
        raise CopiesUnprovenError(
            "Không bản lưu nào của gói tin đọc được đúng; không đổi dạng.",
            remedy="Chạy «luutru repair».",
            detail=aip.id,
        )

    def _taken(self, key: Key, seal: Seal | None, plain: Digests) -> Digests | None:
        """An object of the other form that an earlier run left whole, now in every required store; else none is left."""
        for store in self.required:
            try:
                if _plain_digests(store, key, self.keys) != (plain.sha256, plain.size_bytes):
                    continue
            except ObjectMissingError:
                continue
            except StoreError as error:
                if error.code not in ("sealed.damaged", "sealed.key-wrong"):
                    raise
                continue
            found = digests_of(store.read(key))
            self._drop_others(key, found)
            write_everywhere(self.required, key, partial(_copied, store, key))
            return found
        self._drop_others(key, None)
        return None

    def _drop_others(self, key: Key, kept: Digests | None) -> None:
        """What no record knows of, and is not ``kept``, gives way."""
        for store in self.required:
            try:
                if kept is None or digests_of(store.read(key)) != kept:
                    store.remove(key)
            except ObjectMissingError:
                continue

    def _written(self, key: Key, seal: Seal | None, plain: Digests, aip: Aip, source: Store) -> Digests:
        def build(out: Out) -> Digests:
            digest, size = hashlib.sha256(), 0
            with plain_object(source, aip.object_key, self.keys) as file:
                while data := file.read(CHUNK_BYTES):
                    digest.update(data)
                    size += out.write(data)
            if (digest.hexdigest(), size) != (plain.sha256, plain.size_bytes):
                raise StoreError(f"Kho «{source.name}» trả về nội dung khác nhau ở hai lần đọc.", detail=str(key))
            return Digests(size, digest.hexdigest(), "")

        if seal is None:
            return write_everywhere(self.required, key, build)
        sealed = write_everywhere(self.required, key, sealed_build(build, seal))
        return Digests(sealed.size_bytes, sealed.sha256, "")

    def _opens(self, key: Key, plain: Digests) -> bool:
        """The copies are the same byte for byte; what one of them holds, all do."""
        return _plain_digests(self.required[0], key, self.keys) == (plain.sha256, plain.size_bytes)


def _wanted(view: Reading, aip_id: str, file_id: str) -> tuple[Aip, File, Sealing | None, frozenset[str]] | None:
    """Package, hồ sơ, what is known of its sealing, and who holds a proven copy; None when it may stay as it is."""
    aip, file = view.aip(aip_id), file_numbered(view, file_id)
    if aip is None or file is None or file.state in (FileState.DESTROYING, FileState.DESTROYED):
        return None
    if (
        is_sealed(aip.object_key) != file.period.permanent
        or view.submission(aip.submission_id).state is not State.STORED
    ):
        return None
    proven = frozenset(copy.store for copy in view.copies(aip_id) if copy.state is CopyState.OK)
    return aip, file, sealing_of(view, aip_id), proven


def _digests(sealing: Sealing) -> Digests:
    return Digests(sealing.plain_size_bytes, sealing.plain_sha256, "")


def _plain_digests(store: Store, key: Key, keys: SealingKeys) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with plain_object(store, key, keys, cold=True) as file:
        while data := file.read(CHUNK_BYTES):
            digest.update(data)
            size += len(data)
    return digest.hexdigest(), size


def _copied(store: Store, key: Key, out: Out) -> Digests:
    digest, size = hashlib.sha256(), 0
    for data in store.read(key):
        digest.update(data)
        size += out.write(data)
    return Digests(size, digest.hexdigest(), "")


def _layout(store: Store, key: Key, written: Digests) -> str:
    with ExitStack() as stack:

        def opened() -> SteadyReader:
            return stack.enter_context(SteadyReader(store, key, cold=False, pauses_seconds=PAUSES_SECONDS))

        return layout_sha256(written.size_bytes, opened)
