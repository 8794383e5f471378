"""The text of a storage policy: read strictly, every refusal names the key and what to do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from api.policy_editing import with_next_version, with_place, with_store
from api.settings_storage import policy_text
from archive.local_time import VIETNAM
from archive.storage_policy import PolicyError, StoreKind
from archive.storage_policy_reading import read_policy

HOME = Path("/kho")
TWO = policy_text([("kho-1", "stores/kho-1"), ("kho-2", "/mnt/hai")])
S3 = """
[[stores]]
name = "đám mây"
kind = "s3"
required = false
location = "Trung tâm dữ liệu tỉnh"
medium = "S3"
[stores.s3]
endpoint = "https://s3.example.vn"
bucket = "luutru"
prefix = "h99"
lock_days = 30
object_lock = "governance"
"""


def test_the_policy_of_a_new_archive_asks_for_two_required_stores() -> None:
    policy = read_policy(TWO, HOME)
    assert (policy.version, policy.copies, policy.lag_alert_hours) == (1, 2, 24)
    assert policy.required == ("kho-1", "kho-2") and policy.lagging == ()
    assert [store.path for store in policy.stores] == [HOME / "stores/kho-1", Path("/mnt/hai")]
    assert policy.text == TWO and len(policy.sha256) == 64


def test_everything_it_can_say_is_read() -> None:
    policy = read_policy(
        TWO.replace('window = "" ', 'window = "22:00-06:00" ').replace("read_rate_mib = 0 ", "read_rate_mib = 2.5 ")
        + S3,
        HOME,
    )
    audit = policy.stores[0].audit
    assert audit.read_rate_bytes == 2_621_440 and audit.interval_days == 90 and audit.deep_every == 4
    assert audit.window is not None and str(audit.window) == "22:00-06:00"
    night, noon = datetime(2026, 11, 21, 23, 30, tzinfo=VIETNAM), datetime(2026, 11, 21, 12, 0, tzinfo=VIETNAM)
    assert audit.window.contains(night) and not audit.window.contains(noon)
    cloud = policy.store("đám mây")
    assert cloud is not None and cloud.kind is StoreKind.S3 and cloud.path is None and not cloud.required
    assert cloud.s3["lock_days"] == 30
    assert cloud.place == {"kind": "s3", "endpoint": "https://s3.example.vn", "bucket": "luutru", "prefix": "h99"}
    assert policy.lagging == ("đám mây",)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("version = 1", "", "version"),
        ("version = 1", "version = 0", "version"),
        ("version = 1", "version = true", "version"),
        ("copies = 2", "copies = 4", "copies"),
        ("lag_alert_hours = 24", "lag_alert_hours = 0", "lag_alert_hours"),
        ("lag_alert_hours = 24", "lag_hours = 24", "lag_hours"),
        ('name = "kho-2"', 'name = "kho-1"', "trùng"),
        ('name = "kho-2"', 'name = " kho"', "name"),
        ('name = "kho-2"', 'name = "../x"', "name"),
        ('path = "/mnt/hai"', 'path = "stores/kho-1"', "trùng"),
        ('path = "/mnt/hai"', 'path = "stores/kho-1/trong"', "nằm trong"),
        ('path = "/mnt/hai"', "", "path"),
        ('path = "/mnt/hai"', "path = 3", "path"),
        ('kind = "directory" ', 'kind = "tape" ', "kind"),
        ("required = true", 'required = "yes"', "required"),
        ("required = true", "required = false", "bắt buộc"),
        ("interval_days = 90", "interval_days = 0", "interval_days"),
        ("read_rate_mib = 0", "read_rate_mib = -1", "read_rate_mib"),
        ('window = ""', 'window = "25:00-06:00"', "window"),
        ('window = ""', 'window = "06:00-06:00"', "window"),
        ("deep_every = 4", "deep_every = -1", "deep_every"),
        ("deep_every = 4", "deeply = 4", "deeply"),
        ("https://s3", "http://s3", "encrypted_transport"),
        ("https://s3", "ftp://s3", "endpoint"),
        ("[stores.s3]", "[stores.s4]", "s4"),
        ('bucket = "luutru"', "bucket = []", "bucket"),
        ('kind = "s3"', 'kind = "s3"\npath = "x"', "path"),
        ("version = 1", "version = 1 =", "TOML"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(old: str, new: str, named: str) -> None:
    assert old in TWO + S3
    with pytest.raises(PolicyError) as refused:
        read_policy((TWO + S3).replace(old, new), HOME)
    assert named in refused.value.message + refused.value.remedy
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("endpoint", "said", "accepted"),
    [
        ("http://127.0.0.1:9000", "", True),
        ("http://[::1]:9000", "", True),
        ("http://localhost:9000", "", True),
        ("http://localhost.example.vn", "", False),
        ("http://10.0.0.5:9000", "", False),
        ("http://10.0.0.5:9000", "encrypted_transport = false", True),
        ("https://10.0.0.5:9000", "", True),
    ],
)
def test_open_transport_is_refused_unless_it_is_said_or_never_leaves_the_machine(
    endpoint: str, said: str, accepted: bool
) -> None:
    text = TWO + S3.replace("https://s3.example.vn", endpoint).replace('kind = "s3"', f'kind = "s3"\n{said}')
    if accepted:
        assert read_policy(text, HOME).store("đám mây") is not None
    else:
        with pytest.raises(PolicyError):
            read_policy(text, HOME)


def test_one_store_is_enough_only_where_it_is_said() -> None:
    one = policy_text([("kho-1", "a")])
    assert read_policy(one, HOME).copies == 1
    with pytest.raises(PolicyError):
        read_policy(one.replace("copies = 1", "copies = 2"), HOME)
    with pytest.raises(PolicyError):
        read_policy("version = 1\n", HOME)


def test_two_s3_stores_are_not_the_same_place() -> None:
    with pytest.raises(PolicyError, match="trùng"):
        read_policy(TWO + S3 + S3.replace("đám mây", "mây khác"), HOME)


def test_changes_by_command_keep_what_people_wrote() -> None:
    text = with_next_version(TWO, 7)
    text = with_store(text, name="kho 3", path='a"b', location="Tầng 2", medium="LTO-9", required=False)
    text = with_place(text, "kho-2", path="/mnt/ba", medium="Ổ mới")
    policy = read_policy(text, HOME)
    assert (policy.version, policy.names) == (7, ("kho-1", "kho-2", "kho 3"))
    assert "# MiB/giây" in text and "# Chính sách lưu trữ." in text
    second = policy.store("kho-2")
    assert second is not None and (second.path, second.medium) == (Path("/mnt/ba"), "Ổ mới")
    assert policy.stores[0].place == read_policy(TWO, HOME).stores[0].place
    with pytest.raises(PolicyError):
        with_place(TWO, "kho-9", path="x")
