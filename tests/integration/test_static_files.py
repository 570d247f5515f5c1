"""The static files: served beside the routes where server.static_dir says so, and nothing but them."""

import pytest

from api import check_common, check_done, check_problem

PAGE = b"<!doctype html><title>A shop</title>"
SCRIPT = b"export const fits = true;\n"
SCRIPT_PATH = "/assets/shop.0123abcd.js"


@pytest.fixture(scope="module")
def folder(workspace):
    folder = workspace / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "assets" / "shop.0123abcd.js").write_bytes(SCRIPT)
    (folder / "plain.css").write_bytes(b"")
    (folder / "a b.txt").write_text("a name with a space")
    (folder / "big.png").write_bytes(bytes(range(256)) * 4096)  # as large as a file may be
    (folder / "no-known-ending").write_bytes(b"\0")
    (folder / ".hidden").write_text("secret")
    (workspace / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(workspace / "secret.txt")
    return folder


@pytest.fixture(scope="module")
def files(make_server, seeded_database, folder):
    server = make_server(seeded_database, {"server.static_dir": folder})
    try:
        server.start()
        (folder / "index.html").write_bytes(b"changed later")
        yield server
        server.stop()
    finally:
        server.kill()


@pytest.fixture
def visitor(files):
    with files.connect() as connection:
        yield connection


def get(visitor, path, status=200, method="GET", **options):
    reply = check_common(visitor.request(method, path, **options))
    assert reply.status == status
    return reply


def test_page_is_read_once_and_always_asked_for(visitor):
    reply = get(visitor, "/")
    assert reply.body == PAGE
    assert reply.field("Content-Type") == "text/html; charset=utf-8"
    assert reply.field("Cache-Control") == "no-cache"
    assert reply.field("X-Content-Type-Options") == "nosniff"
    assert get(visitor, "/?from=mail").body == PAGE


def test_a_name_with_a_hash_is_cached_for_good(visitor):
    reply = get(visitor, SCRIPT_PATH)
    assert reply.body == SCRIPT
    assert reply.field("Content-Type") == "text/javascript; charset=utf-8"
    assert reply.field("Cache-Control") == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path, media_type, length",
    [
        ("/plain.css", "text/css; charset=utf-8", 0),
        ("/a%20b.txt", "text/plain; charset=utf-8", 19),
        ("/big.png", "image/png", 1 << 20),
        ("/no-known-ending", "application/octet-stream", 1),
    ],
)
def test_types_and_lengths(visitor, path, media_type, length):
    reply = get(visitor, path)
    assert (reply.field("Content-Type"), len(reply.body)) == (media_type, length)


@pytest.mark.parametrize("path", ["/", SCRIPT_PATH, "/big.png"])
def test_head(visitor, path):
    whole = get(visitor, path)
    head = get(visitor, path, method="HEAD")
    same = [(name, value) for name, value in whole.fields if name != "Date"]
    assert [(name, value) for name, value in head.fields if name != "Date"] == same
    assert head.body == b""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_client_has_is_not_sent_again(visitor, method, form):
    tag = get(visitor, "/").field("ETag")
    reply = get(visitor, "/", 304, method, fields=[("If-None-Match", form.format(tag))])
    assert reply.body == b""
    assert reply.field("ETag") == tag
    assert reply.field("Cache-Control") == "no-cache"
    assert get(visitor, "/").body == PAGE  # on the same connection


@pytest.mark.parametrize("value", ['"0000000000000000"', "", 'W/"x"', "nonsense"])
def test_what_it_has_not_is_sent(visitor, value):
    assert get(visitor, "/", fields=[("If-None-Match", value)]).body == PAGE


def test_tags_differ_by_content(visitor):
    assert get(visitor, "/").field("ETag") != get(visitor, SCRIPT_PATH).field("ETag")


@pytest.mark.parametrize(
    "path",
    [
        "/.hidden", "/link.txt", "/index.html", "/assets", "/assets/", "/big.png/", "//", "/../secret.txt",
        "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/..%5c..%5csecret.txt",
        "/big.png%00.txt", "//etc/passwd", "/etc/passwd", "/BIG.PNG", "/reviews",
    ],
)  # fmt: skip
def test_there_is_nothing_else(visitor, path):
    check_problem(visitor.request("GET", path), 404)


def test_methods(visitor):
    assert check_done(visitor.request("OPTIONS", "/")).field("Allow") == "GET, HEAD, OPTIONS"
    reply = visitor.request("POST", "/", body=b"{}")
    check_problem(reply, 405)
    assert reply.field("Allow") == "GET, HEAD, OPTIONS"


def test_routes_go_on(visitor):
    assert visitor.request("GET", "/reviews/1/list").json()["product"] == 1


def test_replies_stay_in_order(visitor):
    visitor.send(
        b"GET /big.png HTTP/1.1\r\nHost: a\r\n\r\nGET /reviews/1/meta HTTP/1.1\r\nHost: a\r\n\r\n"
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    )
    replies = [visitor.read_reply() for _ in range(3)]
    assert len(replies[0].body) == 1 << 20
    assert replies[1].json()["product_id"] == "1"
    assert replies[2].body == PAGE


def test_off_unless_asked_for(client):
    check_problem(client.request("GET", "/"), 404)


@pytest.mark.parametrize("wrong", ["missing", "too large"])
def test_a_folder_that_cannot_be_served(binaries, seeded_database, tmp_path, wrong):
    folder = tmp_path / "static"
    if wrong == "too large":
        folder.mkdir()
        (folder / "film.webm").write_bytes(bytes((1 << 20) + 1))
    options = {"server.static_dir": folder, "server.port": 0, "admin.port": 0, "db.dsn": seeded_database.dsn()}
    done = binaries.run(options=options)
    assert done.returncode == 1
    assert "cannot read the static files" in done.stderr
    assert "server.static_dir" in done.stderr
