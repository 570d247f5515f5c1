"""Requests that are surely malformed, made from valid ones by the mutations in KINDS; the same for the same seed.

A mutation that could happen to give a valid request is no kind: each one puts in what no valid request has.
"""

import json
from dataclasses import dataclass

from api import add_path, list_path, meta_path, report_path, review_body, review_path, vote_path
from http_client import HOST, JSON_FIELDS, build_json_request, build_request, chunked

REFUSED = frozenset(range(400, 500))


@dataclass(frozen=True)
class Malformed:
    kind: str
    data: bytes
    statuses: frozenset  # one of these is the answer
    is_cut: bool  # it ends early: the connection may also just close


# Valid requests to mutate: with a head and a body that the mutations take apart.


def some_product(random):
    return random.randrange(1, 1000)


def some_review(random):
    return (some_product(random) << 20) + random.randrange(1, 1 << 20)


def some_head(random):
    """A valid request without a body, as the list of its lines."""
    method, path = random.choice(
        [
            ("GET", list_path(some_product(random), f"count={random.randrange(1, 100)}")),
            ("GET", meta_path(some_product(random))),
            ("GET", review_path(some_review(random))),
            ("PUT", vote_path(some_review(random))),
            ("PUT", report_path(some_review(random))),
            ("OPTIONS", "*"),
        ]
    )
    fields = [f"X-{random.randrange(10**6)}: {random.random()}" for _ in range(random.randrange(4))]
    return [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *fields]


def joined(lines):
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def with_line(random, line):
    """A valid head with one line put in behind the request line."""
    lines = some_head(random)
    lines.insert(random.randrange(1, len(lines) + 1), line)
    return joined(lines)


def some_json(random):
    return json.dumps(review_body(rating=random.randrange(1, 6)), ensure_ascii=random.random() < 0.5).encode()


def post(random, body, fields=JSON_FIELDS):
    return build_request("POST", add_path(some_product(random)), body=body, fields=fields)


def put_framed(random, fields, body):
    return build_request("PUT", vote_path(some_review(random)), fields=fields, body=body)


# The kinds: of the request line,


def bad_method(random):
    first, *rest = some_head(random)
    character = random.choice('()<>@,;:\\"/[]?={}\x01\x7f')
    cut = random.randrange(1, first.index(" "))
    return joined([first[:cut] + character + first[cut:], *rest])


def unknown_method(random):
    first, *rest = some_head(random)
    return joined(["X" + "".join(random.choices("ABCXYZ", k=6)) + first[first.index(" ") :], *rest])


def bad_version(random):
    first, *rest = some_head(random)
    bad = random.choice(
        ["", " HTTP", " HTTP/", " HTTP/x.1", " HTTP/1", " HTTP/11", " HTTP/1.1x", " HTTPS/1.1", " http/1.1", " 1.1"]
    )
    return joined([first.removesuffix(" HTTP/1.1") + bad, *rest])


def bad_target(random):
    first, *rest = some_head(random)
    method = first.split(" ")[0]
    bad = random.choice(
        ["reviews/5/list", "/reviews/5/li st", "/a\x00b", "/a\x7fb", "/\xc3\xa9", "*x", "ftp://a/b", "/a#b"]
    )
    return joined([f"{method} {bad} HTTP/1.1", *rest])


# of the fields,


def space_before_colon(random):
    return with_line(random, f"X-{random.randrange(100)}{random.choice([' ', chr(9)])}: a")


def folded_line(random):
    return joined(some_head(random) + [random.choice(" \t") + "folded"])


def bare_carriage_return(random):
    return with_line(random, f"X: {'a' * random.randrange(9)}\r{'b' * random.randrange(1, 9)}")


def bare_line_feed(random):
    lines = some_head(random)
    cut = random.randrange(1, len(lines))
    return "\r\n".join(lines[:cut]).encode() + b"\n" + joined(lines[cut:])


def control_in_value(random):
    return with_line(random, "X: a" + random.choice("\0\1\2\x0b\x0c\x1b\x1f\x7f") + "b")


def bad_name(random):
    return with_line(
        random, random.choice(["", "a b", "a(b", 'a"b', "a@b", "a/b", "a\0b", "\xe9", "a\x7f"]) + ": value"
    )


def no_colon(random):
    return with_line(random, "field" * random.randrange(1, 20))


def no_host(random):
    return joined([line for line in some_head(random) if not line.startswith("Host")])


def second_host(random):
    return with_line(random, f"Host: {random.choice([HOST, 'other.test'])}")


def bad_host(random):
    first, _, *rest = some_head(random)
    return joined([first, "Host: " + random.choice(["a b", "a/b", "a@b", "user@host", "a:b", "[::1"]), *rest])


# of the framing,


def both_framings(random):
    fields = [("Content-Length", random.randrange(1, 20)), ("Transfer-Encoding", "chunked")]
    random.shuffle(fields)
    return put_framed(random, fields, chunked([b"hello"]))


def differing_lengths(random):
    length = random.randrange(1, 1000)
    return put_framed(
        random, [("Content-Length", length), ("Content-Length", length + random.randrange(1, 9))], b"x" * length
    )


def bad_length(random):
    bad = random.choice(["+5", "-5", "5x", "0x5", "5.0", "5,6", "five", "", "5 5", "99999999999999999999999"])
    return put_framed(random, [("Content-Length", bad)], b"hello")


def bad_coding(random):
    bad = random.choice(["gzip", "identity", "chunked, gzip", "xchunked", "chunked;q=1", "chunke", "chunked chunked"])
    return put_framed(random, [("Transfer-Encoding", bad)], chunked([b"hello"]))


def bad_chunk(random):
    size = random.choice([b"x", b"+5", b"-5", b"0x5", b"", b" 5", b"5 5", b"fffffffffffffffff", b"\0", b"5;\0", b"g"])
    return put_framed(random, [("Transfer-Encoding", "chunked")], size + b"\r\nhello\r\n0\r\n\r\n")


def chunk_without_end(random):
    return put_framed(
        random,
        [("Transfer-Encoding", "chunked")],
        b"5\r\nhello" + random.choice([b"\n", b"0\r\n", b"x\r\n"]) + b"0\r\n\r\n",
    )


def noise(random):
    first = random.choice(b"\0\1\x16\x80\xff(){}/ ")
    return bytes([first]) + random.randbytes(random.randrange(200)).replace(b"\n", b"") + b"\r\n\r\n"


# of the size,


def long_target(random):
    return build_request("GET", list_path(5, "x=" + "y" * random.randrange(16384, 40000)))


def large_headers(random):
    return with_line(random, "X: " + "y" * random.randrange(16384, 40000))


def large_body(random):
    return post(random, some_json(random) + b" " * random.randrange(65536, 150000))


# of the resource,


def unknown_path(random):
    return build_request(
        "GET", "/" + "".join(random.choices("abcxyz-_.", k=random.randrange(1, 20))) + f"/{random.randrange(99)}"
    )


def other_method(random):
    product, review = some_product(random), some_review(random)
    path = random.choice(
        [list_path(product), meta_path(product), add_path(product), vote_path(review), review_path(review)]
    )
    return build_request(random.choice(["DELETE", "PATCH"]), path)


def bad_product(random):
    bad = random.choice(["0", "-1", "+1", "1e3", "1.0", "2147483648", "99999999999999999999", "abc", "5x", "%2B5"])
    return build_request("GET", random.choice([list_path, meta_path])(bad))


def bad_review(random):
    bad = random.choice(["-1", "+1", "1e3", "1.0", str(2**53), "99999999999999999999", "abc"])
    return build_request("PUT", random.choice(["/reviews/helpful/", "/reviews/report/"]) + bad)


def bad_query(random):
    bad = [
        "count=0",
        "count=101",
        "count=x",
        "count=",
        "page=-1",
        "page=x",
        "page=9999",
        "sort=x",
        "sort=",
        "count=1&count=1",
        "count=%",
    ]
    return build_request("GET", list_path(some_product(random), random.choice(bad)))


# of the review


def not_json_type(random):
    bad = random.choice(
        ["text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded", "a", "application/jsonx"]
    )
    return post(random, some_json(random), fields=[("Content-Type", bad)])


def cut_json(random):
    text = some_json(random)
    return post(random, text[: random.randrange(len(text))])


def broken_json(random):
    text = some_json(random)
    cut = random.randrange(1, len(text))
    return post(
        random,
        text[:cut] + random.choice([b"\0", b"\n\x01", b"\x80", b"\xff", b"\xc0\x80", b"\xed\xa0\x80"]) + text[cut:],
    )


def repeated_member(random):
    name = random.choice(["rating", "body", "name", "email", "recommend"])
    return post(random, some_json(random)[:-1] + f', "{name}": 5}}'.encode())


def deep_json(random):
    depth = random.randrange(100, 15000)
    return post(random, some_json(random)[:-1] + b', "x": ' + b"[" * depth + b"]" * depth + b"}")


def wrong_field(random):
    field, values = random.choice(
        [
            ("rating", [0, 6, "5", None, ...]),
            ("recommend", [2, "true", ...]),
            ("body", ["", "x" * 2001, "\0", 5, ...]),
            ("name", ["", "x" * 101, ...]),
            ("email", ["x", "a@b@c", ...]),
            ("summary", ["x" * 151, 5]),
            ("photos", [["x"], ["https://a.example"] * 6, "https://a.example"]),
            ("characteristics", [{"Fit": 0}, {"Colour": 1}, [5]]),
            ("date", ["soon", 5, "2024-02-30"]),
        ]
    )
    body = review_body(**{field: random.choice(values)})
    return build_json_request("POST", add_path(some_product(random)), body)


# and those that end before they are whole.


def cut_head(random):
    data = joined(some_head(random))
    return data[: random.randrange(1, len(data) - 1)]


def cut_body(random):
    data = post(random, some_json(random))
    return data[: random.randrange(data.index(b"\r\n\r\n") + 4, len(data))]


def cut_chunks(random):
    data = put_framed(random, [("Transfer-Encoding", "chunked")], chunked([b"hello", b"world"]))
    return data[: random.randrange(data.index(b"\r\n\r\n") + 4, len(data))]


BAD = frozenset({400})

# Each kind, and the statuses that may answer it.
KINDS = {
    bad_method: BAD,
    unknown_method: REFUSED,
    bad_version: BAD,
    bad_target: BAD,
    space_before_colon: BAD,
    folded_line: BAD,
    bare_carriage_return: BAD,
    bare_line_feed: BAD,
    control_in_value: BAD,
    bad_name: BAD,
    no_colon: BAD,
    no_host: BAD,
    second_host: BAD,
    bad_host: BAD,
    both_framings: BAD,
    differing_lengths: BAD,
    bad_length: BAD,
    bad_coding: BAD,
    bad_chunk: BAD,
    chunk_without_end: BAD,
    noise: BAD,
    long_target: {414},
    large_headers: {431},
    large_body: {413},
    unknown_path: {404},
    other_method: {405},
    bad_product: BAD,
    bad_review: BAD,
    bad_query: BAD,
    not_json_type: {415},
    cut_json: BAD,
    broken_json: BAD,
    repeated_member: BAD,
    deep_json: BAD,
    wrong_field: {422},
    cut_head: {400, 408},
    cut_body: {400, 408},
    cut_chunks: {400, 408},
}
CUT = {cut_head, cut_body, cut_chunks}


def corpus(random, size):
    """Yields this many malformed requests, all kinds in turn."""
    kinds = list(KINDS)
    for n in range(size):
        kind = kinds[n % len(kinds)]
        yield Malformed(kind.__name__, kind(random), frozenset(KINDS[kind]), kind in CUT)
