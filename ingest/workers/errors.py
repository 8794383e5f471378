"""What can go wrong with a worker process: three typed errors, each a fact about a tool and never about a document."""

from __future__ import annotations

from archive.errors import LuutruError


class WorkerError(LuutruError):
    """A worker gave no answer that can be used. Its process is gone; the next request gets a new one."""

    code = "worker.failed"


class WorkerUnavailableError(WorkerError):
    """The worker could not be started: program missing, or no greeting within its starting time."""

    code = "worker.unavailable"


class WorkerDiedError(WorkerError):
    """The worker ended, or broke its protocol and was ended, while it had a request.

    ``exit_status`` is its exit code, or the negative number of the signal that ended it. ``reason`` is ``ended``,
    ``out-of-step`` (an answer that is no JSON object or bears another id) or ``answer-too-long``. ``stderr`` is the
    last of what it wrote there, for the log only.
    """

    code = "worker.died"

    def __init__(self, worker: str, exit_status: int, *, reason: str = "ended", stderr: str = "") -> None:
        super().__init__(
            f"Tiến trình kiểm tra «{worker}» dừng đột ngột (mã {exit_status}).",
            remedy="Chạy lại; nếu vẫn xảy ra với cùng một tệp, báo người quản trị.",
            detail=f"{worker} {reason}, exit status {exit_status}\n{stderr}".rstrip(),
        )
        self.exit_status = exit_status
        self.reason = reason
        self.stderr = stderr


class WorkerTimeoutError(WorkerError):
    """The worker did not answer within ``timeout_seconds`` and was killed (``exit_status`` as seen then)."""

    code = "worker.timeout"

    def __init__(self, worker: str, timeout_seconds: float, exit_status: int, *, stderr: str = "") -> None:
        super().__init__(
            f"Tiến trình kiểm tra «{worker}» không trả lời trong {timeout_seconds:g} giây.",
            remedy="Tăng thời hạn cho một tệp hoặc kiểm tra riêng tệp này.",
            detail=f"{worker} killed after {timeout_seconds:g} s, exit status {exit_status}\n{stderr}".rstrip(),
        )
        self.timeout_seconds = timeout_seconds
        self.exit_status = exit_status
        self.stderr = stderr
