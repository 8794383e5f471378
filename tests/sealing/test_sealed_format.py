from __future__ import annotations

import copy
import hashlib
import io
import pickle
from pathlib import Path

import pyrage
import pytest

from archive.sealing import bech32
from archive.sealing.errors import SealedDamagedError, SealedKeyWrongError
from archive.sealing.header import new_header, read_header
from archive.sealing.identity import Identity, imported
from archive.sealing.reading import SealedFile, opened
from archive.sealing.stream import CHUNK_BYTES, SALT_BYTES, SEALED_CHUNK_BYTES, sealed_bytes
from archive.sealing.writing import SealingOut
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from tests.sealing.sealed import KEY_ID, Counted, file_of, identity, plain, pyrage_identity, sealed

SIZES = (0, 1, 15, 16, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 20 * CHUNK_BYTES + 7)


def header_bytes(data: bytes) -> int:
    return read_header(file_of(data)).size_bytes


@pytest.mark.parametrize("size", SIZES)
def test_pyrage_opens_what_was_sealed(size: int) -> None:
    data, _ = sealed(plain(size), identity())
    assert pyrage.decrypt(data, [pyrage_identity(identity())]) == plain(size)


@pytest.mark.parametrize("size", SIZES)
def test_what_pyrage_sealed_is_opened(size: int) -> None:
    recipient = pyrage.x25519.Recipient.from_str(str(identity().recipient))
    other = pyrage.x25519.Recipient.from_str(str(identity(2).recipient))
    data = pyrage.encrypt(plain(size), [other, recipient])
    with opened(file_of(data), identity()) as file:
        assert file.read() == plain(size)


def test_texts_of_identities_and_recipients_are_those_of_pyrage() -> None:
    theirs = pyrage.x25519.Identity.generate()
    ours = imported(str(theirs))
    assert (ours.exported(), str(ours.recipient)) == (str(theirs), str(theirs.to_public()))


@pytest.mark.parametrize("piece", [1, 511, CHUNK_BYTES, CHUNK_BYTES + 1, 10 * CHUNK_BYTES, 1 << 21])
def test_however_it_is_written_the_same_comes_back(piece: int) -> None:
    size = 3 * CHUNK_BYTES + 5 if piece > 1 else 3000
    data, told = sealed(plain(size), identity(), piece=piece)
    assert (told.size_bytes, told.sha256, told.plain_bytes) == (len(data), hashlib.sha256(data).hexdigest(), size)
    assert len(data) == sealed_bytes(header_bytes(data), size)
    assert pyrage.decrypt(data, [pyrage_identity(identity())]) == plain(size)


def test_the_same_bytes_are_never_sealed_the_same_way_twice() -> None:
    first, _ = sealed(plain(1000), identity())
    second, _ = sealed(plain(1000), identity())
    head = header_bytes(first)
    assert first[:head] != second[:head]
    assert first[head + SALT_BYTES :] != second[head + SALT_BYTES :]


def test_an_object_tells_which_key_it_needs() -> None:
    data, _ = sealed(b"x", identity())
    assert read_header(file_of(data)).key_id == KEY_ID
    theirs = pyrage.encrypt(b"x", [pyrage.x25519.Recipient.from_str(str(identity().recipient))])
    assert read_header(file_of(theirs)).key_id == ""


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 10), (CHUNK_BYTES - 3, 7), (5 * CHUNK_BYTES, CHUNK_BYTES), (7 * CHUNK_BYTES + 100, 3 * CHUNK_BYTES), (0, 0)],
)
def test_a_part_costs_the_chunks_it_lies_in(offset: int, length: int) -> None:
    whole = plain(40 * CHUNK_BYTES + 99)
    counted = Counted(sealed(whole, identity())[0])
    file = SealedFile(counted, identity())
    before = counted.count
    assert before <= 400 + SEALED_CHUNK_BYTES
    file.seek(offset)
    buffer = bytearray(length)
    assert file.readinto(buffer) == length
    assert bytes(buffer) == whole[offset : offset + length]
    touched = (offset + length - 1) // CHUNK_BYTES - offset // CHUNK_BYTES + 1 if length else 0
    assert counted.count - before == touched * SEALED_CHUNK_BYTES


def test_reading_anywhere_in_any_order_gives_the_plain_bytes() -> None:
    whole = plain(6 * CHUNK_BYTES + 1234)
    with opened(file_of(sealed(whole, identity())[0]), identity()) as file:
        assert file.seek(0, io.SEEK_END) == len(whole)
        for number in range(300):
            place = int.from_bytes(hashlib.sha256(b"%d" % number).digest()[:4], "big")
            offset, length = place % (len(whole) + 10), place // 7 % (2 * CHUNK_BYTES)
            file.seek(offset)
            assert file.read(length) == whole[offset : offset + length]


def test_a_bit_changed_anywhere_is_damage() -> None:
    whole = plain(2 * CHUNK_BYTES + 50)
    data, _ = sealed(whole, identity())
    head = header_bytes(data)
    places = [*range(head + SALT_BYTES + 3), head + SALT_BYTES + CHUNK_BYTES, len(data) - 1, len(data) - 20]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1
        with (
            pytest.raises((SealedDamagedError, SealedKeyWrongError)) as caught,
            opened(file_of(bytes(changed)), identity()) as file,
        ):
            file.read()
        assert caught.value.code in ("sealed.damaged", "sealed.key-wrong")


def test_another_key_id_under_the_same_mac_is_damage() -> None:
    data, _ = sealed(b"content", identity())
    with pytest.raises(SealedDamagedError, match="hỏng"):
        opened(file_of(data.replace(KEY_ID.encode(), b"1" + KEY_ID.encode()[1:])), identity())


def test_another_key_is_told_as_such() -> None:
    data, _ = sealed(b"content", identity())
    with pytest.raises(SealedKeyWrongError):
        opened(file_of(data), identity(2))


def test_cut_short_at_any_place_is_damage_before_a_byte_is_given_out() -> None:
    data, _ = sealed(plain(3 * CHUNK_BYTES + 100), identity())
    head = header_bytes(data) + SALT_BYTES
    for until in (
        0,
        5,
        head - 20,
        head,
        head + 5,
        head + SEALED_CHUNK_BYTES,
        head + 3 * SEALED_CHUNK_BYTES,
        len(data) - 1,
    ):
        with pytest.raises(SealedDamagedError):
            opened(file_of(data[:until]), identity())


def test_lengthened_or_reordered_is_damage() -> None:
    whole = plain(4 * CHUNK_BYTES)
    data, _ = sealed(whole, identity())
    head = header_bytes(data) + SALT_BYTES
    chunks = [data[at : at + SEALED_CHUNK_BYTES] for at in range(head, len(data), SEALED_CHUNK_BYTES)]
    for wrong in (
        data + b"\0",
        data + bytes(SEALED_CHUNK_BYTES),
        data[:head] + chunks[1] + chunks[0] + chunks[2] + chunks[3],
        data[:head] + chunks[0] + chunks[0] + chunks[2] + chunks[3],
        data[:head] + b"".join(chunks[1:]),
        data[:head] + chunks[0] + chunks[1] + chunks[3],
    ):
        with pytest.raises(SealedDamagedError), opened(file_of(wrong), identity()) as file:
            file.read()


def test_a_damaged_chunk_does_not_keep_the_others_from_being_read() -> None:
    whole = plain(5 * CHUNK_BYTES)
    data = bytearray(sealed(whole, identity())[0])
    data[header_bytes(bytes(data)) + SALT_BYTES + 2 * SEALED_CHUNK_BYTES + 9] ^= 8
    file = SealedFile(file_of(bytes(data)), identity())
    file.seek(3 * CHUNK_BYTES)
    buffer = bytearray(CHUNK_BYTES)
    assert file.readinto(buffer) == CHUNK_BYTES
    assert bytes(buffer) == whole[3 * CHUNK_BYTES : 4 * CHUNK_BYTES]
    file.seek(2 * CHUNK_BYTES)
    with pytest.raises(SealedDamagedError):
        file.readinto(buffer)
    assert bytes(buffer) == bytes(CHUNK_BYTES)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"age-encryption.org/v2\n",
        b"age-encryption.org/v1\r\n",
        b"age-encryption.org/v1\n--- \n",
        b"age-encryption.org/v1\nX25519\n",
        b"age-encryption.org/v1\n->\n\n",
        b"age-encryption.org/v1\n-> X25519 YWJj\nYWJj\n--- YWJj\n",
        b"age-encryption.org/v1\n-> X25519 " + b"A" * 43 + b"\n" + b"B" * 43 + b"\n--- Y\xffJj\n",
        b"age-encryption.org/v1\n" + b"-> grease x\n\n" * 9999,
        b"age-encryption.org/v1\n" + b"-" * 40_000,
    ],
)
def test_a_malformed_header_is_damage_and_nothing_else(header: bytes) -> None:
    with pytest.raises((SealedDamagedError, SealedKeyWrongError)):
        opened(file_of(header + bytes(100)), identity())


def test_a_share_no_honest_writer_makes_opens_nothing() -> None:
    header, _ = new_header(identity().recipient, "", lambda count: bytes([7]) * count)
    lines = header.split(b"\n")
    lines[1] = b"-> X25519 " + b"A" * 43
    with pytest.raises(SealedKeyWrongError):
        opened(file_of(b"\n".join(lines) + bytes(100)), identity())


def test_an_identity_tells_nothing_of_itself() -> None:
    secret = hashlib.sha256(b"identity 1").digest()
    whose = Identity(secret)
    for text in (repr(whose), str(whose), f"{whose}", repr([whose])):
        assert text in ("Identity(…)", "[Identity(…)]")
    with pytest.raises(TypeError):
        pickle.dumps(whose)
    with pytest.raises(TypeError):
        copy.deepcopy(whose)
    assert not hasattr(whose, "__dict__")


def test_a_mistyped_identity_is_found_and_not_quoted() -> None:
    text = identity().exported()
    for place in range(len(text)):
        changed = text[:place] + ("Q" if text[place] != "Q" else "P") + text[place + 1 :]
        with pytest.raises(ValueError) as caught:
            imported(changed)
        assert changed not in str(caught.value)
    assert imported(text.lower()).exported() == text
    with pytest.raises(ValueError):
        imported(text[:20] + text[20:].lower())


def test_bech32_knows_the_examples_of_its_standard() -> None:
    assert bech32.decoded("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw") == bytes(
        int("00443214c74254b635cf84653a56d7c675be77df"[at : at + 2], 16) for at in range(0, 40, 2)
    )


def test_a_sealed_object_of_a_store_is_read_by_its_parts(tmp_path: Path) -> None:
    store = DirectoryStore.initialise("one", tmp_path / "one")
    whole, key = plain(9 * CHUNK_BYTES + 3), Key("aip/0b/x.tar.age")
    with store.create(key) as writer:
        sealing = SealingOut(writer, identity().recipient, KEY_ID)
        sealing.write(whole)
        told = sealing.finish()
        writer.commit()
    assert store.size(key) == told.size_bytes
    with opened(store.open(key), identity()) as file:
        file.seek(8 * CHUNK_BYTES)
        assert file.read(10) == whole[8 * CHUNK_BYTES : 8 * CHUNK_BYTES + 10]
