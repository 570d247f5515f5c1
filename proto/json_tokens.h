// Checks the tokens of a JSON text by the letter of RFC 8259, before json-c parses its structure: json-c, even strict, lets
// through NaN, 'single quotes', "1." and "-01", raw control characters, halves of surrogate pairs, and names cut at U+0000.
#ifndef REVIEWD_PROTO_JSON_TOKENS_H
#define REVIEWD_PROTO_JSON_TOKENS_H

#include "core/base.h"

// What the tokens tell about the structure, if that is well-formed.
struct json_extent {
    size_t members; // names with values, in all objects together
    size_t depth;   // of objects and arrays within each other
};

// Null if every token is well-formed, else one sentence (static text) that says what is not. The text must be valid UTF-8.
MUST_CHECK const char *json_tokens_fault(struct view json, struct json_extent *extent);

#endif
