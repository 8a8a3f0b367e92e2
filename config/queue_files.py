"""A queue of files, in which a message appears when it is whole.

Kombu's own opens the file and then writes it. A worker that looks in between reads an empty
message, and stops.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:
        """Write beside the messages, then rename: names end with the queue's, and begin with the
        time, which is the order they are read in."""
        name = f"{round(monotonic() * 1000)}_{uuid4()}"
        part = Path(self.data_folder_out, f"{name}.part")
        try:
            part.write_bytes(str_to_bytes(dumps(payload)))
            part.rename(part.with_name(f"{name}.{queue}.msg"))
        except OSError as problem:
            raise ChannelError(f"Cannot write {part}.") from problem


class Transport(filesystem.Transport):
    Channel = Channel
