"""A raw HTTP/1.x client: sends exactly the bytes it is given, and reads replies to the letter of RFC 9112."""

import json
import re
import socket
from dataclasses import dataclass, field

from waiting import PATIENCE_S

HOST = "reviews.test"

_STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) ([\t -~]*)")
_FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*?)[ \t]*")


class ConnectionClosed(Exception):
    """The server closed the connection before a whole reply; `received` is what came of it."""

    def __init__(self, received):
        super().__init__(f"closed after {received[:200]!r}")
        self.received = received


class BadReply(AssertionError):
    """The reply is not valid HTTP, or its body not valid JSON."""


@dataclass
class Reply:
    status: int
    reason: str
    fields: list = field(repr=False)
    body: bytes

    def values(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def field(self, name):
        """The value of a field that must not be repeated; None if it is absent."""
        values = self.values(name)
        if len(values) > 1:
            raise BadReply(f"{name} is repeated: {values}")
        return values[0] if values else None

    @property
    def closes(self):
        return (self.field("Connection") or "").lower() == "close"

    def json(self):
        return parse_json(self.body)


def parse_json(text):
    """JSON by the letter: UTF-8, no repeated names, no NaN."""

    def unique(pairs):
        members = dict(pairs)
        if len(members) != len(pairs):
            raise BadReply(f"repeated names: {[name for name, _ in pairs]}")
        return members

    def refuse(constant):
        raise BadReply(f"{constant} is not JSON")

    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
    except ValueError as error:
        raise BadReply(f"{error}: {text[:200]!r}") from error


def build_request(method, target, *, fields=(), body=None, version="HTTP/1.1", host=HOST):
    """The bytes of a request. A body brings its Content-Length, unless the fields frame it already."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in fields]
    framed = any(name.lower() in ("content-length", "transfer-encoding") for name, _ in fields)
    if body is not None and not framed:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + (body or b"")


JSON_FIELDS = (("Content-Type", "application/json"),)


def build_json_request(method, target, document, **options):
    """A request with a JSON body: a document, or the bytes that stand for one."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode("utf-8")
    return build_request(method, target, body=body, fields=JSON_FIELDS, **options)


def chunked(pieces, extension="", trailer=""):
    """A chunked body, one chunk a piece."""
    chunks = [f"{len(piece):x}{extension}\r\n".encode() + piece + b"\r\n" for piece in pieces if piece]
    return b"".join(chunks) + f"0{extension}\r\n{trailer}\r\n".encode()


class Connection:
    """One TCP connection, and what was read from it beyond the last reply."""

    def __init__(self, port, timeout_s=PATIENCE_S):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_if_wanted(self, data):
        """Sends, but bears a server that answers and closes before it has taken everything."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def finish_sending(self):
        """Closes the sending half."""
        self.socket.shutdown(socket.SHUT_WR)

    def _receive(self):
        """More bytes; nothing at the end, however the server ended it."""
        try:
            return self.socket.recv(262144)
        except ConnectionResetError:
            return b""

    def _take_until(self, separator):
        searched = 0
        while (end := self.buffer.find(separator, searched)) < 0:
            searched = max(0, len(self.buffer) - len(separator))
            data = self._receive()
            if not data:
                raise ConnectionClosed(self.buffer)
            self.buffer += data
        taken, self.buffer = self.buffer[:end], self.buffer[end + len(separator) :]
        return taken

    def _take(self, length, head):
        pieces, missing = [self.buffer], length - len(self.buffer)
        while missing > 0:
            data = self._receive()
            if not data:
                raise ConnectionClosed(head + b"".join(pieces))
            pieces.append(data)
            missing -= len(data)
        whole = b"".join(pieces)
        self.buffer = whole[length:]
        return whole[:length]

    def read_reply(self, method="GET"):
        """The next reply to a request with the method; interim replies (1xx) are replies too."""
        head = self._take_until(b"\r\n\r\n")
        status_line, *field_lines = head.split(b"\r\n")
        match = _STATUS_LINE.fullmatch(status_line)
        if not match:
            raise BadReply(f"status line {status_line!r}")
        reply = Reply(int(match[1]), match[2].decode(), [_parse_field(line) for line in field_lines], b"")
        if reply.field("Transfer-Encoding") is not None:
            raise BadReply("replies come with a Content-Length")
        length = reply.field("Content-Length")
        if reply.status < 200 or reply.status == 204:
            if length is not None:
                raise BadReply(f"a {reply.status} must not have a Content-Length (RFC 9110, section 8.6)")
            return reply
        if reply.status == 304 and length is None:
            return reply
        if length is None or not length.isdigit():
            raise BadReply(f"Content-Length {length!r}")
        if method != "HEAD":
            reply.body = self._take(int(length), head)
        return reply

    def request(self, method, target, **options):
        self.send_if_wanted(build_request(method, target, **options))
        return self.read_reply(method)

    def request_json(self, method, target, document, **options):
        self.send_if_wanted(build_json_request(method, target, document, **options))
        return self.read_reply(method)

    def exchange(self, data, method="GET"):
        """Sends raw bytes and reads one reply."""
        self.send_if_wanted(data)
        return self.read_reply(method)

    def pipeline(self, requests):
        """Sends all (method, bytes) at once; returns the replies."""
        self.send(b"".join(data for _, data in requests))
        return [self.read_reply(method) for method, _ in requests]

    def read_to_end(self):
        """Whatever comes until the server closes."""
        while data := self._receive():
            self.buffer += data
        rest, self.buffer = self.buffer, b""
        return rest


def _parse_field(line):
    match = _FIELD_LINE.fullmatch(line)
    if not match:
        raise BadReply(f"field line {line!r}")
    return match[1].decode(), match[2].decode()
