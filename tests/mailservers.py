"""A mail server for tests that says what it is told to say, and keeps what it took."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message


class MailServer(socketserver.ThreadingTCPServer):
    """`says` maps a command (greeting, mail, rcpt, data, content) to the reply instead of yes;
    None hangs up, and `silence` keeps quiet until the server goes."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.says: dict[str, str | None] = {}
        self.taken: list[Message] = []
        self.met: set[str] = set()
        self.silence = threading.Event()

    @property
    def port(self) -> int:
        return self.server_address[1]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.silence.set()
            server.shutdown()
            thread.join()


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        if not self.reply("greeting", "220 here"):
            return
        while line := self.rfile.readline():
            verb = line[:4].decode().strip().lower()
            if verb == "data":
                if not self.reply("data", "354 go on") or not self._content():
                    return
            elif verb == "quit":
                self.reply("quit", "221 bye")
                return
            elif not self.reply(verb, "250 yes"):
                return

    def _content(self) -> bool:
        if self.server.says.get("data", "354")[:3] != "354":
            return True
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        said = self.server.says.get("content", "250 taken")
        if said is None or said[:3] in ("250", "..."):
            self.server.taken.append(message_from_bytes(b"".join(lines)))
        return self.reply("content", "250 taken")

    def reply(self, step: str, yes: str) -> bool:
        """False when it hangs up."""
        self.server.met.add(step)
        said = self.server.says.get(step, yes)
        if said is None:
            return False
        if said == "...":
            self.server.silence.wait(60)
            return False
        self.wfile.write(said.encode() + b"\r\n")
        return True
