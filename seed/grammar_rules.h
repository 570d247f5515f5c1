// The inside of a built grammar, shared by the builder and the writer only.
//
// Made for writing quickly: a piece holds its text and all that is needed to go on from it in half a cache line; its text has
// so few bytes that all of them are copied whatever its length; and a rule of plain words is told from one with slots, as
// most slots are filled by words.
#ifndef REVIEWD_SEED_GRAMMAR_RULES_H
#define REVIEWD_SEED_GRAMMAR_RULES_H

#include "seed/grammar.h"

enum slot_kind {
    SLOT_NONE,
    SLOT_THING,
    SLOT_CAPITAL_THING,
    SLOT_MODEL,
    // A rule whose alternatives are one piece of text each.
    SLOT_WORDS,
    // Any other rule.
    SLOT_RULE
};

enum {
    // From so many alternatives on, the early ones are taken more often.
    GRAMMAR_ZIPF_FROM = 16,
    // How deep slots may stand in each other.
    GRAMMAR_MAX_DEPTH = 16
};

// What alternatives there are to choose from.
struct choice {
    // SLOT_WORDS: the index of the first one's only piece. SLOT_RULE: of the first one in grammar->alternatives.
    uint32_t first;
    uint16_t count;
    // 1 if the early ones are taken more often, otherwise 0.
    uint8_t zipf;
    uint8_t kind;
};

enum {
    PIECE_TEXT_ROOM = 21
};

// Literal text and then, unless SLOT_NONE, what fills the slot. Longer text takes several pieces.
struct piece {
    struct choice slot;
    uint8_t length;
    uint8_t characters;
    // PIECE_LAST, PIECE_QUOTED.
    uint8_t flags;
    char text[PIECE_TEXT_ROOM];
};

_Static_assert(CACHE_LINE % sizeof(struct piece) == 0, "no piece is in two cache lines");

enum piece_flag {
    // The alternative ends here.
    PIECE_LAST = 1,
    PIECE_QUOTED = 2
};

struct grammar {
    // Begins at a cache line.
    struct piece *pieces;
    // The index of each alternative's first piece.
    uint32_t *alternatives;
    struct choice entries[LANGUAGE_COUNT][ENTRY_COUNT];
    uint32_t max_bytes[LANGUAGE_COUNT][ENTRY_COUNT];
};

// Gives a text a capital first letter, if that is a Latin one of one or two bytes.
static inline void grammar_capitalise(char *text, size_t length) {
    unsigned char first = length > 0 ? (unsigned char)text[0] : 0;
    if (first >= 'a' && first <= 'z') {
        text[0] = (char)(first - 0x20);
    } else if (first == 0xc3 && length > 1) {
        // U+00E0 to U+00FE but for the division sign; their capitals are 32 before them.
        unsigned char second = (unsigned char)text[1];
        text[1] = (char)(second >= 0xa0 && second <= 0xbe && second != 0xb7 ? second - 0x20 : second);
    }
}

#endif
