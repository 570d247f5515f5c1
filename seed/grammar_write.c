// Writes texts from the built grammar: the hot path, without a bounds check, because every rule's length is known.
#include "seed/grammar_rules.h"

enum {
    ZIPF_FROM = 16
};

static uint32_t pick(const struct rule *rule, struct random *random) {
    uint64_t word = random_next(random);
    uint64_t count = rule->alternative_count;
    if (count < ZIPF_FROM) {
        return (uint32_t)(((word >> 32) * count) >> 32);
    }
    // Half the picks are even, half squared towards the start: the first of 16 comes up 5 times as often as the last.
    uint64_t fraction = word >> 32;
    if ((word & 1) != 0) {
        fraction = (fraction * fraction) >> 32;
    }
    return (uint32_t)((fraction * count) >> 32);
}

static void append(struct text *text, const char *bytes, size_t length) {
    memcpy(text->end, bytes, length);
    text->end += length;
}

static void write_alternative(const struct grammar *grammar, const struct alternative *alternative,
    const struct grammar_context *context, struct random *random, struct text *text);

static void write_slot(const struct grammar *grammar, uint16_t slot, const struct grammar_context *context,
    struct random *random, struct text *text) {
    if (slot == SLOT_THING || slot == SLOT_MODEL) {
        struct view word = slot == SLOT_THING ? context->thing : context->model;
        append(text, word.data, word.length);
        for (size_t i = 0; i < word.length; i++) {
            text->characters += ((unsigned char)word.data[i] & 0xc0) != 0x80 ? 1 : 0;
        }
        return;
    }
    const struct rule *rule = &grammar->rules[slot];
    write_alternative(
        grammar, &grammar->alternatives[rule->first_alternative + pick(rule, random)], context, random, text);
}

static void write_alternative(const struct grammar *grammar, const struct alternative *alternative,
    const struct grammar_context *context, struct random *random, struct text *text) {
    const struct piece *piece = &grammar->pieces[alternative->first_piece];
    for (uint32_t i = 0; i < alternative->piece_count; i++, piece++) {
        append(text, piece->text, piece->length);
        text->characters += piece->characters;
        if (piece->slot == SLOT_NONE) {
            continue;
        }
        char *start = text->end;
        write_slot(grammar, piece->slot, context, random, text);
        if (piece->capital && *start >= 'a' && *start <= 'z') {
            *start = (char)(*start - 'a' + 'A');
        }
    }
}

uint32_t grammar_choices(const struct grammar *grammar, enum language language, enum grammar_entry entry) {
    return grammar->rules[grammar->entries[language][entry]].alternative_count;
}

uint32_t grammar_max_bytes(const struct grammar *grammar, enum language language, enum grammar_entry entry) {
    return grammar->rules[grammar->entries[language][entry]].max_bytes;
}

uint32_t grammar_pick(
    const struct grammar *grammar, enum language language, enum grammar_entry entry, struct random *random) {
    return pick(&grammar->rules[grammar->entries[language][entry]], random);
}

void grammar_write(const struct grammar *grammar, enum language language, enum grammar_entry entry,
    uint32_t alternative, const struct grammar_context *context, struct random *random, struct text *text) {
    const struct rule *rule = &grammar->rules[grammar->entries[language][entry]];
    write_alternative(grammar, &grammar->alternatives[rule->first_alternative + alternative], context, random, text);
}
