// The parameters of one prepared statement in PostgreSQL's binary format, built in one reused block.
#ifndef REVIEWD_PG_PARAMETERS_H
#define REVIEWD_PG_PARAMETERS_H

#include "core/buffer.h"

enum {
    PARAMETERS_MAX = 12
};

// All zero is ready for use; parameters_reset begins the next statement; parameters_free gives the memory back.
struct parameters {
    struct buffer bytes;
    int count;
    size_t offsets[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX]; // -1: null
    int formats[PARAMETERS_MAX]; // all binary
    const char *values[PARAMETERS_MAX];
};

void parameters_reset(struct parameters *parameters);
void parameters_free(struct parameters *parameters);

void parameters_add_int16(struct parameters *parameters, int16_t value);
void parameters_add_int32(struct parameters *parameters, int32_t value);
void parameters_add_int64(struct parameters *parameters, int64_t value);
void parameters_add_bool(struct parameters *parameters, bool value);
// text and json; an absent view is null.
void parameters_add_text(struct parameters *parameters, struct view text);
// From milliseconds since 1970.
void parameters_add_timestamp(struct parameters *parameters, int64_t ms);

// Arrays without nulls: begin, `count` times the element, and that is all.
void parameters_begin_int32_array(struct parameters *parameters, size_t count);
void parameters_begin_int64_array(struct parameters *parameters, size_t count);
// bytea: `bytes` is the length of all elements together.
void parameters_begin_bytes_array(struct parameters *parameters, size_t count, size_t bytes);
void parameters_add_int32_element(struct parameters *parameters, int32_t value);
void parameters_add_int64_element(struct parameters *parameters, int64_t value);
void parameters_add_bytes_element(struct parameters *parameters, struct view value);

// Fills `values` once everything is added (the block may move before).
void parameters_finish(struct parameters *parameters);

#endif
