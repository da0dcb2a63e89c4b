"""ClickHouse's HTTP interface, as much of it as the client needs, before the real engine within this process."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import lz4.frame
from chdb import session

_OF_THE_REQUEST = {
    "query",
    "query_id",
    "database",
    "session_id",
    "default_format",
    "client_protocol_version",
    "wait_end_of_query",
    "enable_http_compression",
    "compress",
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
    "buffer_size",
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one go
    lock = threading.Lock()
    engine: Any = None
    secret = ""
    settled: dict[str, str]

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, *_: object) -> None:
        pass

    def _body(self) -> bytes:
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline().strip(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return lz4.frame.decompress(body) if self.headers.get("Content-Encoding") == "lz4" else body

    def _answer(self, body: bytes) -> None:
        said = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            form = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
            for part in form.get_payload():
                name = part.get_param("name", header="Content-Disposition")
                said[name] = part.get_payload(decode=True).decode()
            body = b""
        try:
            made = self._run(said, body)
            self._send(200, made)
        except Exception as error:
            self._send(500, str(error).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-ClickHouse-Summary", "{}")
        self.end_headers()
        self.wfile.write(content)

    def _run(self, said: dict[str, str], body: bytes) -> bytes:
        if self.headers.get("Authorization", "") != self.secret:
            raise PermissionError("Code: 516. DB::Exception: tifo: Authentication failed")
        params = {name[6:]: value for name, value in said.items() if name.startswith("param_")}
        query = said.get("query", "")
        with self.lock, tempfile.NamedTemporaryFile() as rows:
            for name, value in said.items():
                if name in _OF_THE_REQUEST or name.startswith("param_") or self.settled.get(name) == value:
                    continue
                self.engine.query(f"SET {name} = '{value}'")
                self.settled[name] = value
            if query.lstrip().upper().startswith("INSERT") and body:
                rows.write(body)
                rows.flush()
                table, _, form = query.rpartition("FORMAT")
                query = f"{table} FROM INFILE '{rows.name}' FORMAT {form}"
            elif body:
                query += body.decode()
            found = self.engine.query(query, said.get("default_format", "TabSeparated"), params=params)
            return bytes(found.bytes()) if found is not None else b""


@contextmanager
def clickhouse_server(folder: Path, address: str = "127.0.0.1") -> Iterator[str]:
    """A server while the block runs; gives the address for TIFO_LAKE_URL."""
    with session.Session(str(folder)) as engine:
        handler = type(
            "Handler", (_Handler,), {"engine": engine, "secret": "Basic dGlmbzpzM2NyZXQ=", "settled": {}}
        )
        server = ThreadingHTTPServer((address, 0), handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"clickhouse://tifo:s3cret@{address}:{server.server_port}/lake"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
