// Reads files into tables: a file is a task, its good lines go to COPY and its bad ones to the file of rejects. Then what only
// shows across files is rejected too (see import_check.c); such lines are looked up in the files again, so that the file of
// rejects always has the line as it was.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "seed/crew.h"
#include "seed/encode.h"
#include "seed/import_internal.h"
#include "seed/import_row.h"

enum {
    SAMPLE_LENGTH = 64 * 1024,
    // Reasons shown of all files together.
    SHOWN_MAX = 10
};

// What a thread needs.
struct reading {
    struct session session;
    struct csv_reader reader;
    struct output output;
    struct import_record record;
};

struct reader_crew {
    struct import *import;
    struct rejects rejects;
    struct progress progress;
    const char *session_settings;
    struct reading **readings;
    uint32_t thread_count;
};

static const char TABLES[] =
    "CREATE UNLOGGED TABLE source_review (place bigint, source_id bigint, created_at timestamptz(3), product_id "
    "integer, "
    "helpfulness integer, rating smallint, recommend boolean, reported boolean, summary text, body text, response "
    "text, "
    "reviewer_name text, email text, photos json); "
    "CREATE UNLOGGED TABLE source_values (place bigint, product_id integer, characteristics integer); "
    "CREATE UNLOGGED TABLE source_characteristic (place bigint, source_id bigint, product_id integer, characteristic "
    "smallint); "
    "CREATE UNLOGGED TABLE source_rating (place bigint, characteristic_id bigint, review_id bigint, value smallint); "
    "CREATE UNLOGGED TABLE source_photo (place bigint, review_id bigint, photo text); "
    "CREATE UNLOGGED TABLE source_reject (place bigint, reason text); "
    "CREATE UNLOGGED TABLE source_file (file integer, path text)";

bool import_reject(
    struct rejects *rejects, struct import_file *file, uint64_t line, const char *reason, struct view text) {
    if (file->rejected < IMPORT_SHOWN) {
        struct import_shown *shown = &file->shown[file->rejected];
        shown->line = line;
        snprintf(shown->reason, sizeof shown->reason, "%s", reason);
    }
    file->rejected++;
    return rejects_add(rejects, file->path, line, reason, text);
}

static bool take_bytes(void *owner, struct view bytes) {
    return session_copy_send(owner, bytes);
}

// Checks a line and hands it on. Counts the rows that went to PostgreSQL.
static bool take_line(
    struct reader_crew *crew, struct reading *reading, uint32_t task, const struct csv_record *line, uint64_t *rows) {
    struct import_file *file = &crew->import->files[task];
    struct import_record *record = &reading->record;
    int64_t place = (int64_t)((uint64_t)task << IMPORT_LINE_BITS | line->line);
    bool good = line->fault == NULL && layout_read(file->layout, line, record);
    file->lines++;
    if (!output_reserve(&reading->output, IMPORT_ROW_MAX)) {
        return false;
    }
    if (good) {
        import_row_put(&reading->output, file->layout, place, record);
        file->rounded += record->rounded ? 1 : 0;
        ++*rows;
        return true;
    }
    if (line->fault == NULL && import_row_put_gap(&reading->output, file->layout, place, record)) {
        ++*rows;
    }
    return import_reject(
        &crew->rejects, file, line->line, line->fault == NULL ? record->reason : line->fault, line->raw);
}

static bool read_lines(struct reader_crew *crew, struct reading *reading, uint32_t task, int fd, uint64_t *rows) {
    const struct import_file *file = &crew->import->files[task];
    struct csv_record line;
    bool headed = false;
    csv_start(&reading->reader);
    while (!reading->reader.ended) {
        size_t room = 0;
        size_t length = 0;
        uint64_t before = file->lines;
        char *bytes = csv_room(&reading->reader, &room);
        if (failure_stopped(crew->import->failure) ||
            !import_read_bytes(crew->import, file, fd, bytes, room, &length)) {
            return false;
        }
        csv_came(&reading->reader, length);
        if (length < room) {
            csv_end(&reading->reader);
        }
        while (csv_next(&reading->reader, &line)) {
            // The first one told what the file is.
            if (headed && !take_line(crew, reading, task, &line, rows)) {
                return false;
            }
            headed = true;
        }
        progress_add(&crew->progress, file->lines - before, length);
    }
    return true;
}

static void read_file(void *owner, uint32_t thread, uint32_t task) {
    struct reader_crew *crew = owner;
    struct reading *reading = crew->readings[thread];
    const struct import_file *file = &crew->import->files[task];
    char action[IMPORT_LABEL_ROOM];
    uint64_t rows = 0;
    snprintf(action, sizeof action, "read file %u of %u", task + 1, crew->import->file_count);
    int fd = import_open_file(crew->import, file);
    if (fd == -1) {
        return;
    }
    if (session_copy_begin(
            &reading->session, action, "COPY %s FROM STDIN (FORMAT binary)", import_row_target(file->layout))) {
        output_start(&reading->output, take_bytes, &reading->session);
        encode_binary_begin(&reading->output);
        bool right = read_lines(crew, reading, task, fd, &rows);
        right = right && output_reserve(&reading->output, IMPORT_ROW_MAX);
        if (right) {
            encode_binary_end(&reading->output);
            right = output_flush(&reading->output);
        }
        if (!session_copy_end(&reading->session, action, rows) || !right) {
            failure_set(crew->import->failure, "cannot %s (%s)", action, file->path);
        }
    }
    close(fd);
}

static void interrupt(void *owner) {
    struct reader_crew *crew = owner;
    for (uint32_t i = 0; i < crew->thread_count; i++) {
        session_cancel(&crew->readings[i]->session);
    }
}

static bool open_readings(struct reader_crew *crew, uint32_t count) {
    struct import *import = crew->import;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    crew->readings = calloc(count, sizeof *crew->readings);
    while (crew->readings != NULL && crew->thread_count < count) {
        struct reading *reading = calloc(1, sizeof *reading);
        if (reading == NULL) {
            break;
        }
        crew->readings[crew->thread_count++] = reading;
        reading->record.now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
        if (!session_open(&reading->session, import->settings->dsn, crew->session_settings, import->failure)) {
            return false;
        }
    }
    return crew->thread_count == count || failure_set(import->failure, "no memory for %u threads", count);
}

static void close_readings(struct reader_crew *crew) {
    for (uint32_t i = 0; i < crew->thread_count; i++) {
        session_close(&crew->readings[i]->session);
        buffer_free(&crew->readings[i]->record.photos);
        free(crew->readings[i]);
    }
    free(crew->readings);
    crew->readings = NULL;
    crew->thread_count = 0;
}

// How many lines the files may hold, from a piece in the middle of each.
static uint64_t reckon_lines(const struct import *import) {
    uint64_t lines = 1;
    char *sample = malloc(SAMPLE_LENGTH);
    for (uint32_t i = 0; i < import->file_count && sample != NULL; i++) {
        const struct import_file *file = &import->files[i];
        uint64_t ends = 1;
        int fd = import_open_file(import, file);
        ssize_t length = fd == -1 ? 0 : pread(fd, sample, SAMPLE_LENGTH, (off_t)(file->size / 2));
        for (ssize_t at = 0; at < length; at++) {
            ends += sample[at] == '\n' ? 1 : 0;
        }
        lines += length <= 0 ? 0 : file->size * ends / (uint64_t)length;
        if (fd != -1) {
            close(fd);
        }
    }
    free(sample);
    return lines;
}

// The tables, and the names of the files for reasons that name other lines.
static bool create_tables(struct import *import, struct session *session) {
    if (!session_run(session, "prepare the reading of files", "%s", TABLES)) {
        return false;
    }
    for (uint32_t i = 0; i < import->file_count; i++) {
        char *path = session_literal(session, import->files[i].path);
        bool right = path != NULL && session_run(session, "prepare the reading of files",
                                         "INSERT INTO source_file VALUES (%u, %s)", i, path);
        PQfreemem(path);
        if (!right) {
            return false;
        }
    }
    return session_run(session, "prepare the reading of files",
        "CREATE FUNCTION source_place(place bigint) RETURNS text LANGUAGE sql STABLE RETURN "
        "(SELECT format('line %%s of %%s', place & ((1::bigint << %d) - 1), path) FROM source_file WHERE file = "
        "place >> %d)",
        IMPORT_LINE_BITS, IMPORT_LINE_BITS);
}

static bool read_files(struct reader_crew *crew) {
    struct import *import = crew->import;
    uint32_t threads = import->settings->threads < import->file_count ? import->settings->threads : import->file_count;
    progress_init(&crew->progress, reckon_lines(import), import_check_steps(import));
    crew->progress.noun = "lines";
    if (open_readings(crew, threads) && create_tables(import, &crew->readings[0]->session)) {
        struct crew work = {.failure = import->failure,
            .progress = &crew->progress,
            .owner = crew,
            .work = read_file,
            .interrupt = interrupt,
            .thread_count = threads,
            .task_count = import->file_count};
        crew_run(&work);
    }
    close_readings(crew);
    return !failure_stopped(import->failure);
}

// The rows of source_reject, in the order of files and lines.
struct late_rejects {
    struct session *session;
    PGresult *rows;
    int row;
};

// Turns to the next one; at the end `rows` is null. False with the failure told.
static bool next_late_reject(struct late_rejects *late, uint64_t *place, const char **reason) {
    if (late->rows == NULL || ++late->row == PQntuples(late->rows)) {
        PQclear(late->rows);
        late->row = 0;
        late->rows = session_query(late->session, "look for rejected lines", "FETCH 10000 FROM late");
        if (late->rows == NULL) {
            return false;
        }
        if (PQntuples(late->rows) == 0) {
            PQclear(late->rows);
            late->rows = NULL;
            return true;
        }
    }
    *place = strtoull(PQgetvalue(late->rows, late->row, 0), NULL, 10);
    *reason = PQgetvalue(late->rows, late->row, 1);
    return true;
}

// Rejects the lines of a file from *place on; *place is then one of another file.
static bool reject_late_in_file(struct reader_crew *crew, struct csv_reader *reader, int fd, struct late_rejects *late,
    uint64_t *place, const char **reason) {
    struct import *import = crew->import;
    uint64_t number = *place >> IMPORT_LINE_BITS;
    struct import_file *file = &import->files[number];
    struct csv_record line;
    csv_start(reader);
    while (!reader->ended) {
        size_t room = 0;
        size_t length = 0;
        char *bytes = csv_room(reader, &room);
        if (failure_stopped(import->failure) || !import_read_bytes(import, file, fd, bytes, room, &length)) {
            return false;
        }
        csv_came(reader, length);
        if (length < room) {
            csv_end(reader);
        }
        while (csv_next(reader, &line)) {
            if (line.line != (*place & ((UINT64_C(1) << IMPORT_LINE_BITS) - 1))) {
                continue;
            }
            if (!import_reject(&crew->rejects, file, line.line, *reason, line.raw) ||
                !next_late_reject(late, place, reason)) {
                return false;
            }
            if (late->rows == NULL || *place >> IMPORT_LINE_BITS != number) {
                return true;
            }
        }
    }
    return failure_set(import->failure, "%s has changed while it was loaded", file->path);
}

static bool reject_late(struct reader_crew *crew, struct session *session, struct csv_reader *reader) {
    struct late_rejects late = {.session = session};
    uint64_t place = 0;
    const char *reason = NULL;
    bool right =
        session_run(session, "look for rejected lines",
            "BEGIN; DECLARE late NO SCROLL CURSOR FOR SELECT place, reason FROM source_reject ORDER BY place") &&
        next_late_reject(&late, &place, &reason);
    while (right && late.rows != NULL) {
        int fd = import_open_file(crew->import, &crew->import->files[place >> IMPORT_LINE_BITS]);
        right = fd != -1 && reject_late_in_file(crew, reader, fd, &late, &place, &reason);
        if (fd != -1) {
            close(fd);
        }
    }
    PQclear(late.rows);
    return right && session_run(session, "look for rejected lines", "COMMIT");
}

static void work_late(void *owner, uint32_t thread, uint32_t task) {
    struct reader_crew *crew = owner;
    (void)task;
    if (!reject_late(crew, &crew->readings[thread]->session, &crew->readings[thread]->reader)) {
        failure_set(crew->import->failure, "cannot write the rejected lines");
    }
}

static bool read_late_rejects(struct reader_crew *crew) {
    if (open_readings(crew, 1)) {
        struct crew work = {.failure = crew->import->failure,
            .progress = &crew->progress,
            .owner = crew,
            .work = work_late,
            .interrupt = interrupt,
            .thread_count = 1,
            .task_count = 1};
        crew_run(&work);
    }
    close_readings(crew);
    return !failure_stopped(crew->import->failure);
}

// How many lines were rejected and why; whether any review is left.
static bool tell(const struct reader_crew *crew) {
    const struct import *import = crew->import;
    uint64_t rejected = 0;
    uint64_t good_reviews = 0;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < import->file_count; i++) {
        const struct import_file *file = &import->files[i];
        bool reviews = file->layout == LAYOUT_ORIGINAL_REVIEWS || file->layout == LAYOUT_ATELIER_REVIEWS;
        rejected += file->rejected;
        good_reviews += reviews ? file->lines - file->rejected : 0;
        if (file->rejected > 0) {
            printf("%s: %" PRIu64 " of %" PRIu64 " lines rejected\n", file->path, file->rejected, file->lines);
        }
        if (file->rounded > 0) {
            printf("%s: %" PRIu64 " %s ratings such as 3.75, which were rounded\n", file->path, file->rounded,
                file->rounded == 1 ? "line has" : "lines have");
        }
        for (uint32_t j = 0; j < IMPORT_SHOWN && j < file->rejected && shown < SHOWN_MAX; j++, shown++) {
            fprintf(stderr, "reviewd-seed: %s, line %" PRIu64 ": %s\n", file->path, file->shown[j].line,
                file->shown[j].reason);
        }
    }
    if (rejected > 0) {
        printf("the rejected lines and the reasons are in %s\n", crew->rejects.path);
        fflush(stdout);
    }
    return good_reviews > 0 || failure_set(import->failure, "no line of the files can be loaded as a review");
}

bool import_tables_read(struct import *import, const char *session_settings) {
    struct reader_crew crew = {.import = import, .session_settings = session_settings};
    for (uint32_t i = 0; i < import->file_count; i++) {
        struct import_file *file = &import->files[i];
        file->lines = 0;
        file->rejected = 0;
        file->rounded = 0;
    }
    bool right = rejects_open(&crew.rejects, import->settings->rejects, import->failure) && read_files(&crew) &&
                 import_check(import, session_settings, &crew.progress) && read_late_rejects(&crew) &&
                 rejects_finish(&crew.rejects) && tell(&crew);
    rejects_close(&crew.rejects);
    return right;
}
