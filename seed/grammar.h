// The grammar from which texts are made: rules with alternatives whose {slots} name other rules.
//
// A language's rules stand in seed/grammar/LANGUAGE.c. A slot names a rule above it or one of common.c, so a grammar has no
// loops and every rule a greatest length, checked against the database's limits when the grammar is built. {^rule} gives it
// a capital first letter. {thing} is the product's kind and {model} its name. From a rule of 16 alternatives or more the
// early ones are taken more often, as a few words make up most of any text (Zipf).
#ifndef REVIEWD_SEED_GRAMMAR_H
#define REVIEWD_SEED_GRAMMAR_H

#include "seed/failure.h"
#include "seed/random.h"

enum language {
#define LANGUAGE(identifier, variable, share, length_percent) LANGUAGE_##identifier,
#include "seed/language.def"
#undef LANGUAGE
    LANGUAGE_COUNT
};

// The rules that are asked for from outside, which each language has: ENTRY(identifier, rule, greatest characters).
#define GRAMMAR_ENTRIES(ENTRY)                                                                                         \
    ENTRY(SUMMARY_GOOD, "summary_good", 150)                                                                           \
    ENTRY(SUMMARY_MIXED, "summary_mixed", 150)                                                                         \
    ENTRY(SUMMARY_BAD, "summary_bad", 150)                                                                             \
    ENTRY(OPENING, "opening", 300)                                                                                     \
    ENTRY(GOOD, "good", 300)                                                                                           \
    ENTRY(FACT, "fact", 300)                                                                                           \
    ENTRY(BAD, "bad", 300)                                                                                             \
    ENTRY(CLOSING_GOOD, "closing_good", 200)                                                                           \
    ENTRY(CLOSING_BAD, "closing_bad", 200)                                                                             \
    ENTRY(RESPONSE_GOOD, "response_good", 1000)                                                                        \
    ENTRY(RESPONSE_BAD, "response_bad", 1000)                                                                          \
    ENTRY(NAME, "name", 100)                                                                                           \
    ENTRY(EMAIL, "email", 100)

enum grammar_entry {
#define ENTRY(identifier, rule, characters) ENTRY_##identifier,
    GRAMMAR_ENTRIES(ENTRY)
#undef ENTRY
    ENTRY_COUNT
};

// One rule as written; the list of alternatives ends with a null.
struct rule_source {
    const char *name;
    const char *const *alternatives;
};

// A language's rules; the list ends with a null name.
#define RULE(name, ...)                                                                                                \
    {                                                                                                                  \
        name, (const char *const[]) {                                                                                  \
            __VA_ARGS__, NULL                                                                                          \
        }                                                                                                              \
    }
#define RULES_END                                                                                                      \
    { NULL, NULL }

extern const struct rule_source GRAMMAR_COMMON[];
#define LANGUAGE(identifier, variable, share, length_percent) extern const struct rule_source GRAMMAR_##identifier[];
#include "seed/language.def"
#undef LANGUAGE

enum {
    // Of an entry.
    GRAMMAR_MAX_CHOICES = 64,
    GRAMMAR_MAX_THING = 48,
    GRAMMAR_MAX_MODEL = 24,
    GRAMMAR_WORD_ROOM = 52,
    // So many bytes behind a text may be written to, too.
    GRAMMAR_SLACK = 64
};

// A word that stands for a slot.
struct grammar_word {
    char bytes[GRAMMAR_WORD_ROOM];
    uint16_t length;
    uint16_t characters;
};

// Sets the word and its capital form. False if it is longer than GRAMMAR_MAX_THING or has a quotation mark.
MUST_CHECK bool grammar_word_set(struct grammar_word *word, struct view text, bool capital);

// What {thing} and {model} stand for.
struct grammar_context {
    const struct grammar_word *thing;
    const struct grammar_word *capital_thing;
    const struct grammar_word *model;
};

// Text being written into a buffer with room for it.
struct text {
    char *end;
    // So far, counted as PostgreSQL's char_length() does.
    uint32_t characters;
    // Whether there may be a quotation mark in it.
    bool quoted;
};

struct grammar;

// Builds the rules of all languages. Null, with the failure told, when a rule is wrong or memory lacks. The grammar can be
// read by any number of threads. Release with grammar_free().
MUST_CHECK struct grammar *grammar_create(struct failure *failure);
void grammar_free(struct grammar *grammar);

// The greatest number of bytes of an entry.
uint32_t grammar_max_bytes(const struct grammar *grammar, enum language language, enum grammar_entry entry);

// Writes an entry behind the text, which must have room for grammar_max_bytes() and GRAMMAR_SLACK.
void grammar_write(const struct grammar *grammar, enum language language, enum grammar_entry entry,
    const struct grammar_context *context, struct random *random, struct text *text);

// The same with an alternative that was hardly taken before: a repeated sentence gives a made text away. A bit of *used for
// each alternative tells which were; zero at first.
void grammar_write_fresh(const struct grammar *grammar, enum language language, enum grammar_entry entry,
    uint64_t *used, const struct grammar_context *context, struct random *random, struct text *text);

#endif
