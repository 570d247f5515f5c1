"""reviewd-seed load: the four files of the Atelier data, and what only shows across them."""

import pytest

from old_reviews import (
    ATELIER, ATELIER_CHARACTERISTICS, ATELIER_PHOTOS, ATELIER_RATINGS, URL, Loader, assert_totals, atelier_line, moment,
    query, rejects, write,
)


@pytest.fixture
def loader(binaries, migrated_database, tmp_path):
    return Loader(binaries, migrated_database, tmp_path)


@pytest.fixture
def load(loader):
    return loader.load


def test_atelier(load, migrated_database, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "reviews.csv", ATELIER, atelier_line(1), atelier_line(2, 2, reported="true"), atelier_line(1),
          atelier_line(4, date="2021-01-09"), atelier_line(5, rating="x"))
    # Split files belong together.
    write(folder / "reviews_2.csv", ATELIER, atelier_line(6, 2), atelier_line(2))
    write(folder / "characteristics.csv", ATELIER_CHARACTERISTICS, '1,1,"Fit"', "2,1,size", "3,2,Comfort", "3,2,Width", "4,2,Colour",
          "5,0,Fit", "6,2,")
    write(folder / "characteristic_reviews.csv", ATELIER_RATINGS, "1,1,1,5", "2,2,1,4", "3,3,2,1", "4,3,1,2", "5,1,4,3", "6,1,4,2",
          "7,9,1,1", "8,1,5,1", "9,1,99,1", "10,4,2,1", "11,1,1,6", "12,3,6,2")
    write(folder / "reviews_photos.csv", ATELIER_PHOTOS, *(f'{i},1,"{URL}?{i}"' for i in range(1, 7)), f"7,99,{URL}", "8,1,nope",
          f"9,2,{URL}", f"10,5,{URL}")
    done = load(folder)
    rows = query(migrated_database, "SELECT review_id, created_at AT TIME ZONE 'UTC', characteristics, body, reported, helpfulness, "
                 "response, json_array_length(photos), photos->0->>'url' FROM review ORDER BY review_id")
    then = moment("2021-01-09 07:47:13.963")
    assert rows == [
        ((1 << 20) + 1, moment("2021-01-09"), 3, "Body of 4", False, 7, None, None, None),
        ((1 << 20) + 2, then, 5 | 4 << 15, "Body of 1", False, 7, None, 5, f"{URL}?1"),
        ((2 << 20) + 1, then, 1 << 6, "Body of 2", True, 7, None, 1, URL),
        ((2 << 20) + 2, then, 2 << 6, "Body of 6", False, 7, None, None, None),
    ]
    assert_totals(migrated_database)
    name = "name must be Fit, Length, Comfort, Quality, Width or Size, but it is "
    assert sorted((name, line, reason) for name, line, reason, _ in rejects(tmp_path)) == sorted([
        ("reviews.csv", 4, f"id is also that of the review on line 2 of {folder}/reviews.csv"),
        ("reviews.csv", 6, "rating must be a whole number from 1 to 5, but it is not a number"),
        ("reviews_2.csv", 3, f"id is also that of the review on line 3 of {folder}/reviews.csv"),
        ("characteristics.csv", 5, f"id is also that of the characteristic on line 4 of {folder}/characteristics.csv"),
        ("characteristics.csv", 6, name + "something else"),
        ("characteristics.csv", 7, "product_id must be a whole number from 1 to 2147483647, but it is smaller"),
        ("characteristics.csv", 8, name + "empty"),
        ("characteristic_reviews.csv", 5, "characteristic_id names a characteristic of another product than that of the review"),
        ("characteristic_reviews.csv", 7,
         f"review_id and characteristic_id are also those of the rating on line 6 of {folder}/characteristic_reviews.csv"),
        ("characteristic_reviews.csv", 8, "characteristic_id names no characteristic that is loaded"),
        ("characteristic_reviews.csv", 9, "review_id names no review that is loaded"),
        ("characteristic_reviews.csv", 10, "review_id names no review that is loaded"),
        ("characteristic_reviews.csv", 11, "characteristic_id names no characteristic that is loaded"),
        ("characteristic_reviews.csv", 12, "value must be a whole number from 1 to 5, but it is greater"),
        ("reviews_photos.csv", 7, "review_id is that of a review with more than 5 photos: the first 5 are loaded"),
        ("reviews_photos.csv", 8, "review_id names no review that is loaded"),
        ("reviews_photos.csv", 9, "url must be an http or https URL with a host"),
        ("reviews_photos.csv", 11, "review_id names no review that is loaded"),
    ])
    # Also of what shows late, the text is the line itself.
    texts = {(name, line): text for name, line, _, text in rejects(tmp_path)}
    assert texts["reviews_photos.csv", 7] == f'6,1,"{URL}?6"' and texts["reviews.csv", 4] == atelier_line(1)
    assert "characteristic_reviews.csv: 7 of 12 lines rejected" in done.stdout
    assert "bob@example.com" not in done.stdout + done.stderr


def test_atelier_reviews_alone(load, migrated_database, tmp_path):
    load(write(tmp_path / "reviews.csv", ATELIER, *(atelier_line(i, 1 + i % 50) for i in range(1, 1001))),
         "--segment-records", 100)
    assert query(migrated_database, "SELECT count(*), count(DISTINCT tableoid) FROM review") == [(1000, 10)]
    assert query(migrated_database, "SELECT min(next_n), max(next_n), count(*) FROM product_meta") == [(20, 20, 50)]
    assert_totals(migrated_database)


def test_a_product_has_no_more_reviews_than_ids(load, migrated_database, tmp_path):
    with open(tmp_path / "reviews.csv", "wb") as file:
        file.write(ATELIER.encode() + b"\n")
        for i in range(1, 1048575 + 4):
            # The second line is the youngest, so that one is left out.
            date = 1700000000 if i == 1 else 1600000000
            file.write(b"%d,3,5,%d,,b,t,,n,,,\n" % (i, date))
        file.write(b"9999999,4,5,1600000000,,b,t,,n,,,\n")
    load(tmp_path / "reviews.csv")
    assert query(migrated_database, "SELECT product_id, next_n FROM product_meta ORDER BY 1") == [(3, 1048575), (4, 1)]
    reason = ("product_id is that of a product with more reviews than can be kept: the first 1048575 by date are")
    assert [(line, said) for _, line, said, _ in rejects(tmp_path)] == [
        (2, reason), (1048578, reason), (1048579, reason)]
