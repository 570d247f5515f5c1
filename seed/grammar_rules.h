// The inside of a built grammar, shared by the builder and the writer only.
#ifndef REVIEWD_SEED_GRAMMAR_RULES_H
#define REVIEWD_SEED_GRAMMAR_RULES_H

#include "seed/grammar.h"

enum {
    SLOT_NONE = 0xffff,
    SLOT_THING = 0xfffe,
    SLOT_MODEL = 0xfffd,
    GRAMMAR_MAX_RULES = 1024
};

// Literal text and then, unless SLOT_NONE, a rule.
struct piece {
    const char *text;
    uint16_t length;
    uint16_t characters;
    uint16_t slot;
    bool capital;
};

struct alternative {
    uint32_t first_piece;
    uint32_t piece_count;
};

struct rule {
    const char *name;
    uint32_t first_alternative;
    uint32_t alternative_count;
    uint32_t max_bytes;
    uint32_t max_characters;
};

struct grammar {
    struct rule *rules;
    struct alternative *alternatives;
    struct piece *pieces;
    uint32_t rule_count;
    uint32_t alternative_count;
    uint32_t piece_count;
    uint16_t entries[LANGUAGE_COUNT][ENTRY_COUNT];
};

#endif
