"""Machines that share quarantine by a bucket of its own, and reach the database by a password in a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from api.bootstrap import Installation, opened
from api.settings import load_settings
from api.settings_database import DatabaseSettingsError
from api.submitting import tidy
from archive.catalogue import Catalogue
from archive.errors import CatalogueUnreachableError, StoreError
from archive.lifecycle import State
from tests.multi.machines import Machines
from tests.servers.postgresql import one_more_server, programs, running_postgresql
from tests.servers.s3 import Bucket, S3Server, new_bucket, own_server, running_minio

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


def shared_by(machines: Machines, bucket: Bucket) -> None:
    """As docs/machines.md says it, with credentials of each machine's own."""
    for home in machines.homes:
        shutil.copy(bucket.server.credentials_file, home / "keys" / "s3")
        file = home / "luutru.toml"
        text = file.read_text(encoding="utf-8")
        said = (
            f'shared_s3 = {{ bucket = "{bucket.name}", endpoint = "{bucket.server.url}", '
            'credentials_file = "keys/s3", attempts = 1, addressing = "path" }'
        )
        assert 'shared_store = "kho-1"' in text
        file.write_text(text.replace('shared_store = "kho-1"', said), encoding="utf-8")


def two_machines(folder: Path, bucket: Bucket) -> Machines:
    url = running_postgresql().new_url()
    machines = Machines.made(folder, [url, url.replace("?", "?application_name=second&")])
    shared_by(machines, bucket)
    return machines


@pytest.fixture(params=[False, True], ids=["plain", "versioned"])
def bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    with running_minio(versioning=request.param) as bucket:
        yield bucket


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "a.txt"
    source.write_text("Về việc tu bổ đê điều", encoding="utf-8")
    return source


def named(bucket: Bucket) -> list[str]:
    """Every version of every object of the inbox, also those behind a delete marker."""
    found = bucket.client().list_object_versions(Bucket=bucket.name, Prefix="inbox/")
    return sorted({row["Key"] for part in ("Versions", "DeleteMarkers") for row in found.get(part, ())})


def state_of(installation: Installation, submission_id: str) -> State:
    with installation.catalogue.read() as reading:
        return reading.submission(submission_id).state


def test_a_bucket_of_its_own_carries_submissions_between_machines_and_keeps_no_version_of_them(
    tmp_path: Path, bucket: Bucket, source: Path
) -> None:
    machines = two_machines(tmp_path, bucket)
    with opened(load_settings(machines.homes[0])) as one, opened(load_settings(machines.homes[1])) as other:
        submission = one.intake().receive(source).submission
        assert named(bucket) == [f"inbox/{submission.id}/slot.tar"]
        shutil.rmtree(one.settings.quarantine)
        assert other.steps().check(submission.id) is State.CHECKED
        shutil.rmtree(other.settings.quarantine)
        one.steps().decide(submission.id)
        assert state_of(one, submission.id) is State.RETURNED
        assert named(bucket) == [f"inbox/{submission.id}/{part}.tar" for part in ("checks", "slot")]
        one.quarantine.remove(submission.id)
        assert named(bucket) == []


def test_while_the_bucket_is_away_nothing_is_acknowledged_and_work_begins_all_the_same(
    tmp_path: Path, source: Path
) -> None:
    with own_server("minio") as server:
        machines = two_machines(tmp_path, new_bucket(server))
        with opened(load_settings(machines.homes[0])) as one:
            kept = one.intake().receive(source).submission
            restarted(server, machines, kept.id, tmp_path)
            assert one.steps().check(kept.id) is State.CHECKED


def restarted(server: S3Server, machines: Machines, kept: str, folder: Path) -> None:
    other = folder / "b.txt"
    other.write_text("Về việc khác", encoding="utf-8")
    server.kill()
    with opened(load_settings(machines.homes[1])) as second:
        tidy(second)
        with pytest.raises(StoreError):
            second.intake().receive(other)
        with second.catalogue.read() as reading:
            assert [item.id for item in reading.submissions_in()] == [kept]
        server.start()
        assert not second.intake().receive(other).again


def test_the_password_of_the_database_stands_in_a_file_and_nowhere_else(tmp_path: Path, source: Path) -> None:
    password = "mật khẩu: @/?#%"
    with one_more_server() as server:
        name = server.new_database()
        machines = Machines.made(tmp_path, [server.url(name)])
        with server.connect() as connection:
            connection.execute(sql.SQL("ALTER ROLE luutru PASSWORD {}").format(sql.Literal(password)))
            (server.folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="ascii")
            connection.execute("SELECT pg_reload_conf()")
        home = machines.homes[0]
        with pytest.raises(CatalogueUnreachableError), opened(load_settings(home)) as installation:
            installation.catalogue.read()
        file, secret = home / "luutru.toml", home / "keys" / "database.password"
        secret.write_text(password + "\n", encoding="utf-8")
        secret.chmod(0o600)
        text = file.read_text(encoding="utf-8")
        assert "# password_file" in text
        file.write_text(text.replace("# password_file", "password_file"), encoding="utf-8")
        settings = load_settings(home)
        with opened(settings) as installation:
            submission = installation.intake().receive(source).submission
            assert state_of(installation, submission.id) is State.RECEIVED
            Catalogue.open(settings.work_url).close()  # the workflows' engine is told the same
        assert password not in repr(settings)
        secret.chmod(0o640)
        with pytest.raises(DatabaseSettingsError), opened(settings) as installation:
            state_of(installation, submission.id)
