"""What the engine of the workflows remembers of submissions, taken out of its database; it need not be running."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archive.catalogue.pieces import pieces
from archive.errors import LuutruError
from ingest.workflow import WORK_SCHEMA, WorkDatabaseError

if TYPE_CHECKING:
    from dbos import DBOSClient

_AT_ONCE = 50


def forget_work(url: str, submission_ids: Collection[str]) -> None:
    """The engine knows of no workflow of these submissions when this returns. Raises WorkDatabaseError."""
    with _client(url) as client:
        for some in pieces(_workflows(client, submission_ids), _AT_ONCE):
            client.delete_workflows(list(some))


def remembered_work(url: str, submission_ids: Collection[str]) -> set[str]:
    """Those of these submissions of which the engine knows a workflow. Raises WorkDatabaseError."""
    with _client(url) as client:
        return {item.rpartition("-")[0] for item in _workflows(client, submission_ids)}


def _workflows(client: DBOSClient, submission_ids: Collection[str]) -> list[str]:
    """Their names: the id of the submission, a hyphen, and the number of the attempt."""
    found: list[str] = []
    for some in pieces(submission_ids, _AT_ONCE):
        prefixes = [f"{submission_id}-" for submission_id in some]
        listed = client.list_workflows(workflow_id_prefix=prefixes, load_input=False, load_output=False)
        found += [item.workflow_id for item in listed]
    return found


@contextmanager
def _client(url: str) -> Iterator[DBOSClient]:
    from dbos import DBOSClient

    schema = "dbos" if url.startswith("sqlite:///") else WORK_SCHEMA
    try:
        client = DBOSClient(system_database_url=url, dbos_system_schema=schema)
        try:
            yield client
        finally:
            client.destroy()
    except LuutruError:
        raise
    except Exception as error:
        raise WorkDatabaseError(
            "Không đọc hoặc ghi được sổ công việc của quy trình tiếp nhận.",
            remedy="Kiểm tra dung lượng đĩa và quyền ghi thư mục kho.",
            detail=f"{type(error).__name__}: {error}",
        ) from error
