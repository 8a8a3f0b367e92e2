"""The queue of files: a message is there whole, or not at all."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from json import JSONDecodeError
from pathlib import Path
from queue import Empty
from threading import Thread

import pytest
from kombu import Connection
from kombu.transport import filesystem

from config import queue_files
from config.celery import app

COUNT = 300


@contextmanager
def open_channel(transport, folder: Path) -> Iterator[filesystem.Channel]:
    folders = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    with Connection(transport=transport, transport_options=folders) as connection:
        yield connection.default_channel


def look_while(writing: Thread, channel: filesystem.Channel) -> list[dict]:
    """As a worker does, but without a rest."""
    seen, more = [], True
    while more:
        more = writing.is_alive()
        with suppress(Empty):
            while True:
                seen.append(channel._get("celery"))
    return seen


def written_and_read(transport, folder: Path) -> list[int]:
    with open_channel(transport, folder) as reading, open_channel(transport, folder) as written:
        messages = [{"n": n, "text": "x" * 500} for n in range(COUNT)]
        writing = Thread(target=lambda: [written._put("celery", each) for each in messages])
        writing.start()
        try:
            return sorted(each["n"] for each in look_while(writing, reading))
        finally:
            writing.join()


def test_a_worker_that_looks_all_the_time_reads_every_message_whole(tmp_path):
    assert written_and_read(queue_files.Transport, tmp_path) == list(range(COUNT))


def test_with_kombus_own_it_reads_an_empty_one(tmp_path, monkeypatch):
    """The control. The thread that writes is interrupted where it would be sooner or later."""
    lock = filesystem.lock
    monkeypatch.setattr(filesystem, "lock", lambda *args: [time.sleep(0.01), lock(*args)])
    with pytest.raises(JSONDecodeError):
        written_and_read(filesystem.Transport, tmp_path)


def test_messages_are_read_in_the_order_they_were_written(tmp_path):
    with open_channel(queue_files.Transport, tmp_path) as channel:
        for n in range(3):
            channel._put("celery", {"n": n})
            time.sleep(0.002)
        (tmp_path / "0_half.part").write_text("{")
        assert [channel._get("celery")["n"] for _ in range(3)] == [0, 1, 2]
        with pytest.raises(Empty):
            channel._get("celery")
        with pytest.raises(Empty):
            channel._get("other")


def test_baton_uses_it_where_there_is_no_redis():
    with app.connection_for_write("filesystem://localhost") as connection:
        assert isinstance(connection.transport, queue_files.Transport)
