// Reads CSV.
//
// A record is parsed anew from its beginning whenever more bytes have come: there is no state between pieces, and only the
// last record of a piece is parsed twice. What is looked at is limited, so that the result does not depend on the pieces.
#include "seed/csv.h"

enum {
    // A record of the greatest length, the end of its line, and one byte to see that a longer one is longer.
    LOOK_MAX = CSV_RECORD_MAX + 3
};

enum outcome {
    OUTCOME_RECORD,
    OUTCOME_MORE,
    OUTCOME_FAULT
};

// A record that is being parsed.
struct parse {
    struct csv_reader *reader;
    const char *start;
    const char *at;
    const char *end;
    // Whether nothing comes behind `end`.
    bool ended;
    char *unescaped;
    uint32_t field_count;
    // Ends of lines within the record.
    uint64_t inner_lines;
    const char *record_end;
    const char *fault;
};

static const char TOO_LONG[] = "the line is longer than 1048576 bytes; only its beginning is shown";
static const char RECORD_TOO_LONG[] = "a quote on this line is not closed within 1048576 bytes";
static const char OPEN_QUOTE[] = "a quote on this line is not closed before the end of the file";
static const char AFTER_QUOTE[] =
    "a closing quote must be followed by a comma or the end of the line; quotes within a text are doubled";
static const char LONE_RETURN[] = "a carriage return stands alone outside quotes; lines end with LF or CRLF";
static const char TOO_MANY[] = "the line has more than 64 columns";

void csv_start(struct csv_reader *reader) {
    reader->line = 1;
    reader->begin = 0;
    reader->end = 0;
    reader->ended = false;
    reader->at_start = true;
    reader->skipping = false;
}

char *csv_room(struct csv_reader *reader, size_t *room) {
    memmove(reader->bytes, reader->bytes + reader->begin, reader->end - reader->begin);
    reader->end -= reader->begin;
    reader->begin = 0;
    *room = CSV_CAPACITY - reader->end;
    return reader->bytes + reader->end;
}

void csv_came(struct csv_reader *reader, size_t length) {
    reader->end += length;
}

void csv_end(struct csv_reader *reader) {
    reader->ended = true;
}

static enum outcome fail(struct parse *parse, const char *fault) {
    parse->fault = fault;
    return OUTCOME_FAULT;
}

static uint64_t count_lines(const char *at, const char *end) {
    uint64_t lines = 0;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        lines++;
        at++;
    }
    return lines;
}

// Copies the inside of a quoted field with one quote for two.
static struct view unescape(struct parse *parse, const char *at, const char *end) {
    char *start = parse->unescaped;
    char *out = start;
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        size_t length = (size_t)((quote == NULL ? end : quote + 1) - at);
        memcpy(out, at, length);
        out += length;
        at += length + (quote == NULL ? 0 : 1);
    }
    parse->unescaped = out;
    return (struct view){start, (size_t)(out - start)};
}

static enum outcome parse_quoted(struct parse *parse, struct view *field) {
    const char *start = ++parse->at;
    bool doubled = false;
    for (;;) {
        const char *quote = parse->at < parse->end ? memchr(parse->at, '"', (size_t)(parse->end - parse->at)) : NULL;
        if (quote == NULL || (quote + 1 == parse->end && !parse->ended)) {
            return parse->ended ? fail(parse, OPEN_QUOTE) : OUTCOME_MORE;
        }
        parse->at = quote + 1;
        if (parse->at == parse->end || *parse->at != '"') {
            parse->inner_lines += count_lines(start, quote);
            *field = doubled ? unescape(parse, start, quote) : (struct view){start, (size_t)(quote - start)};
            return OUTCOME_RECORD;
        }
        doubled = true;
        parse->at++;
    }
}

static enum outcome parse_plain(struct parse *parse, struct view *field) {
    const char *start = parse->at;
    const char *at = start;
    while (at < parse->end && *at != ',' && *at != '\n' && *at != '\r') {
        at++;
    }
    parse->at = at;
    *field = (struct view){start, (size_t)(at - start)};
    return OUTCOME_RECORD;
}

// Steps over what follows a field: sets `last` unless it is a comma.
static enum outcome parse_separator(struct parse *parse, bool quoted, bool *last) {
    *last = true;
    parse->record_end = parse->at;
    if (parse->at == parse->end) {
        return parse->ended ? OUTCOME_RECORD : OUTCOME_MORE;
    }
    switch (*parse->at++) {
    case ',': *last = false; return OUTCOME_RECORD;
    case '\n': return OUTCOME_RECORD;
    case '\r': break;
    default: return fail(parse, AFTER_QUOTE);
    }
    if (parse->at == parse->end) {
        return parse->ended ? OUTCOME_RECORD : OUTCOME_MORE;
    }
    if (*parse->at != '\n') {
        return fail(parse, quoted ? AFTER_QUOTE : LONE_RETURN);
    }
    parse->at++;
    return OUTCOME_RECORD;
}

static enum outcome parse_record(struct parse *parse) {
    for (bool last = false; !last;) {
        if (parse->field_count == CSV_FIELDS_MAX) {
            return fail(parse, TOO_MANY);
        }
        bool quoted = parse->at < parse->end && *parse->at == '"';
        struct view *field = &parse->reader->fields[parse->field_count++];
        enum outcome outcome = quoted ? parse_quoted(parse, field) : parse_plain(parse, field);
        if (outcome == OUTCOME_RECORD) {
            outcome = parse_separator(parse, quoted, &last);
        }
        if (outcome != OUTCOME_RECORD) {
            return outcome;
        }
    }
    return OUTCOME_RECORD;
}

// Passes over what is left of a line that was too long. False when its end is still to come.
static bool skip_rest(struct csv_reader *reader) {
    const char *start = reader->bytes + reader->begin;
    size_t length = reader->end - reader->begin;
    const char *end = length == 0 ? NULL : memchr(start, '\n', length);
    reader->begin = end == NULL ? reader->end : (size_t)(end + 1 - reader->bytes);
    if (end != NULL) {
        reader->skipping = false;
        reader->line++;
    }
    return end != NULL;
}

static bool skip_mark(struct csv_reader *reader) {
    static const char MARK[] = {'\xEF', '\xBB', '\xBF'};
    size_t length = reader->end - reader->begin;
    size_t compared = length < sizeof MARK ? length : sizeof MARK;
    if (memcmp(reader->bytes + reader->begin, MARK, compared) == 0 && compared < sizeof MARK && !reader->ended) {
        return false;
    }
    reader->at_start = false;
    if (length >= sizeof MARK && memcmp(reader->bytes + reader->begin, MARK, sizeof MARK) == 0) {
        reader->begin += sizeof MARK;
    }
    return true;
}

// Passes over empty lines. False when it cannot be seen yet whether the next one is empty.
static bool skip_empty(struct csv_reader *reader) {
    while (reader->begin < reader->end) {
        const char *at = reader->bytes + reader->begin;
        size_t length = reader->end - reader->begin;
        if (at[0] == '\r' && length == 1) {
            // An ended file may end with it.
            reader->begin += reader->ended ? 1 : 0;
            return false;
        }
        if (at[0] != '\n' && (at[0] != '\r' || at[1] != '\n')) {
            return true;
        }
        reader->begin += at[0] == '\n' ? 1 : 2;
        reader->line++;
    }
    return false;
}

// Takes only the first line of what is no record. False when the end of that line is still to come.
static bool take_line(struct csv_reader *reader, struct csv_record *record, const char *fault) {
    const char *start = reader->bytes + reader->begin;
    size_t length = reader->end - reader->begin;
    size_t look = length < LOOK_MAX ? length : LOOK_MAX;
    const char *end = memchr(start, '\n', look);
    if (end == NULL && look < LOOK_MAX && !reader->ended) {
        return false;
    }
    size_t raw = end == NULL ? look : (size_t)(end - start);
    if (raw > 0 && start[raw - 1] == '\r' && (end != NULL || reader->ended)) {
        raw--;
    }
    bool too_long = raw > CSV_RECORD_MAX;
    *record = (struct csv_record){.raw = {start, too_long ? (size_t)CSV_RECORD_MAX : raw},
        .line = reader->line,
        .fault = too_long ? TOO_LONG : fault};
    reader->begin += end == NULL ? look : (size_t)(end + 1 - start);
    if (end != NULL) {
        reader->line++;
    } else {
        reader->skipping = true;
    }
    return true;
}

bool csv_next(struct csv_reader *reader, struct csv_record *record) {
    if ((reader->skipping && !skip_rest(reader)) || (reader->at_start && !skip_mark(reader)) || !skip_empty(reader)) {
        return false;
    }
    const char *start = reader->bytes + reader->begin;
    size_t length = reader->end - reader->begin;
    bool whole = length <= LOOK_MAX;
    struct parse parse = {.reader = reader,
        .start = start,
        .at = start,
        .end = start + (whole ? length : LOOK_MAX),
        .ended = whole && reader->ended,
        .unescaped = reader->unescaped};
    enum outcome outcome = parse_record(&parse);
    if (outcome == OUTCOME_MORE && length < LOOK_MAX) {
        return false;
    }
    size_t raw = outcome == OUTCOME_RECORD ? (size_t)(parse.record_end - start) : length;
    if (outcome != OUTCOME_FAULT && raw > CSV_RECORD_MAX) {
        parse.fault = RECORD_TOO_LONG;
    }
    if (parse.fault != NULL) {
        return take_line(reader, record, parse.fault);
    }
    *record = (struct csv_record){
        .raw = {start, raw}, .line = reader->line, .fields = reader->fields, .field_count = parse.field_count};
    reader->begin += (size_t)(parse.at - start);
    reader->line += parse.inner_lines + 1;
    return true;
}
