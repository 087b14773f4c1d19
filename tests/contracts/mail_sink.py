"""A mail server on loopback that takes what it is given: enough of SMTP (RFC 5321) for a client to hand over mail."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message


class Mail:
    """One mail as it was handed over: envelope and content."""

    def __init__(self, to: list[str], content: bytes) -> None:
        self.to = to
        self.message: Message = email.message_from_bytes(content)

    @property
    def text(self) -> str:
        """The plain text of the mail."""
        for part in self.message.walk():
            if part.get_content_type() == "text/plain":
                return bytes(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]  # decoded to bytes
        return ""


class Sink:
    """`mails`: what came. `refuses`: whether recipients are refused from now on."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[Mail] = []
        self.refuses = False


@contextmanager
def mail_sink() -> Iterator[Sink]:
    """A mail server that listens until the test is over."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 sink")
            to: list[str] = []
            while line := self.rfile.readline():
                word = line.strip().upper()[:4]
                if word in (b"EHLO", b"HELO"):
                    self.say("250 sink")
                elif word == b"RCPT":
                    to.append(line.decode().partition("<")[2].partition(">")[0])
                    self.say("550 no" if sink.refuses else "250 ok")
                elif word == b"DATA":
                    self.say("354 go on")
                    sink.mails.append(Mail(to, self.content()))
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def content(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            return b"".join(lines)

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    sink = Sink(int(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
