"""reviewd-seed load: the original's files, every kind of bad line, and what is made of the values."""

import pytest

from old_reviews import (
    ORIGINAL, ORIGINAL_CHARACTERISTICS, URL, Loader, assert_totals, moment, original_line, query, quoted, reject_lines,
    rejects, write,
)


@pytest.fixture
def loader(binaries, migrated_database, tmp_path):
    return Loader(binaries, migrated_database, tmp_path)


@pytest.fixture
def load(loader):
    return loader.load


def test_original(load, migrated_database, tmp_path):
    path = write(
        tmp_path / "reviews.csv", ORIGINAL,
        original_line(product_id="9", date="2024-01-02", body='Quote: "so", he said\nand left', summary="null"),
        original_line(product_id="2", date="2024-01-03T00:00:00+01:00", response="thanks", recommend="No", reported="YES"),
        original_line(product_id="9", date="2023-01-01", helpfulness="", email="", rating="1"),
        original_line(product_id="9", date="2023-01-01", body="the same moment", photos=f"{URL}?1 {URL}?2"))
    done = load(path)
    assert query(
        migrated_database, "SELECT product_id, review_id & 1048575, created_at AT TIME ZONE 'UTC', rating, recommend, reported, "
        "helpfulness, summary, body, response, reviewer_name, email, photos::text FROM review ORDER BY review_id") == [
        (2, 1, moment("2024-01-02 23:00"), 4, False, True, 3, "Fine", "As it should be", "thanks", "ann", "ann@example.com",
         None),
        (9, 1, moment("2023-01-01"), 1, True, False, 0, "Fine", "As it should be", None, "ann", "", None),
        (9, 2, moment("2023-01-01"), 4, True, False, 3, "Fine", "the same moment", None, "ann", "ann@example.com",
         f'[{{"url":"{URL}?1","thumbnail_url":"{URL}?1"}},{{"url":"{URL}?2","thumbnail_url":"{URL}?2"}}]'),
        (9, 3, moment("2024-01-02"), 4, True, False, 3, "", 'Quote: "so", he said\nand left', None, "ann",
         "ann@example.com", None),
    ]
    assert query(
        migrated_database, "SELECT count(*) FROM review WHERE relevance <> review_relevance(created_at, helpfulness)") == [(0,)]
    assert_totals(migrated_database)
    assert done.stderr == "" and "rejected" not in done.stdout and rejects(tmp_path) == []


@pytest.mark.parametrize(
    "date, expected",
    [
        ("2024-12-26", "2024-12-26"),
        ("2024-12-26T10:12", "2024-12-26 10:12"),
        ("2024-12-26T10:12:05.7401Z", "2024-12-26 10:12:05.740"),
        ("2024-12-26 10:12:05.74+00", "2024-12-26 10:12:05.740"),
        ("2024-12-26 10:12:05 +0130", "2024-12-26 08:42:05"),
        ("2024-12-26t10:12:05z", "2024-12-26 10:12:05"),
        ("2024-12-26 10:12:05 UTC", "2024-12-26 10:12:05"),
        ("1735207925740", "2024-12-26 10:12:05.740"),
        ("1735207925", "2024-12-26 10:12:05"),
        ("Thu Dec 26 2024 10:12:05 GMT+0000 (Coordinated Universal Time)", "2024-12-26 10:12:05"),
        ("Thu Dec 26 2024 10:12:05 GMT-0530 (somewhere)", "2024-12-26 15:42:05"),
        (" 2024-12-26 ", "2024-12-26"),
    ],
)
def test_dates(load, migrated_database, tmp_path, date, expected):
    load(write(tmp_path / "reviews.csv", ORIGINAL, original_line(date=date)))
    assert query(migrated_database, "SELECT created_at AT TIME ZONE 'UTC' FROM review") == [(moment(expected),)]


@pytest.mark.parametrize(
    "photos, expected",
    [
        ("[]", []),
        ("{}", []),
        ("null", []),
        ("\\N", []),
        (f'["{URL}"]', [(URL, URL)]),
        (f'[{{"url": "{URL}", "thumbnail_url": "{URL}?s"}}, {{"url": "{URL}?2"}}]',
         [(URL, URL + "?s"), (URL + "?2", URL + "?2")]),
        (f"{{{URL},{URL}?2}}", [(URL, URL), (URL + "?2", URL + "?2")]),
        (f'{{"{URL}?a,b","{URL}"}}', [(URL + "?a,b", URL + "?a,b"), (URL, URL)]),
        (f"{URL}; {URL}?2,{URL}?3", [(URL, URL), (URL + "?2", URL + "?2"), (URL + "?3", URL + "?3")]),
        ("HTTP://EXAMPLE.com/ü", [("HTTP://EXAMPLE.com/ü", "HTTP://EXAMPLE.com/ü")]),
    ],
)  # fmt: skip
def test_photos(load, migrated_database, tmp_path, photos, expected):
    load(write(tmp_path / "reviews.csv", ORIGINAL, original_line(photos=photos)))
    [(found,)] = query(migrated_database, "SELECT photos FROM review")
    assert [(photo["url"], photo["thumbnail_url"]) for photo in found or []] == expected
    assert (found is None) == (expected == [])


# Every way in which a line can be wrong, and the words of its reason.
BAD = [
    (original_line(product_id=""), "product_id must be a whole number from 1 to 2147483647, but it is empty"),
    (original_line(product_id="x1"), "product_id must be a whole number from 1 to 2147483647, but it is not a number"),
    (original_line(product_id="1.5"), "product_id must be a whole number from 1 to 2147483647, but it is not a whole number"),
    (original_line(product_id="0"), "product_id must be a whole number from 1 to 2147483647, but it is smaller"),
    (original_line(product_id="2147483648"), "product_id must be a whole number from 1 to 2147483647, but it is greater"),
    (original_line(product_id="9" * 30), "product_id must be a whole number from 1 to 2147483647, but it is greater"),
    (original_line(product_id="-" + "9" * 30), "product_id must be a whole number from 1 to 2147483647, but it is smaller"),
    (original_line(rating=""), "rating must be a whole number from 1 to 5, but it is empty"),
    (original_line(rating="-"), "rating must be a whole number from 1 to 5, but it is not a number"),
    (original_line(rating="five"), "rating must be a whole number from 1 to 5, but it is not a number"),
    (original_line(rating="4.5"), "rating must be a whole number from 1 to 5, but it is not a whole number"),
    (original_line(rating="0"), "rating must be a whole number from 1 to 5, but it is smaller"),
    (original_line(rating="6"), "rating must be a whole number from 1 to 5, but it is greater"),
    (original_line(recommend=""), "recommend must be true, false, t, f, 1, 0, yes or no, but it is empty"),
    (original_line(recommend="maybe"), "recommend must be true, false, t, f, 1, 0, yes or no, but it is something else"),
    (original_line(reported="2"), "reported must be true, false, t, f, 1, 0, yes, no or empty, but it is something else"),
    (original_line(helpfulness="-1"), "helpfulness must be a whole number from 0 to 2147483647, but it is smaller"),
    (original_line(helpfulness="2.0"), "helpfulness must be a whole number from 0 to 2147483647, but it is not a whole number"),
    (original_line(helpfulness="2147483648"), "helpfulness must be a whole number from 0 to 2147483647, but it is greater"),
    (original_line(summary="ü" * 151), "summary has 151 characters; at most 150 are allowed"),
    (original_line(summary=b"a\0b"), "summary must not contain the character U+0000"),
    (original_line(summary=b"\xff"), "summary is not valid UTF-8"),
    (original_line(body=""), "body is empty; it must have 1 to 2000 characters"),
    (original_line(body="x" * 2001), "body has 2001 characters; at most 2000 are allowed"),
    (original_line(body="  \u3000"), "body must not be only white space"),
    (original_line(body=b"\xc3("), "body is not valid UTF-8"),
    (original_line(body=b"\xed\xa0\x80"), "body is not valid UTF-8"),
    (original_line(body=b"\0"), "body must not contain the character U+0000"),
    (original_line(response="y" * 2001), "response has 2001 characters; at most 2000 are allowed"),
    (original_line(response=b"\xfe"), "response is not valid UTF-8"),
    (original_line(reviewer_name=""), "reviewer_name is empty; it must have 1 to 100 characters"),
    (original_line(reviewer_name="n" * 101), "reviewer_name has 101 characters; at most 100 are allowed"),
    (original_line(reviewer_name="a\tb"), "reviewer_name must not contain control characters"),
    (original_line(reviewer_name="\u00a0"), "reviewer_name must not be only white space"),
    (original_line(email="ann"), "email must have exactly one @, with something before and after it"),
    (original_line(email="a@b@c.example"), "email must have exactly one @, with something before and after it"),
    (original_line(email="a b@c.example"), "email must not contain white space or control characters"),
    (original_line(email="a" * 250 + "@b.example"), "email has 260 characters; at most 254 are allowed"),
    (original_line(photos="not-a-url"), "photos are wrong: URL 1 must be an http or https URL with a host"),
    (original_line(photos=f"{URL},ftp://x.example/"), "photos are wrong: URL 2 must be an http or https URL with a host"),
    (original_line(photos=f"{URL} " * 6), "photos are too many: at most 5 are allowed"),
    (original_line(photos=URL + "x" * 2048), "photos are wrong: URL 1 must have at most 2048 characters"),
    (original_line(photos='["' + URL), "photos begin like a JSON array, but are none"),
    (original_line(photos="[1]"), 'photos are wrong: number 1 must be a URL or an object with "url"'),
    (original_line(photos=f'["{URL}", {{"url": null}}]'), 'photos are wrong: number 2 must be a URL or an object with "url"'),
    (original_line(photos=f'[{{"url": "{URL}", "thumbnail_url": 1}}]'),
     'photos are wrong: "thumbnail_url" of number 1 must be a URL'),
    (original_line(photos=f'["{URL}<"]'),
     "photos are wrong: URL 1 must have quotes, angle brackets and backslashes percent-encoded"),
    (original_line(photos=b"[\xff]"), "photos are not valid UTF-8"),
    (original_line(date=""), "date must be a date such as 2024-12-26 or 2024-12-26T10:12:05Z, or milliseconds or seconds since "
     "1970, but it is empty"),
    (original_line(date="2024-02-30"), "date must be a date such as 2024-12-26 or 2024-12-26T10:12:05Z, or milliseconds or "
     "seconds since 1970, but it is no such date"),
    (original_line(date="yesterday"), "but it is no such date"),
    (original_line(date="2024-12-26T25:00"), "but it is no such date"),
    (original_line(date="12345678901234567890"), "but it is no such date"),
    (original_line(date="1989-12-31T23:59:59Z"), "date must not be before 1990"),
    (original_line(date="0"), "date must not be before 1990"),
    (original_line(date="2999-01-01"), "date must not lie more than 24 hours in the future"),
    (original_line() + b",more", "the line has 13 columns; 12 are expected"),
    (b"1,2,3", "the line has 3 columns; 12 are expected"),
    (b"nothing", "the line has 1 column; 12 are expected"),
    (original_line() + b" ", "a closing quote must be followed by a comma or the end of the line"),
    (original_line(body=b'say "hi"').replace(b'say "hi"', b'"say "hi""'), "a closing quote must be followed by a comma"),
    (original_line(summary=b"a\rb"), "a carriage return stands alone outside quotes"),
    (b"," * 64, "the line has more than 64 columns"),
]  # fmt: skip


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_bad_lines_of_the_original(load, migrated_database, tmp_path, end):
    good = original_line(body="two\nlines")
    lines = [line for bad, _ in BAD for line in (good, bad)]
    path = write(tmp_path / "reviews.csv", ORIGINAL, *lines, end=end)
    done = load(path)
    found = rejects(tmp_path)
    assert len(BAD) >= 40 and len({reason for _, _, reason, _ in found}) >= 40
    assert len(found) == len(BAD)
    line = 2
    for (bad, reason), (name, number, said, text) in zip(BAD, found):
        assert (name, number, text.encode("latin-1")) == ("reviews.csv", line + 2, bad)
        assert reason in said
        # A reason is a sentence, and repeats nothing of the line.
        assert "@" not in said.replace("exactly one @", "")
        line += 3
    assert query(migrated_database, "SELECT count(*) FROM review") == [(len(BAD),)]
    assert f"reviews.csv: {len(BAD)} of {2 * len(BAD)} lines rejected" in done.stdout
    assert "the rejected lines and the reasons are in reviewd-rejects.csv" in done.stdout
    assert done.stderr.count("reviewd-seed: ") == 3 and "reviews.csv, line 4: product_id must be" in done.stderr
    assert "example.com" not in done.stderr


@pytest.mark.parametrize(
    "content, loaded, bad_lines",
    [
        # One line, in many ways.
        (original_line(), 1, []),
        (original_line() + b"\n\n\r\n\n", 1, []),
        (b"\n\n" + original_line() + b"\r\n" + original_line() + b"\r", 2, []),
        (original_line(body="a\r\nb\rc\nd"), 1, []),
        (original_line(body='""'), 1, []),
        (original_line().replace(b'"', b""), 1, []),
        # An open quote costs one line: the next line's first quote closes it, and is followed by a text.
        (original_line() + b'\n1,2,"open\n' + original_line(summary="x") + b"\n" + original_line(), 3, [3]),
        # An open quote at the end of the file.
        (original_line() + b"\n" + original_line()[:-1], 1, [3]),
        # One that is never closed, with many lines behind it.
        (b'1,2,"open\n' + (original_line().replace(b'"', b"") + b"\n") * 20000, 20000, [2]),
        # A line that is too long for any review, and one that is only too long for its body.
        (original_line() + b"\n" + b"x" * 3000000 + b"\n" + original_line(), 2, [3]),
        (original_line() + b"\n" + original_line(body="y" * 1000000) + b"\n" + original_line(), 2, [3]),
    ],
    ids=["no last end", "empty lines", "empty first lines", "newlines in quotes", "quotes", "no quotes", "open quote",
         "open quote at the end", "open quote before many lines", "too long a line", "too long a body"],
)
def test_lines_end_and_quotes_close(load, migrated_database, tmp_path, content, loaded, bad_lines):
    path = tmp_path / "reviews.csv"
    path.write_bytes(b"\xef\xbb\xbf" + ORIGINAL.encode() + b"\n" + content)
    load(path)
    assert query(migrated_database, "SELECT count(*) FROM review") == [(loaded,)]
    assert reject_lines(tmp_path) == [("reviews.csv", line) for line in bad_lines]


def test_overlong_line_is_told_to_be_cut(load, tmp_path):
    load(write(tmp_path / "reviews.csv", ORIGINAL, original_line(), b"x" * 3000000))
    [(_, line, reason, text)] = rejects(tmp_path)
    assert line == 3 and len(text) == 1048576
    assert reason == "the line is longer than 1048576 bytes; only its beginning is shown"


@pytest.mark.parametrize(
    "header", [ORIGINAL.upper(), ",".join(quoted(name) for name in ORIGINAL.split(",")), ORIGINAL.replace(",", " , "),
               "\n\r\n" + ORIGINAL])
def test_header_may_be_written_otherwise(load, migrated_database, tmp_path, header):
    load(write(tmp_path / "reviews.csv", header, original_line()))
    assert query(migrated_database, "SELECT count(*) FROM review") == [(1,)]


def test_characteristics_of_the_original(load, migrated_database, tmp_path):
    write(
        tmp_path / "a_reviews.csv", ORIGINAL,
        original_line(product_id="1", date="2024-01-02", body="first in the file"),
        original_line(product_id="1", rating="9"),
        original_line(product_id="1", date="2024-01-01", body="third in the file"),
        original_line(product_id="2"))
    write(
        tmp_path / "b_values.csv", ORIGINAL_CHARACTERISTICS, "1,1,2,3,4,5,1", "2,3.75,3.25,0,,5.0,NULL", "1,5,5,5,5,5,5",
        "1,5,5,5,5,5,4", "1,1,1,1,1,1,1", "3,1,1,1,1,1,1", "2,6,1,1,1,1,1", "2,0.5,1,1,1,1,1", "2,5.01,1,1,1,1,1", "2,a,1,1,1,1,1",
        "2,1,1,1,1,1")
    done = load(tmp_path / "a_reviews.csv", tmp_path / "b_values.csv")
    packed = [sum(value << 3 * i for i, value in enumerate(values)) for values in
              ((5, 5, 5, 5, 5, 4), (1, 2, 3, 4, 5, 1), (4, 3, 0, 0, 5, 0))]
    assert query(migrated_database, "SELECT body, characteristics FROM review ORDER BY review_id") == [
        ("third in the file", packed[0]), ("first in the file", packed[1]), ("As it should be", packed[2])]
    assert_totals(migrated_database)
    assert "1 line has ratings such as 3.75, which were rounded" in done.stdout
    number = "must be a number from 1 to 5, or 0 or empty for none, but it is something else"
    assert sorted(rejects(tmp_path)) == [
        ("a_reviews.csv", 3, "rating must be a whole number from 1 to 5, but it is greater",
         original_line(product_id="1", rating="9").decode()),
        ("b_values.csv", 4, f"the line rates the review on line 3 of {tmp_path}/a_reviews.csv, which is rejected",
         "1,5,5,5,5,5,5"),
        ("b_values.csv", 6, "the line is number 4 of product 1, which has fewer reviews", "1,1,1,1,1,1,1"),
        ("b_values.csv", 7, "the line is number 1 of product 3, which has fewer reviews", "3,1,1,1,1,1,1"),
        ("b_values.csv", 8, f"fit {number}", "2,6,1,1,1,1,1"),
        ("b_values.csv", 9, f"fit {number}", "2,0.5,1,1,1,1,1"),
        ("b_values.csv", 10, f"fit {number}", "2,5.01,1,1,1,1,1"),
        ("b_values.csv", 11, f"fit {number}", "2,a,1,1,1,1,1"),
        ("b_values.csv", 12, "the line has 6 columns; 7 are expected", "2,1,1,1,1,1"),
    ]


def test_meta_after_the_move(load, empty_database, start_server, tmp_path):
    write(tmp_path / "reviews.csv", ORIGINAL,
          original_line(product_id="71697", rating="5", recommend="1"), original_line(product_id="71697", rating="2", recommend="0"))
    write(tmp_path / "values.csv", ORIGINAL_CHARACTERISTICS, "71697,3,4,,2,5,0")
    load(tmp_path)
    server = start_server(empty_database)
    with server.connect() as client:
        meta = client.request("GET", "/reviews/71697/meta").json()
        assert meta == {
            "product_id": "71697", "ratings": {"1": 0, "2": 1, "3": 0, "4": 0, "5": 1}, "recommended": {"0": 1, "1": 1},
            "characteristics": {
                "Fit": {"id": 0, "value": "3.0000"}, "Length": {"id": 1, "value": "4.0000"},
                "Quality": {"id": 3, "value": "2.0000"}, "Width": {"id": 4, "value": "5.0000"}}}  # fmt: skip
        assert client.request("GET", "/reviews/71697/list").json()["results"][0]["reviewer_name"] == "ann"
