// Builds the grammar: resolves slots, measures rules and checks them against the limits.
//
// First all rules are read as they stand; their slots name rules by number. Then every rule that is wanted with a capital
// first letter gets a second form, and each slot learns what it leads to.
#include <stdlib.h>

#include "seed/grammar_rules.h"

enum {
    NO_RULE = 0xffffffff,
    MOST_CHARACTER = 4
};

struct rule {
    const char *name;
    uint32_t first_alternative;
    uint32_t alternative_count;
    uint32_t max_bytes;
    uint32_t max_characters;
    uint32_t depth;
    // The same with capital first letters, or NO_RULE so far.
    uint32_t capital;
    // No slots.
    bool words;
};

// What a piece's slot names while the grammar is built.
struct reference {
    uint32_t rule;
    enum slot_kind kind;
    bool capital;
};

struct builder {
    struct grammar *grammar;
    struct failure *failure;
    struct rule *rules;
    // Of every piece.
    struct reference *references;
    uint32_t rule_count;
    uint32_t alternative_count;
    uint32_t piece_count;
    // Where the rules of the language being built begin; before them stand the common ones.
    uint32_t language_start;
    uint32_t common_count;
    uint32_t entry_rules[LANGUAGE_COUNT][ENTRY_COUNT];
};

static const struct rule_source *const LANGUAGE_SOURCES[] = {
#define LANGUAGE(identifier, variable, share, length_percent) GRAMMAR_##identifier,
#include "seed/language.def"
#undef LANGUAGE
};

static const struct {
    const char *rule;
    uint32_t characters;
} ENTRIES[] = {
#define ENTRY(identifier, rule, characters) {rule, characters},
    GRAMMAR_ENTRIES(ENTRY)
#undef ENTRY
};

static uint32_t count_characters(const char *text, size_t length) {
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

bool grammar_word_set(struct grammar_word *word, struct view text, bool capital) {
    if (text.length > GRAMMAR_MAX_THING || memchr(text.data, '"', text.length) != NULL) {
        return false;
    }
    *word = (struct grammar_word){
        .length = (uint16_t)text.length, .characters = (uint16_t)count_characters(text.data, text.length)};
    memcpy(word->bytes, text.data, text.length);
    if (capital) {
        grammar_capitalise(word->bytes, text.length);
    }
    return true;
}

static void add_piece(struct builder *builder, struct view text, struct reference reference) {
    builder->references[builder->piece_count] = reference;
    struct piece *piece = &builder->grammar->pieces[builder->piece_count++];
    *piece =
        (struct piece){.length = (uint8_t)text.length, .characters = (uint8_t)count_characters(text.data, text.length)};
    memcpy(piece->text, text.data, text.length);
    piece->flags = memchr(piece->text, '"', text.length) != NULL ? PIECE_QUOTED : 0;
}

static bool find_rule(const struct builder *builder, struct view name, struct reference *reference) {
    if (view_equal(name, VIEW("thing")) || view_equal(name, VIEW("model"))) {
        reference->kind = name.data[0] == 't' ? SLOT_THING : SLOT_MODEL;
        return true;
    }
    for (uint32_t i = builder->rule_count; i > 0; i--) {
        bool reachable = i > builder->language_start || i <= builder->common_count;
        if (reachable && view_equal(name, view_of(builder->rules[i - 1].name))) {
            reference->kind = SLOT_RULE;
            reference->rule = i - 1;
            return true;
        }
    }
    return false;
}

// Where to cut a text that is too long for one piece: between two characters.
static size_t cut_length(const char *text, size_t length) {
    if (length > PIECE_TEXT_ROOM) {
        length = PIECE_TEXT_ROOM;
        while (((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return length;
}

// The greatest sizes of one alternative, piece by piece.
struct measure {
    uint32_t bytes;
    uint32_t characters;
    uint32_t depth;
};

static void measure_piece(
    const struct builder *builder, struct view text, struct reference reference, struct measure *measure) {
    measure->bytes += (uint32_t)text.length;
    measure->characters += count_characters(text.data, text.length);
    if (reference.kind == SLOT_RULE) {
        const struct rule *rule = &builder->rules[reference.rule];
        measure->bytes += rule->max_bytes;
        measure->characters += rule->max_characters;
        measure->depth = rule->depth + 1 > measure->depth ? rule->depth + 1 : measure->depth;
    } else if (reference.kind != SLOT_NONE) {
        uint32_t most = reference.kind == SLOT_MODEL ? GRAMMAR_MAX_MODEL : GRAMMAR_MAX_THING;
        measure->bytes += most;
        measure->characters += most;
    }
}

// Cuts one alternative into pieces and adds it to the rule.
static bool add_alternative(struct builder *builder, struct rule *rule, const char *text) {
    struct measure measure = {0};
    builder->grammar->alternatives[builder->alternative_count++] = builder->piece_count;
    uint32_t pieces_before = builder->piece_count;
    do {
        size_t whole = strcspn(text, "{");
        struct view literal = {text, cut_length(text, whole)};
        struct reference reference = {NO_RULE, SLOT_NONE, false};
        text += literal.length;
        if (literal.length == whole && *text == '{') {
            size_t name_length = strcspn(text, "}");
            reference.capital = text[1] == '^';
            struct view name = {text + 1 + reference.capital, name_length - 1 - reference.capital};
            if (text[name_length] != '}' || !find_rule(builder, name, &reference)) {
                return failure_set(
                    builder->failure, "grammar: rule \"%s\": no rule above it for \"%s\"", rule->name, text);
            }
            text += name_length + 1;
        }
        add_piece(builder, literal, reference);
        measure_piece(builder, literal, reference, &measure);
    } while (*text != '\0');
    builder->grammar->pieces[builder->piece_count - 1].flags |= PIECE_LAST;
    rule->words = rule->words && builder->piece_count == pieces_before + 1 &&
                  builder->references[pieces_before].kind == SLOT_NONE;
    rule->alternative_count++;
    rule->max_bytes = measure.bytes > rule->max_bytes ? measure.bytes : rule->max_bytes;
    rule->max_characters = measure.characters > rule->max_characters ? measure.characters : rule->max_characters;
    rule->depth = measure.depth > rule->depth ? measure.depth : rule->depth;
    return true;
}

static bool add_rules(struct builder *builder, const struct rule_source *source) {
    for (; source->name != NULL; source++) {
        // The rule counts only when it is complete: a slot cannot name the rule it stands in.
        struct rule *rule = &builder->rules[builder->rule_count];
        *rule = (struct rule){
            .name = source->name, .first_alternative = builder->alternative_count, .capital = NO_RULE, .words = true};
        for (const char *const *text = source->alternatives; *text != NULL; text++) {
            if (!add_alternative(builder, rule, *text)) {
                return false;
            }
        }
        if (rule->depth >= GRAMMAR_MAX_DEPTH || rule->alternative_count > UINT16_MAX) {
            return failure_set(builder->failure, "grammar: rule \"%s\" is too deep or too long", rule->name);
        }
        builder->rule_count++;
    }
    return true;
}

static bool find_entries(struct builder *builder, size_t language) {
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        struct reference reference = {NO_RULE, SLOT_NONE, false};
        if (!find_rule(builder, view_of(ENTRIES[i].rule), &reference)) {
            return failure_set(builder->failure, "grammar: language %zu has no rule \"%s\"", language, ENTRIES[i].rule);
        }
        const struct rule *rule = &builder->rules[reference.rule];
        if (rule->max_characters > ENTRIES[i].characters) {
            return failure_set(builder->failure, "grammar: language %zu: \"%s\" can have %u characters, more than %u",
                language, rule->name, rule->max_characters, ENTRIES[i].characters);
        }
        if (rule->alternative_count > GRAMMAR_MAX_CHOICES) {
            return failure_set(builder->failure, "grammar: language %zu: \"%s\" has %u alternatives, more than %d",
                language, rule->name, rule->alternative_count, GRAMMAR_MAX_CHOICES);
        }
        builder->entry_rules[language][i] = reference.rule;
        builder->grammar->max_bytes[language][i] = rule->max_bytes;
    }
    return true;
}

static uint32_t last_piece(const struct builder *builder, uint32_t first) {
    while ((builder->grammar->pieces[first].flags & PIECE_LAST) == 0) {
        first++;
    }
    return first;
}

// Copies an alternative, its first letter made a capital: that of its text or, if it begins with a slot, that of the slot.
static void copy_with_capital(struct builder *builder, uint32_t from) {
    uint32_t last = last_piece(builder, from);
    builder->grammar->alternatives[builder->alternative_count++] = builder->piece_count;
    for (uint32_t i = from; i <= last; i++) {
        struct piece piece = builder->grammar->pieces[i];
        struct reference reference = builder->references[i];
        if (i == from && piece.length > 0) {
            grammar_capitalise(piece.text, piece.length);
        } else if (i == from) {
            reference.capital = true;
        }
        builder->references[builder->piece_count] = reference;
        builder->grammar->pieces[builder->piece_count++] = piece;
    }
}

static uint32_t capital_form(struct builder *builder, uint32_t number) {
    if (builder->rules[number].capital == NO_RULE) {
        struct rule *capital = &builder->rules[builder->rule_count];
        *capital = builder->rules[number];
        capital->first_alternative = builder->alternative_count;
        capital->capital = builder->rule_count;
        for (uint32_t i = 0; i < capital->alternative_count; i++) {
            copy_with_capital(builder, builder->grammar->alternatives[builder->rules[number].first_alternative + i]);
        }
        builder->rules[number].capital = builder->rule_count++;
    }
    return builder->rules[number].capital;
}

static struct choice rule_choice(const struct builder *builder, uint32_t number) {
    const struct rule *rule = &builder->rules[number];
    return (struct choice){
        .first = rule->words ? builder->grammar->alternatives[rule->first_alternative] : rule->first_alternative,
        .count = (uint16_t)rule->alternative_count,
        .zipf = rule->alternative_count >= GRAMMAR_ZIPF_FROM ? 1 : 0,
        .kind = rule->words ? SLOT_WORDS : SLOT_RULE};
}

// Capital forms come behind all pieces, which this loop then reaches, too.
static void link_slots(struct builder *builder) {
    for (uint32_t i = 0; i < builder->piece_count; i++) {
        struct reference reference = builder->references[i];
        if (reference.kind == SLOT_RULE) {
            uint32_t rule = reference.capital ? capital_form(builder, reference.rule) : reference.rule;
            builder->grammar->pieces[i].slot = rule_choice(builder, rule);
        } else {
            bool capital = reference.kind == SLOT_THING && reference.capital;
            builder->grammar->pieces[i].slot.kind = (uint8_t)(capital ? SLOT_CAPITAL_THING : reference.kind);
        }
    }
    for (size_t language = 0; language < LANGUAGE_COUNT; language++) {
        for (size_t i = 0; i < ENTRY_COUNT; i++) {
            builder->grammar->entries[language][i] = rule_choice(builder, builder->entry_rules[language][i]);
        }
    }
}

// How much to make room for.
struct sizes {
    size_t rules;
    size_t alternatives;
    size_t pieces;
};

// At most one piece a slot, one a text's end and one a cut; each may come a second time with a capital letter.
static void count_source(const struct rule_source *source, struct sizes *sizes) {
    for (; source->name != NULL; source++) {
        sizes->rules += 2;
        for (const char *const *text = source->alternatives; *text != NULL; text++) {
            size_t length = strlen(*text);
            size_t pieces = 1 + length / (PIECE_TEXT_ROOM - MOST_CHARACTER + 1);
            for (size_t i = 0; i < length; i++) {
                pieces += (*text)[i] == '{' ? 1 : 0;
            }
            sizes->alternatives += 2;
            sizes->pieces += 2 * pieces;
        }
    }
}

static bool reserve(struct builder *builder) {
    struct sizes sizes = {0};
    count_source(GRAMMAR_COMMON, &sizes);
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        count_source(LANGUAGE_SOURCES[i], &sizes);
    }
    struct grammar *grammar = calloc(1, sizeof *grammar);
    builder->grammar = grammar;
    builder->rules = calloc(sizes.rules, sizeof *builder->rules);
    builder->references = calloc(sizes.pieces, sizeof *builder->references);
    if (grammar != NULL) {
        size_t lines = (sizes.pieces * sizeof *grammar->pieces + CACHE_LINE - 1) / CACHE_LINE;
        grammar->pieces = aligned_alloc(CACHE_LINE, lines * CACHE_LINE);
        grammar->alternatives = calloc(sizes.alternatives, sizeof *grammar->alternatives);
    }
    return grammar != NULL && grammar->pieces != NULL && grammar->alternatives != NULL && builder->rules != NULL &&
           builder->references != NULL;
}

struct grammar *grammar_create(struct failure *failure) {
    struct builder builder = {.failure = failure};
    bool right = reserve(&builder) || failure_set(failure, "no memory for the grammar");
    right = right && add_rules(&builder, GRAMMAR_COMMON);
    builder.common_count = builder.rule_count;
    for (size_t i = 0; i < LANGUAGE_COUNT && right; i++) {
        builder.language_start = builder.rule_count;
        right = add_rules(&builder, LANGUAGE_SOURCES[i]) && find_entries(&builder, i);
    }
    if (right) {
        link_slots(&builder);
    } else {
        grammar_free(builder.grammar);
        builder.grammar = NULL;
    }
    free(builder.rules);
    free(builder.references);
    return builder.grammar;
}

void grammar_free(struct grammar *grammar) {
    if (grammar != NULL) {
        free(grammar->pieces);
        free(grammar->alternatives);
        free(grammar);
    }
}
