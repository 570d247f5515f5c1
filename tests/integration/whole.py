"""What holds for every database that is in order, whatever was done to it."""


def segments(database):
    """(leaf, first product, end product), in order."""
    return database.rows("SELECT leaf, first_product, end_product FROM segment ORDER BY first_product")


def assert_whole(database):
    """The segments cover all products, have their indexes, and are logged; the totals equal a recount; nothing is left over."""
    bounds = segments(database)
    assert bounds[0][1] == 1 and bounds[-1][2] == 2**31
    assert all(left[2] == right[1] for left, right in zip(bounds, bounds[1:]))
    for leaf, _, _ in bounds:
        indexes = database.rows(
            "SELECT count(*), bool_and(indisvalid), bool_and(relispartition) FROM pg_index "
            "JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = %s::regclass", (leaf,))
        assert indexes == [(4, True, True)]
        assert database.value("SELECT relpersistence FROM pg_class WHERE oid = %s::regclass", (leaf,)) == "p"
    assert database.rows(
        "(TABLE product_meta EXCEPT SELECT * FROM product_meta_recount(1, 2147483647)) UNION ALL "
        "(SELECT * FROM product_meta_recount(1, 2147483647) EXCEPT TABLE product_meta)") == []
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname IN ('review_seed', 'review_split')") == 0
    assert database.value("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname <> 'review_changed'") == 0
    assert database.value("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'leaf\\_%%'") == 0


def assert_loaded(database, records, segment_count):
    """So many reviews in so many segments and an empty one ahead, with statistics and visibility maps."""
    assert_whole(database)
    assert database.value("SELECT count(*) FROM review") == records
    bounds = segments(database)
    assert len(bounds) == segment_count + 1
    assert database.value(f"SELECT count(*) FROM {bounds[-1][0]}") == 0
    for leaf, _, _ in bounds[:-1]:
        assert database.rows(
            "SELECT relpages > 0, relallvisible = relpages FROM pg_class WHERE oid = %s::regclass", (leaf,)
        ) == [(True, True)]
        assert database.value("SELECT count(*) > 5 FROM pg_stats WHERE tablename = %s", (leaf,))
    assert database.value("SELECT count(*) > 5 FROM pg_stats WHERE tablename = 'product_meta'")
