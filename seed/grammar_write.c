// Writes texts from the built grammar: the hot path, without a bounds check, because every rule's length is known.
//
// Three habits make it quick. All the room that a piece has for text is copied, which compilers turn into two moves without a
// call; what comes too much is overwritten by the next piece. Which alternative is taken is reckoned without a branch. And a
// rule's last slot takes the place of the rule instead of being entered from it.
#include "seed/grammar_rules.h"

enum {
    // After so many tries a sentence may be repeated.
    FRESH_TRIES = 4
};

static inline uint32_t pick(struct choice choice, struct random *random) {
    uint64_t word = random_next(random);
    uint64_t fraction = word >> 32;
    // Where the early ones are preferred, half the picks are squared towards the start: the first of 16 comes up 5 times as
    // often as the last. Everywhere else the factor is (nearly) one.
    uint64_t squared = (word & choice.zipf) - 1;
    fraction = (fraction * (fraction | (squared & UINT32_MAX))) >> 32;
    return (uint32_t)((fraction * choice.count) >> 32);
}

static inline char *copy_piece(char *at, const struct piece *piece) {
    memcpy(at, piece->text, sizeof piece->text);
    return at + piece->length;
}

// Writes from this piece to the end of its alternative and of what that leads to.
static void write_pieces(const struct grammar *grammar, const struct piece *piece,
    const struct grammar_context *context, struct random *shared_random, struct text *text) {
    // Copies, which the bytes being written cannot alias.
    struct random random = *shared_random;
    const struct piece *pieces = grammar->pieces;
    const uint32_t *alternatives = grammar->alternatives;
    char *at = text->end;
    uint32_t characters = text->characters;
    uint32_t flags = 0;
    const struct piece *entered[GRAMMAR_MAX_DEPTH];
    uint32_t depth = 0;
    for (;;) {
        at = copy_piece(at, piece);
        characters += piece->characters;
        flags |= piece->flags;
        if (piece->slot.kind == SLOT_WORDS) {
            const struct piece *word = &pieces[piece->slot.first + pick(piece->slot, &random)];
            at = copy_piece(at, word);
            characters += word->characters;
            flags |= word->flags;
        } else if (piece->slot.kind == SLOT_RULE) {
            if ((piece->flags & PIECE_LAST) == 0) {
                entered[depth++] = piece + 1;
            }
            piece = &pieces[alternatives[piece->slot.first + pick(piece->slot, &random)]];
            continue;
        } else if (piece->slot.kind != SLOT_NONE) {
            const struct grammar_word *word = piece->slot.kind == SLOT_MODEL   ? context->model
                                              : piece->slot.kind == SLOT_THING ? context->thing
                                                                               : context->capital_thing;
            memcpy(at, word->bytes, sizeof word->bytes);
            at += word->length;
            characters += word->characters;
        }
        if ((piece->flags & PIECE_LAST) == 0) {
            piece++;
        } else if (depth > 0) {
            piece = entered[--depth];
        } else {
            break;
        }
    }
    *shared_random = random;
    text->end = at;
    text->characters = characters;
    text->quoted = text->quoted || (flags & PIECE_QUOTED) != 0;
}

uint32_t grammar_max_bytes(const struct grammar *grammar, enum language language, enum grammar_entry entry) {
    return grammar->max_bytes[language][entry];
}

static const struct piece *piece_of(const struct grammar *grammar, struct choice choice, uint32_t alternative) {
    uint32_t number = choice.first + alternative;
    return &grammar->pieces[choice.kind == SLOT_WORDS ? number : grammar->alternatives[number]];
}

void grammar_write(const struct grammar *grammar, enum language language, enum grammar_entry entry,
    const struct grammar_context *context, struct random *random, struct text *text) {
    struct choice choice = grammar->entries[language][entry];
    write_pieces(grammar, piece_of(grammar, choice, pick(choice, random)), context, random, text);
}

void grammar_write_fresh(const struct grammar *grammar, enum language language, enum grammar_entry entry,
    uint64_t *used, const struct grammar_context *context, struct random *random, struct text *text) {
    struct choice choice = grammar->entries[language][entry];
    uint32_t alternative = pick(choice, random);
    for (uint32_t i = 1; i < FRESH_TRIES && (*used >> alternative & 1) != 0; i++) {
        alternative = pick(choice, random);
    }
    *used |= UINT64_C(1) << alternative;
    write_pieces(grammar, piece_of(grammar, choice, alternative), context, random, text);
}
