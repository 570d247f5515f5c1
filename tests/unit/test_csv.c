// csv.c: the same records however a file is cut into pieces, and a line that is no record costs only itself.
#include "seed/csv.h"

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#include <stdio.h>

enum {
    SEEN_ROOM = 1 << 16
};

// What a file gave, as text: "LINE|field|field\n", or "LINE!raw\n" for a fault.
struct seen {
    char text[SEEN_ROOM];
    size_t length;
    uint32_t records;
    uint32_t faults;
};

static void put(struct seen *seen, struct view bytes) {
    CU_ASSERT_FATAL(seen->length + bytes.length < SEEN_ROOM);
    memcpy(seen->text + seen->length, bytes.data, bytes.length);
    seen->length += bytes.length;
}

static void see(struct seen *seen, const struct csv_record *record) {
    char number[32];
    snprintf(number, sizeof number, "%u%s", (unsigned)record->line, record->fault == NULL ? "" : "!");
    put(seen, view_of(number));
    if (record->fault != NULL) {
        put(seen, record->raw);
        seen->faults++;
    }
    for (uint32_t i = 0; record->fault == NULL && i < record->field_count; i++) {
        put(seen, VIEW("|"));
        put(seen, record->fields[i]);
    }
    put(seen, VIEW("\n"));
    seen->records++;
}

static void drain(struct csv_reader *reader, struct seen *seen) {
    struct csv_record record;
    while (csv_next(reader, &record)) {
        see(seen, &record);
    }
}

static void feed(struct csv_reader *reader, struct view bytes) {
    size_t room = 0;
    char *at = csv_room(reader, &room);
    CU_ASSERT_FATAL(room >= bytes.length && room >= CSV_CHUNK);
    memcpy(at, bytes.data, bytes.length);
    csv_came(reader, bytes.length);
}

// Reads the file in two pieces, or in pieces of `piece` bytes when `cut` is beyond its end.
static void read_cut(struct csv_reader *reader, struct view file, size_t cut, size_t piece, struct seen *seen) {
    *seen = (struct seen){.length = 0};
    csv_start(reader);
    for (size_t at = 0; at < file.length;) {
        size_t length = cut <= file.length ? (at < cut ? cut : file.length - cut) : piece;
        length = length > file.length - at ? file.length - at : length;
        feed(reader, (struct view){file.data + at, length});
        drain(reader, seen);
        at += length == 0 ? 1 : length;
    }
    csv_end(reader);
    drain(reader, seen);
}

static bool same(const struct seen *left, const struct seen *right) {
    return view_equal((struct view){left->text, left->length}, (struct view){right->text, right->length});
}

// Compares every cut into two pieces, and every size of pieces, with the expected records.
static void expect(struct view file, const char *expected) {
    struct csv_reader *reader = malloc(sizeof *reader);
    static struct seen seen;
    unsigned wrong = 0;
    for (size_t piece = 1; piece <= file.length + 1; piece++) {
        read_cut(reader, file, SIZE_MAX, piece, &seen);
        wrong += !view_equal((struct view){seen.text, seen.length}, view_of(expected));
    }
    for (size_t cut = 1; cut < file.length; cut++) {
        read_cut(reader, file, cut, 0, &seen);
        wrong += !view_equal((struct view){seen.text, seen.length}, view_of(expected));
    }
    if (wrong > 0) {
        printf("\nexpected:\n%s\ngot:\n%.*s\n", expected, (int)seen.length, seen.text);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(reader);
}

static void test_plain(void) {
    expect(VIEW("a,b,c\n1,2,3\n"), "1|a|b|c\n2|1|2|3\n");
    expect(VIEW("a,b\r\n1,2\r\n"), "1|a|b\n2|1|2\n");
    expect(VIEW("a,b"), "1|a|b\n");
    expect(VIEW("a,b\r"), "1|a|b\n");
    expect(VIEW(",\n,"), "1||\n2||\n");
    expect(VIEW("a\n1\n"), "1|a\n2|1\n");
    expect(VIEW(""), "");
}

static void test_quotes(void) {
    expect(VIEW("\"a\",\"b\"\n"), "1|a|b\n");
    expect(VIEW("\"a\"\"b\",\"\"\"\",\"\"\n"), "1|a\"b|\"|\n");
    expect(VIEW("\"a\nb\",c\nd,e\n"), "1|a\nb|c\n3|d|e\n");
    expect(VIEW("\"a\r\nb\r\",c\r\nd,e\r\n"), "1|a\r\nb\r|c\n3|d|e\n");
    expect(VIEW("\"a,b\",c"), "1|a,b|c\n");
    // In the middle of a field a quote is a character.
    expect(VIEW("5\" tall,a\"b\"\nc,d\n"), "1|5\" tall|a\"b\"\n2|c|d\n");
}

static void test_empty_lines_and_mark(void) {
    expect(VIEW("\n\r\na,b\n\n\r\nc,d\n\n"), "3|a|b\n6|c|d\n");
    expect(VIEW("\xEF\xBB\xBF"
                "a,b\n"),
        "1|a|b\n");
    expect(VIEW("\xEF\xBB\xBF\"a\",b\n"), "1|a|b\n");
    expect(VIEW("\xEF\xBB"), "1|\xEF\xBB\n");
    // Only at the beginning.
    expect(VIEW("a\n\xEF\xBB\xBF"
                "b\n"),
        "1|a\n2|\xEF\xBB\xBF"
        "b\n");
    expect(VIEW("\xEF\xBB\xBF"), "");
}

static void test_faults_cost_their_line(void) {
    expect(VIEW("a,b\n1,\"x\" y\n2,z\n"), "1|a|b\n2!1,\"x\" y\n3|2|z\n");
    // An open quote ends with the next quote, which is followed by text; the lines behind it are read.
    expect(VIEW("1,\"open\n2,\"good\"\n3,z\n"), "1!1,\"open\n2|2|good\n3|3|z\n");
    expect(VIEW("1,\"open\n2,good\n"), "1!1,\"open\n2|2|good\n");
    expect(VIEW("1,\"open"), "1!1,\"open\n");
    expect(VIEW("1,\"open\"\""), "1!1,\"open\"\"\n");
    expect(VIEW("1,a\rb\n2,c\n"), "1!1,a\rb\n2|2|c\n");
    expect(VIEW("1,\"a\"\rb\r\n2,c\n"), "1!1,\"a\"\rb\n2|2|c\n");
    expect(VIEW("1,2\r3,4\r"), "1!1,2\r3,4\n");
}

static void test_too_many_columns(void) {
    char file[CSV_FIELDS_MAX * 2 + 8];
    char expected[CSV_FIELDS_MAX * 2 + 16] = "1!";
    memset(file, ',', CSV_FIELDS_MAX);
    memcpy(file + CSV_FIELDS_MAX, "\na,b\n", 6);
    memset(expected + 2, ',', CSV_FIELDS_MAX);
    memcpy(expected + 2 + CSV_FIELDS_MAX, "\n2|a|b\n", 8);
    expect(view_of(file), expected);
    file[CSV_FIELDS_MAX - 1] = 'x';
    memset(expected + 2, '|', CSV_FIELDS_MAX);
    memcpy(expected, "1", 1);
    expected[1] = '|';
    memcpy(expected + 1 + CSV_FIELDS_MAX, "x\n2|a|b\n", 9);
    expect(view_of(file), expected);
}

// A line of so many bytes before one that is good: `quoted` is one text that spans lines of 100 bytes.
static void check_long(size_t length, bool quoted, size_t piece, bool is_record) {
    struct csv_reader *reader = malloc(sizeof *reader);
    char *file = malloc(length + 16);
    memset(file, 'x', length);
    for (size_t i = 100; quoted && i + 2 < length; i += 100) {
        file[i] = '\n';
    }
    if (quoted) {
        file[0] = '"';
        file[length - 1] = '"';
    }
    memcpy(file + length, "\r\na,b\r\n", 8);
    csv_start(reader);
    struct csv_record record;
    uint64_t records = 0;
    uint64_t faults = 0;
    uint64_t good = 0;
    size_t first = 0;
    for (size_t at = 0; at < length + 7; at += piece) {
        feed(reader, (struct view){file + at, piece < length + 7 - at ? piece : length + 7 - at});
        while (csv_next(reader, &record)) {
            first = records++ == 0 ? record.raw.length : first;
            faults += record.fault != NULL;
            good += record.fault == NULL && record.field_count == 2;
        }
    }
    CU_ASSERT_EQUAL(good, 1);
    CU_ASSERT_EQUAL(faults > 0, !is_record);
    CU_ASSERT_EQUAL(first, is_record ? length : quoted ? 100U : (size_t)CSV_RECORD_MAX);
    free(file);
    free(reader);
}

static void test_length_limit(void) {
    for (size_t piece = CSV_CHUNK - 1; piece <= CSV_CHUNK; piece++) {
        for (size_t extra = 0; extra < 8; extra++) {
            check_long(CSV_RECORD_MAX + extra, false, piece, extra == 0);
            check_long(CSV_RECORD_MAX + extra, true, piece, extra == 0);
        }
        check_long((size_t)3 * CSV_RECORD_MAX, false, piece, false);
    }
}

// Random files of the bytes that matter: every cut gives what the whole gives, and the raw texts are the file.
static void test_random_files(void) {
    static const char BYTES[] = {'a', ',', '"', '\n', '\r', '"', ',', '\n'};
    static struct seen whole;
    static struct seen cut;
    struct csv_reader *reader = malloc(sizeof *reader);
    uint64_t random = 5;
    unsigned wrong = 0;
    uint32_t records = 0;
    uint32_t faults = 0;
    for (int round = 0; round < 20000; round++) {
        char file[24];
        size_t length = random_below(&random, sizeof file + 1);
        for (size_t i = 0; i < length; i++) {
            file[i] = BYTES[random_below(&random, sizeof BYTES)];
        }
        struct view bytes = {file, length};
        read_cut(reader, bytes, SIZE_MAX, sizeof file, &whole);
        records += whole.records;
        faults += whole.faults;
        for (size_t at = 1; at < length; at++) {
            read_cut(reader, bytes, at, 0, &cut);
            wrong += !same(&whole, &cut);
        }
        read_cut(reader, bytes, SIZE_MAX, 1, &cut);
        wrong += !same(&whole, &cut);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(faults > 1000 && records > 2 * faults);
    free(reader);
}

int main(void) {
    CU_TestInfo tests[] = {
        {"plain records", test_plain},
        {"quotes", test_quotes},
        {"empty lines and the byte order mark", test_empty_lines_and_mark},
        {"a fault costs its line", test_faults_cost_their_line},
        {"too many columns", test_too_many_columns},
        {"the limit of a record's length", test_length_limit},
        {"random files", test_random_files},
        CU_TEST_INFO_NULL,
    };
    return unit_run("csv", tests);
}
