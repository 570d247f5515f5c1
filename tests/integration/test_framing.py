"""Where a request ends: chunked bodies, refusals of everything ambiguous, and limits."""

import json

import pytest

from api import add_path, check_done, check_json, check_problem, check_review, list_path, review_body, vote_path
from http_client import HOST, JSON_FIELDS, Connection, build_json_request, build_request, chunked
from waiting import scaled

CHUNKED = ("Transfer-Encoding", "chunked")
MISSING = (2_000_000_000 << 20) + 1  # a review that there is not, so that a PUT which is understood answers 404


def chunked_post(product, body, field=CHUNKED):
    return build_request("POST", add_path(product), fields=[*JSON_FIELDS, field], body=body)


def document_bytes():
    return json.dumps(review_body(body="chunked 😀 body"), ensure_ascii=False).encode()


# Chunked bodies


@pytest.mark.parametrize("size", [1, 2, 17, 4096])
def test_chunks_may_have_any_size(client, product, size):
    document = document_bytes()
    pieces = [document[i : i + size] for i in range(0, len(document), size)]
    review = check_review(check_json(client.exchange(chunked_post(product, chunked(pieces))), 201))
    assert review["body"] == "chunked 😀 body"


@pytest.mark.parametrize("extension", [";a", ";a=b", ';a="quoted; text"', ";a;b", ';a="1";b=2'])
def test_chunk_extensions_are_skipped(client, product, extension):
    body = chunked([document_bytes()], extension=extension)
    check_json(client.exchange(chunked_post(product, body)), 201)


@pytest.mark.parametrize("trailer", ["X-Checksum: 1\r\n", "A: 1\r\nB: 2\r\n", "Content-Length: 5\r\n"])
def test_trailers_are_skipped(client, product, trailer):
    body = chunked([document_bytes()], trailer=trailer)
    check_json(client.exchange(chunked_post(product, body)), 201)
    check_json(client.request("GET", list_path(product)))


def test_hexadecimal_sizes_have_no_case_and_may_have_zeros(client, product):
    document = document_bytes()
    first, rest = document[:10], document[10:]
    body = b"00A\r\n" + first + b"\r\n" + b"%X\r\n" % len(rest) + rest + b"\r\n000\r\n\r\n"
    check_json(client.exchange(chunked_post(product, body)), 201)


def test_the_coding_has_no_case(client, product):
    check_json(
        client.exchange(chunked_post(product, chunked([document_bytes()]), ("transfer-encoding", "Chunked"))), 201
    )


def test_a_chunked_body_may_be_cut_anywhere(server, product):
    body = chunked([b"ignored", b"too"], extension=";x=y", trailer="A: 1\r\n")
    data = build_request("PUT", vote_path(MISSING), fields=[CHUNKED], body=body) + build_request("OPTIONS", "*")
    for cut in range(data.index(b"chunked"), len(data)):
        with server.connect() as connection:
            connection.send(data[:cut])
            connection.send(data[cut:])
            check_problem(connection.read_reply(), 404)
            check_done(connection.read_reply())


def test_chunked_and_plain_bodies_alternate_on_one_connection(client, product):
    for _ in range(10):
        check_json(client.exchange(chunked_post(product, chunked([document_bytes()]))), 201)
        check_json(client.request_json("POST", add_path(product), review_body()), 201)


# Refusals: the answer is a 4xx and the connection closes, so that nothing behind it can be smuggled in


def put(*fields, body=b"", version="HTTP/1.1", host=HOST):
    return build_request("PUT", vote_path(MISSING), fields=fields, body=body, version=version, host=host)


def lines(*texts):
    return "\r\n".join(texts).encode("latin-1") + b"\r\n\r\n"


def put_chunked(body):
    return put(CHUNKED, body=body)


REQUEST_LINE = f"PUT {vote_path(MISSING)} HTTP/1.1"
HOST_LINE = f"Host: {HOST}"

AMBIGUOUS = {
    "both framings": put(("Content-Length", 5), CHUNKED, body=chunked([b"hello"])),
    "both framings, chunked first": put(CHUNKED, ("Content-Length", 5), body=chunked([b"hello"])),
    "differing lengths": put(("Content-Length", 5), ("Content-Length", 6), body=b"hello!"),
    "differing lengths in one field": put(("Content-Length", "5, 6"), body=b"hello!"),
    "length +5": put(("Content-Length", "+5"), body=b"hello"),
    "length -5": put(("Content-Length", "-5"), body=b"hello"),
    "length 5x": put(("Content-Length", "5x"), body=b"hello"),
    "length 0x5": put(("Content-Length", "0x5"), body=b"hello"),
    "length 5.0": put(("Content-Length", "5.0"), body=b"hello"),
    "length 1 2": put(("Content-Length", "1 2"), body=b"hello"),
    "empty length": put(("Content-Length", "")),
    "length beyond 64 bits": put(("Content-Length", "18446744073709551621"), body=b"hello"),
    "unknown coding": put(("Transfer-Encoding", "gzip"), body=b"hello"),
    "identity": put(("Transfer-Encoding", "identity"), body=b"hello"),
    "chunked not last": put(("Transfer-Encoding", "chunked, gzip"), body=chunked([b"hello"])),
    "chunked twice": put(("Transfer-Encoding", "chunked, chunked"), body=chunked([b"hello"])),
    "chunked misspelt": put(("Transfer-Encoding", "xchunked"), body=chunked([b"hello"])),
    "chunked quoted": put(("Transfer-Encoding", '"chunked"'), body=chunked([b"hello"])),
    "empty coding": put(("Transfer-Encoding", ""), body=chunked([b"hello"])),
    "chunked in HTTP/1.0": put(CHUNKED, body=chunked([b"hello"]), version="HTTP/1.0"),
    "obs-fold": lines(REQUEST_LINE, HOST_LINE, "X: a", " b", "Content-Length: 0"),
    "obs-fold with a tab": lines(REQUEST_LINE, HOST_LINE, "X: a", "\tb"),
    "fold on the first field": lines(REQUEST_LINE, " X: a", HOST_LINE),
    "fold of nothing": lines(REQUEST_LINE, HOST_LINE, "X: a", " ", "Y: b"),
    "bare CR in a value": lines(REQUEST_LINE, HOST_LINE, "X: a\rContent-Length: 5"),
    "bare CR at the end of a line": f"{REQUEST_LINE}\r\n{HOST_LINE}\rX: a\r\n\r\n".encode(),
    "bare CR in the request line": f"{REQUEST_LINE}\rX: a\r\n{HOST_LINE}\r\n\r\n".encode(),
    "bare LF between lines": f"{REQUEST_LINE}\n{HOST_LINE}\r\n\r\n".encode(),
    "bare LF between fields": f"{REQUEST_LINE}\r\n{HOST_LINE}\nX: a\r\n\r\n".encode(),
    "bare LF at the end": f"{REQUEST_LINE}\r\n{HOST_LINE}\r\n\n\r\n\r\n".encode(),
    "space before the colon": lines(REQUEST_LINE, HOST_LINE, "Content-Length : 5"),
    "no field name": lines(REQUEST_LINE, HOST_LINE, ": a"),
    "no colon": lines(REQUEST_LINE, HOST_LINE, "Content-Length"),
    "space in a field name": lines(REQUEST_LINE, HOST_LINE, "Content Length: 5"),
    "non-ASCII field name": lines(REQUEST_LINE, HOST_LINE, "Cont\xe9nt-Length: 5"),
    "NUL in a value": lines(REQUEST_LINE, HOST_LINE, "X: a\0b"),
    "control character in a value": lines(REQUEST_LINE, HOST_LINE, "X: a\x01b"),
    "DEL in a value": lines(REQUEST_LINE, HOST_LINE, "X: a\x7fb"),
    "no Host": lines(REQUEST_LINE, "X: a"),
    "two Hosts": lines(REQUEST_LINE, HOST_LINE, HOST_LINE),
    "two different Hosts": lines(REQUEST_LINE, HOST_LINE, "Host: other.test"),
    "chunk size that is no number": put_chunked(b"xyz\r\nhello\r\n0\r\n\r\n"),
    "chunk size +5": put_chunked(b"+5\r\nhello\r\n0\r\n\r\n"),
    "chunk size -5": put_chunked(b"-5\r\nhello\r\n0\r\n\r\n"),
    "chunk size 0x5": put_chunked(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk size empty": put_chunked(b"\r\nhello\r\n0\r\n\r\n"),
    "chunk size beyond 64 bits": put_chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    "chunk without its CRLF": put_chunked(b"5\r\nhello0\r\n\r\n"),
    "chunk longer than it says": put_chunked(b"4\r\nhello\r\n0\r\n\r\n"),
    "bare LF behind a chunk size": put_chunked(b"5\nhello\r\n0\r\n\r\n"),
    "bare LF behind a chunk": put_chunked(b"5\r\nhello\n0\r\n\r\n"),
    "bare CR behind a chunk size": put_chunked(b"5\rhello\r\n0\r\n\r\n"),
    "bare CR in a chunk extension": put_chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "HTTP/0.9": f"GET {list_path(5)}\r\n\r\n".encode(),
    "version without a number": lines(f"GET {list_path(5)} HTTP/", HOST_LINE),
    "version 1.x": lines(f"GET {list_path(5)} HTTP/1.x", HOST_LINE),
    "version in lower case": lines(f"GET {list_path(5)} http/1.1", HOST_LINE),
    "another protocol": lines(f"GET {list_path(5)} RTSP/1.0", HOST_LINE),
    "space in the target": lines("GET /reviews/5/li st HTTP/1.1", HOST_LINE),
    "NUL in the target": lines("GET /reviews/5/list\0 HTTP/1.1", HOST_LINE),
    "raw UTF-8 in the target": lines("GET /reviews/5/list?sort=\xc3\xa9 HTTP/1.1", HOST_LINE),
    "no target": lines("GET  HTTP/1.1", HOST_LINE),
    "target without a slash": lines("GET reviews/5/list HTTP/1.1", HOST_LINE),
    "asterisk for another method": lines("GET * HTTP/1.1", HOST_LINE),
    "method that is no token": lines(f"G(T {list_path(5)} HTTP/1.1", HOST_LINE),
    "method in lower case": lines(f"get {list_path(5)} HTTP/1.1", HOST_LINE),
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ambiguous_framing_is_refused_and_the_connection_closes(server, request_bytes):
    smuggled = build_request("OPTIONS", "*")
    with server.connect() as connection:
        reply = connection.exchange(request_bytes + smuggled)
        check_problem(reply, 400)
        assert reply.closes
        assert connection.read_to_end() == b""


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9"])
def test_another_version_is_refused(client, version):
    reply = client.request("GET", list_path(5), version=version)
    check_problem(reply, 505 if reply.status == 505 else 400)
    assert reply.closes and client.read_to_end() == b""


def test_a_higher_minor_version_is_served_as_http_1_1(client):
    """RFC 9110, section 2.5."""
    for _ in range(2):
        check_json(client.request("GET", list_path(5), version="HTTP/1.2"))


def test_the_preface_of_http_2_is_refused(client):
    reply = client.exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    check_problem(reply, 505 if reply.status == 505 else 400)
    assert client.read_to_end() == b""


# Limits

HEAD_LIMIT = 16384
BODY_LIMIT = 65536


def closes_with(connection: Connection, request_bytes, status):
    reply = connection.exchange(request_bytes)
    check_problem(reply, status)
    assert reply.closes and connection.read_to_end() == b""


def padded_get(length):
    """A request whose head has this many bytes."""
    bare = len(build_request("GET", list_path(5), fields=[("X", "")]))
    return build_request("GET", list_path(5), fields=[("X", "x" * (length - bare))])


def padded_review(length):
    """A body of this many bytes, filled up with white space."""
    document = json.dumps(review_body()).encode()
    return document + b" " * (length - len(document))


def test_a_head_may_be_as_long_as_the_limit(client):
    check_json(client.exchange(padded_get(HEAD_LIMIT)))


@pytest.mark.parametrize("length", [HEAD_LIMIT + 1, HEAD_LIMIT * 2, HEAD_LIMIT * 60])
def test_headers_too_large(client, length):
    closes_with(client, padded_get(length), 431)


def test_too_many_headers(client):
    fields = [(f"X-{n}", n) for n in range(1000)]
    closes_with(client, build_request("GET", list_path(5), fields=fields), 431)


@pytest.mark.parametrize("length", [HEAD_LIMIT + 1, HEAD_LIMIT * 2, HEAD_LIMIT * 60])
def test_target_too_long(client, length):
    closes_with(client, build_request("GET", list_path(5, "x=" + "y" * length)), 414)


def test_a_request_line_that_never_ends(client):
    closes_with(client, b"GET /" + b"a" * HEAD_LIMIT * 4, 414)


def test_headers_that_never_end(client):
    closes_with(client, build_request("GET", list_path(5))[:-2] + b"X: y\r\n" * HEAD_LIMIT, 431)


def test_a_body_may_be_as_long_as_the_limit(client, product):
    for request in (
        build_json_request("POST", add_path(product), padded_review(BODY_LIMIT)),
        chunked_post(product, chunked([padded_review(BODY_LIMIT)])),
    ):
        check_json(client.exchange(request), 201)


@pytest.mark.parametrize("length", [BODY_LIMIT + 1, BODY_LIMIT * 2, BODY_LIMIT * 40])
def test_body_too_large(server, product, length):
    body = padded_review(length)
    for request in (
        build_json_request("POST", add_path(product), body),
        chunked_post(product, chunked([body])),
        chunked_post(product, chunked([body[i : i + 1000] for i in range(0, length, 1000)])),
        build_request("PUT", vote_path(MISSING), body=body),
    ):
        with server.connect() as connection:
            closes_with(connection, request, 413)


def test_an_announced_body_that_is_too_large_is_refused_before_it_comes(client, product):
    request = build_request("POST", add_path(product), fields=[*JSON_FIELDS, ("Content-Length", BODY_LIMIT + 1)])
    closes_with(client, request, 413)


def test_a_body_that_is_too_large_is_not_waited_for(client, product):
    fields = [*JSON_FIELDS, ("Content-Length", BODY_LIMIT + 1), ("Expect", "100-continue")]
    closes_with(client, build_request("POST", add_path(product), fields=fields), 413)


def test_chunk_extensions_do_not_grow_without_limit(client, product):
    closes_with(client, chunked_post(product, b"1;" + b"x" * BODY_LIMIT * 40), 400)


def test_many_empty_lines_do_not_keep_a_connection_busy(server, product):
    with server.connect() as connection:
        connection.send_if_wanted(b"\r\n" * scaled(100000))
        connection.close()
    with server.connect() as connection:
        check_json(connection.request("GET", list_path(product)))
