// Builds the grammar: resolves slots, measures rules and checks them against the limits.
#include <stdlib.h>

#include "seed/grammar_rules.h"

struct builder {
    struct grammar *grammar;
    struct failure *failure;
    // Where the rules of the language being built begin; before them stand the common ones.
    uint32_t language_start;
    uint32_t common_count;
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

// How many pieces and alternatives to make room for: at most one piece a slot and one a text's end.
static void count_source(const struct rule_source *source, size_t *rules, size_t *alternatives, size_t *pieces) {
    for (; source->name != NULL; source++) {
        (*rules)++;
        for (const char *const *text = source->alternatives; *text != NULL; text++) {
            (*alternatives)++;
            (*pieces)++;
            for (const char *at = *text; *at != '\0'; at++) {
                *pieces += *at == '{' ? 1 : 0;
            }
        }
    }
}

static uint32_t count_characters(const char *text, size_t length) {
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

static bool find_rule(const struct builder *builder, struct view name, uint16_t *slot) {
    const struct grammar *grammar = builder->grammar;
    if (view_equal(name, VIEW("thing"))) {
        *slot = SLOT_THING;
        return true;
    }
    if (view_equal(name, VIEW("model"))) {
        *slot = SLOT_MODEL;
        return true;
    }
    for (uint32_t i = grammar->rule_count; i > 0; i--) {
        bool reachable = i > builder->language_start || i <= builder->common_count;
        if (reachable && view_equal(name, view_of(grammar->rules[i - 1].name))) {
            *slot = (uint16_t)(i - 1);
            return true;
        }
    }
    return false;
}

static void measure_slot(const struct grammar *grammar, uint16_t slot, uint32_t *bytes, uint32_t *characters) {
    if (slot == SLOT_THING || slot == SLOT_MODEL) {
        uint32_t most = slot == SLOT_THING ? GRAMMAR_MAX_THING : GRAMMAR_MAX_MODEL;
        *bytes += most;
        *characters += most;
    } else if (slot != SLOT_NONE) {
        *bytes += grammar->rules[slot].max_bytes;
        *characters += grammar->rules[slot].max_characters;
    }
}

// Cuts one alternative into pieces and adds it to the rule.
static bool add_alternative(struct builder *builder, struct rule *rule, const char *text) {
    struct grammar *grammar = builder->grammar;
    struct alternative *alternative = &grammar->alternatives[grammar->alternative_count++];
    uint32_t bytes = 0;
    uint32_t characters = 0;
    alternative->first_piece = grammar->piece_count;
    while (*text != '\0') {
        struct piece *piece = &grammar->pieces[grammar->piece_count++];
        size_t length = strcspn(text, "{");
        *piece = (struct piece){text, (uint16_t)length, (uint16_t)count_characters(text, length), SLOT_NONE, false};
        text += length;
        if (*text == '{') {
            size_t name_length = strcspn(text, "}");
            piece->capital = text[1] == '^';
            struct view name = {text + 1 + piece->capital, name_length - 1 - piece->capital};
            if (text[name_length] != '}' || !find_rule(builder, name, &piece->slot)) {
                return failure_set(
                    builder->failure, "grammar: rule \"%s\": no rule above it for \"%s\"", rule->name, text);
            }
            text += name_length + 1;
        }
        bytes += piece->length;
        characters += piece->characters;
        measure_slot(grammar, piece->slot, &bytes, &characters);
    }
    alternative->piece_count = grammar->piece_count - alternative->first_piece;
    rule->alternative_count++;
    rule->max_bytes = bytes > rule->max_bytes ? bytes : rule->max_bytes;
    rule->max_characters = characters > rule->max_characters ? characters : rule->max_characters;
    return true;
}

static bool add_rules(struct builder *builder, const struct rule_source *source) {
    struct grammar *grammar = builder->grammar;
    for (; source->name != NULL; source++) {
        // The rule counts only when it is complete: a slot cannot name the rule it stands in.
        struct rule *rule = &grammar->rules[grammar->rule_count];
        *rule = (struct rule){.name = source->name, .first_alternative = grammar->alternative_count};
        for (const char *const *text = source->alternatives; *text != NULL; text++) {
            if (!add_alternative(builder, rule, *text)) {
                return false;
            }
        }
        grammar->rule_count++;
    }
    return true;
}

static bool find_entries(struct builder *builder, size_t language) {
    struct grammar *grammar = builder->grammar;
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        uint16_t *entry = &grammar->entries[language][i];
        if (!find_rule(builder, view_of(ENTRIES[i].rule), entry)) {
            return failure_set(builder->failure, "grammar: language %zu has no rule \"%s\"", language, ENTRIES[i].rule);
        }
        const struct rule *rule = &grammar->rules[*entry];
        if (rule->max_characters > ENTRIES[i].characters) {
            return failure_set(builder->failure, "grammar: language %zu: \"%s\" can have %u characters, more than %u",
                language, rule->name, rule->max_characters, ENTRIES[i].characters);
        }
    }
    return true;
}

struct grammar *grammar_create(struct failure *failure) {
    size_t rules = 0;
    size_t alternatives = 0;
    size_t pieces = 0;
    count_source(GRAMMAR_COMMON, &rules, &alternatives, &pieces);
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        count_source(LANGUAGE_SOURCES[i], &rules, &alternatives, &pieces);
    }
    struct grammar *grammar = calloc(1, sizeof *grammar);
    if (grammar != NULL) {
        grammar->rules = calloc(rules, sizeof *grammar->rules);
        grammar->alternatives = calloc(alternatives, sizeof *grammar->alternatives);
        grammar->pieces = calloc(pieces, sizeof *grammar->pieces);
    }
    if (grammar == NULL || grammar->rules == NULL || grammar->alternatives == NULL || grammar->pieces == NULL) {
        failure_set(failure, "no memory for the grammar");
        grammar_free(grammar);
        return NULL;
    }
    struct builder builder = {.grammar = grammar, .failure = failure};
    bool right = add_rules(&builder, GRAMMAR_COMMON);
    builder.common_count = grammar->rule_count;
    for (size_t i = 0; i < LANGUAGE_COUNT && right; i++) {
        builder.language_start = grammar->rule_count;
        right = add_rules(&builder, LANGUAGE_SOURCES[i]) && find_entries(&builder, i);
    }
    if (!right) {
        grammar_free(grammar);
        return NULL;
    }
    return grammar;
}

void grammar_free(struct grammar *grammar) {
    if (grammar != NULL) {
        free(grammar->rules);
        free(grammar->alternatives);
        free(grammar->pieces);
        free(grammar);
    }
}
