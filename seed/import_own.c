// Files as reviewd-seed generate writes them: their bytes go straight to COPY, each file into a segment of its own.
//
// Only the first review of each file is looked at before (its product ends the segment of the file before), and the whole of
// the last one, whose last product is needed. How many reviews the others hold is reckoned from their sizes.
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "seed/import_internal.h"

enum {
    SEND_LENGTH = 256 * 1024,
    SIGNATURE_LENGTH = 11,
    FIRST_ROW_LENGTH = 64,
    PRODUCT_SHIFT = 20,
    CONTEXT_ROOM = 128,
    MESSAGE_ROOM = 256
};

static const char COLUMNS[] =
#define COLUMN(name) ", " #name
#include "seed/columns.def"
#undef COLUMN
    ;

enum {
#define COLUMN(name) COLUMN_##name,
#include "seed/columns.def"
#undef COLUMN
    COLUMN_COUNT
};

// What was seen of a file.
struct survey {
    uint64_t rows;
    uint32_t first_product;
    uint32_t last_product;
};

static void see(struct survey *survey, uint32_t product) {
    survey->first_product = survey->rows == 0 ? product : survey->first_product;
    survey->last_product = product > survey->last_product ? product : survey->last_product;
    survey->rows++;
}

// Takes the records that are there. What is no review is left to PostgreSQL to complain of.
static void survey_lines(struct csv_reader *reader, struct survey *survey, uint64_t most) {
    struct csv_record record;
    while (survey->rows < most && csv_next(reader, &record)) {
        struct import_record review = {.field = ""};
        if (record.line > 1 && record.fault == NULL && record.field_count == COLUMN_COUNT) {
            import_product_id(&review, record.fields[COLUMN_product_id]);
        }
        if (review.product_id != 0) {
            see(survey, review.product_id);
        }
    }
}

// Looks at no more than so many reviews.
static bool survey_csv(
    const struct import *import, const struct import_file *file, int fd, uint64_t most, struct survey *survey) {
    struct csv_reader *reader = malloc(sizeof *reader);
    if (reader == NULL) {
        return failure_set(import->failure, "no memory");
    }
    csv_start(reader);
    bool right = true;
    while (right && survey->rows < most && !reader->ended) {
        size_t room = 0;
        size_t length = 0;
        char *bytes = csv_room(reader, &room);
        room = most == 1 && room > CSV_CHUNK ? CSV_CHUNK : room;
        right = import_read_bytes(import, file, fd, bytes, room, &length);
        csv_came(reader, length);
        if (length < room) {
            csv_end(reader);
        }
        survey_lines(reader, survey, most);
    }
    free(reader);
    return right;
}

static bool get_32(FILE *stream, uint32_t *value) {
    if (fread(value, sizeof *value, 1, stream) != 1) {
        return false;
    }
    *value = be32toh(*value);
    return true;
}

static bool skip(FILE *stream, uint64_t length) {
    char bytes[4096];
    while (length > 0) {
        size_t part = length < sizeof bytes ? (size_t)length : sizeof bytes;
        if (fread(bytes, 1, part, stream) != part) {
            return false;
        }
        length -= part;
    }
    return true;
}

// A row behind its number of fields; its first field is the review's id.
static bool survey_row(FILE *stream, uint32_t *product) {
    for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
        uint32_t length = 0;
        if (!get_32(stream, &length)) {
            return false;
        }
        if (i == COLUMN_review_id) {
            uint64_t id = 0;
            if (length != sizeof id || fread(&id, sizeof id, 1, stream) != 1) {
                return false;
            }
            id = be64toh(id) >> PRODUCT_SHIFT;
            *product = id >= 1 && id <= INT32_MAX ? (uint32_t)id : 0;
        } else if (length != UINT32_MAX && !skip(stream, length)) {
            return false;
        }
    }
    return *product != 0;
}

static bool survey_binary(
    const struct import *import, const struct import_file *file, int fd, uint64_t most, struct survey *survey) {
    FILE *stream = fdopen(dup(fd), "r");
    if (stream == NULL) {
        return failure_set(import->failure, "cannot read %s: %s", file->path, strerror(errno));
    }
    uint32_t flags = 0;
    uint32_t extension = 0;
    bool right = skip(stream, SIGNATURE_LENGTH) && get_32(stream, &flags) && get_32(stream, &extension) &&
                 skip(stream, extension);
    while (right && survey->rows < most) {
        uint16_t fields = 0;
        uint32_t product = 0;
        right = fread(&fields, sizeof fields, 1, stream) == 1;
        fields = be16toh(fields);
        if (!right || fields == UINT16_MAX) {
            break;
        }
        right = fields == COLUMN_COUNT && survey_row(stream, &product);
        if (right) {
            see(survey, product);
        }
    }
    fclose(stream);
    // Whatever ends it before its end is left to PostgreSQL, too.
    return true;
}

static bool survey_file(
    const struct import *import, const struct import_file *file, uint64_t most, struct survey *survey) {
    int fd = import_open_file(import, file);
    *survey = (struct survey){0};
    if (fd == -1) {
        return false;
    }
    bool right = file->layout == LAYOUT_OWN_CSV ? survey_csv(import, file, fd, most, survey)
                                                : survey_binary(import, file, fd, most, survey);
    close(fd);
    return right;
}

// Looks at the first review of each file; files without any count for nothing.
static bool find_first_products(struct import *import, uint32_t *filled) {
    const struct import_file *before = NULL;
    for (uint32_t i = 0; i < import->file_count; i++) {
        struct import_file *file = &import->files[i];
        struct survey survey;
        if (!survey_file(import, file, 1, &survey)) {
            return false;
        }
        file->first_product = survey.first_product;
        if (survey.rows == 0) {
            continue;
        }
        if (before != NULL && before->first_product >= file->first_product) {
            return failure_set(import->failure,
                "%s begins with product %u, but %s, which comes before it, with product %u: the files must follow "
                "each other",
                file->path, file->first_product, before->path, before->first_product);
        }
        before = file;
        import->segment_files[(*filled)++] = i;
    }
    return *filled > 0 || failure_set(import->failure, "the files hold no review");
}

bool import_own_plan(struct import *import, struct plan *plan) {
    uint32_t count = 0;
    struct survey last;
    *plan = (struct plan){0};
    free(import->segment_files);
    import->segment_files = calloc(import->file_count, sizeof *import->segment_files);
    plan->segments = calloc(import->file_count, sizeof *plan->segments);
    if (import->segment_files == NULL || plan->segments == NULL) {
        return failure_set(import->failure, "no memory for %u files", import->file_count);
    }
    if (!find_first_products(import, &count) ||
        !survey_file(import, &import->files[import->segment_files[count - 1]], UINT64_MAX, &last)) {
        return false;
    }
    double row_size = (double)import->files[import->segment_files[count - 1]].size / (double)last.rows;
    for (uint32_t i = 0; i < count; i++) {
        const struct import_file *file = &import->files[import->segment_files[i]];
        struct segment *segment = &plan->segments[i];
        bool is_last = i + 1 == count;
        *segment = (struct segment){.number = i + 1,
            .first_product = i == 0 ? 1 : file->first_product,
            .end_product = is_last ? last.last_product + 1 : import->files[import->segment_files[i + 1]].first_product,
            .records = is_last ? last.rows : (uint64_t)((double)file->size / row_size + 0.5)};
        plan->records += segment->records;
    }
    plan->products = last.last_product;
    plan->segment_count = count;
    return true;
}

// PostgreSQL's reason for refusing a file, without what stands in the row: that may be an e-mail address.
static bool complain(
    struct import *import, const struct import_file *file, const PGresult *result, const char *action) {
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    char message[MESSAGE_ROOM];
    char place[CONTEXT_ROOM] = "";
    snprintf(message, sizeof message, "%s", primary == NULL ? "the connection is lost" : primary);
    char *value = strstr(message, ": \"");
    if (value != NULL) {
        *value = '\0';
    }
    const char *line = context == NULL ? NULL : strstr(context, ", line ");
    if (line != NULL) {
        // ", line 17, column rating: …"
        snprintf(place, sizeof place, "%.*s", (int)strcspn(line, ":\n"), line);
    }
    return failure_set(import->failure, "cannot %s: %s%s: %s", action, file->path, place,
        strchr(message, '@') == NULL ? message : "a value is not as it must be");
}

// Ends the COPY; `right` is whether all was sent.
static bool end_copy(
    struct import *import, const struct import_file *file, PGconn *connection, bool right, const char *action) {
    int ended = PQputCopyEnd(connection, right ? NULL : "stopped");
    PGresult *result = ended == 1 ? PQgetResult(connection) : NULL;
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        // What made us stop has been told before.
        right = complain(import, file, result, action);
    }
    PQclear(result);
    while (ended == 1 && (result = PQgetResult(connection)) != NULL) {
        PQclear(result);
    }
    return right;
}

static bool send_file(
    struct import *import, const struct import_file *file, int fd, PGconn *connection, const char *action) {
    char *bytes = malloc(SEND_LENGTH);
    if (bytes == NULL) {
        return failure_set(import->failure, "cannot %s: no memory", action);
    }
    bool right = true;
    size_t length = SEND_LENGTH;
    while (right && length == SEND_LENGTH) {
        // A refused send shows in what the server says at the end.
        right = !failure_stopped(import->failure) && import_read_bytes(import, file, fd, bytes, SEND_LENGTH, &length) &&
                (length == 0 || PQputCopyData(connection, bytes, (int)length) == 1);
    }
    free(bytes);
    return right;
}

bool import_own_fill(struct import *import, struct session *session, const struct segment *segment, const char *table,
    const char *action) {
    const struct import_file *file = &import->files[import->segment_files[segment->number - 1]];
    int fd = import_open_file(import, file);
    if (fd == -1) {
        return false;
    }
    bool begun = session_copy_begin(session, action, "COPY %s (%s) FROM STDIN (%s, FREEZE)", table, COLUMNS + 2,
        file->layout == LAYOUT_OWN_CSV ? "FORMAT csv, HEADER" : "FORMAT binary");
    bool sent = begun && send_file(import, file, fd, session->connection, action);
    bool right = begun && end_copy(import, file, session->connection, sent, action);
    close(fd);
    return right;
}
