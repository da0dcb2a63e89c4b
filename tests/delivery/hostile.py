"""Mail servers that misbehave on purpose, on loopback."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

GREETING = b"220 hostile ESMTP\r\n"
EHLO = b"250-hostile\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


@dataclass
class Script:
    """How a server answers. A value may be bytes, or None to break the connection there, or a function of the line."""

    greeting: bytes | None = GREETING
    ehlo: bytes | None = EHLO
    answers: dict[str, bytes | Callable[[bytes], bytes | None] | None] = field(default_factory=dict)
    body: bytes | Callable[[bytes], bytes | None] | None = b"250 2.0.0 taken\r\n"
    reset: bool = False  # break with RST instead of FIN
    stop_reading_body: bool = False
    tls: ssl.SSLContext | None = None
    lines: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0


class _Broken(Exception):  # noqa: N818
    pass


class _Dialogue:
    def __init__(self, script: Script, connection: socket.socket) -> None:
        self.script, self.connection, self.buffer = script, connection, b""

    def say(self, answer: object, line: bytes) -> None:
        if callable(answer):
            answer = answer(line)
        if answer is None:
            if self.script.reset:
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
                )
            raise _Broken
        assert isinstance(answer, bytes)
        self.connection.sendall(answer)

    def line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def more(self) -> None:
        data = self.connection.recv(65536)
        if not data:
            raise _Broken
        self.buffer += data

    def run(self) -> None:
        script = self.script
        self.say(script.greeting, b"")
        while True:
            line = self.line()
            script.lines.append(line)
            verb = line.split(b" ")[0].decode("latin-1").upper()
            if verb == "BDAT":
                size = int(line.split()[1])
                while len(self.buffer) < size:
                    self.more()
                body, self.buffer = self.buffer[:size], self.buffer[size:]
                script.bodies.append(body)
                self.say(script.body, body)
            elif verb in script.answers:
                self.say(script.answers[verb], line)
                if verb == "STARTTLS" and script.tls:
                    self.connection = script.tls.wrap_socket(self.connection, server_side=True)
            elif verb in ("EHLO", "HELO"):
                self.say(script.ehlo, line)
            elif verb == "DATA":
                self.say(b"354 go on\r\n", line)
                self.data()
            elif verb == "QUIT":
                self.say(b"221 bye\r\n", line)
                raise _Broken
            else:
                self.say(b"250 2.1.0 ok\r\n", line)

    def data(self) -> None:
        if self.script.stop_reading_body:
            threading.Event().wait(30)
        while b"\r\n.\r\n" not in self.buffer and not self.buffer.startswith(b".\r\n"):
            self.more()
        if self.buffer.startswith(b".\r\n"):
            body, self.buffer = b"", self.buffer[3:]
        else:
            body, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
        self.script.bodies.append(body + b"\r\n")
        self.say(self.script.body, body)


@contextmanager
def server(script: Script) -> Iterator[int]:
    """Serve the script; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve(connection: socket.socket) -> None:
        try:
            if script.tls and "STARTTLS" not in script.answers:
                connection = script.tls.wrap_socket(connection, server_side=True)
            _Dialogue(script, connection).run()
        except (_Broken, OSError):
            pass
        finally:
            connection.close()

    def accept() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            script.connections += 1
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
