// Values out of a result in binary format. A value of another length than its type has reads as 0 or false: the server
// names its types in every statement, so that can only be a broken server.
#ifndef REVIEWD_PG_RESULT_H
#define REVIEWD_PG_RESULT_H

#include "proto/review.h"

#include <libpq-fe.h>

// int2, int4 or int8, by its length.
int64_t result_int(const PGresult *result, int row, int column);
bool result_bool(const PGresult *result, int row, int column);
// text or json, in place; null is an absent view.
struct view result_text(const PGresult *result, int row, int column);
// timestamptz, in milliseconds since 1970.
int64_t result_timestamp_ms(const PGresult *result, int row, int column);

// The place (from 0) of the key that a row answers, at most count - 1; -1 if it names none.
int result_place(const PGresult *result, int row, int count);

// A row of the columns of a review statement (LIST_*, GET, ADD), in place.
void result_review(const PGresult *result, int row, struct review *review);

// A row of META.
void result_meta(const PGresult *result, int row, struct review_meta *meta);

#endif
