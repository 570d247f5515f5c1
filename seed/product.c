// A product's traits.
#include "seed/product.h"

#include <stdlib.h>

enum characteristic_bit {
    FIT = 1 << 0,
    LENGTH = 1 << 1,
    COMFORT = 1 << 2,
    QUALITY = 1 << 3,
    WIDTH = 1 << 4,
    SIZE = 1 << 5
};

struct kind {
    uint32_t characteristics;
    const char *things[LANGUAGE_COUNT];
};

static const struct kind KINDS[] = {
#define KIND(characteristics, ...) {characteristics, {__VA_ARGS__}},
#include "seed/kind.def"
#undef KIND
};

// Ratings are J-shaped: mostly 5, some 1 and little in between (Hu, Pavlou and Zhang, "Overcoming the J-Shaped
// Distribution of Product Reviews", Communications of the ACM 52(10), 2009). Each row is one sort of product; the shares
// are ours, and the last row is a product that divides its buyers.
static const uint16_t RATING_SHARES[][RATING_COUNT - 1] = {
    {30, 50, 80, 200},
    {60, 90, 140, 320},
    {90, 130, 200, 380},
    {110, 160, 250, 450},
    {140, 210, 320, 520},
    {210, 300, 420, 600},
    {310, 430, 550, 700},
    {280, 350, 400, 500},
};

// Which row a product takes, of 16 equal parts: most products are good.
static const uint8_t RATING_ROWS[] = {0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7};

static void make_model(struct product *product, struct random *random) {
    static const char SYLLABLES[][4] = {"ba", "bel", "cor", "da", "del", "do", "fa", "fen", "ga", "gra", "ha", "jo",
        "ka", "kor", "la", "len", "lo", "lu", "ma", "mir", "mo", "na", "nor", "o", "pal", "pe", "qui", "ra", "ri", "ro",
        "sa", "sel", "so", "ta", "ter", "tol", "u", "va", "vel", "vi", "wen", "xa", "yo", "za", "zen", "zi"};
    char *at = product->model.bytes;
    uint32_t syllables = 2 + random_below(random, 2);
    for (uint32_t i = 0; i < syllables; i++) {
        const char *syllable = SYLLABLES[random_below(random, COUNT_OF(SYLLABLES))];
        size_t length = strlen(syllable);
        memcpy(at, syllable, length);
        at += length;
    }
    product->model.bytes[0] = (char)(product->model.bytes[0] - 'a' + 'A');
    if (random_chance(random, 700)) {
        uint32_t number = 1 + random_below(random, 99);
        *at++ = ' ';
        if (number >= 10) {
            *at++ = (char)('0' + number / 10);
        }
        *at++ = (char)('0' + number % 10);
        *at++ = '0';
    }
    product->model.length = (uint16_t)(at - product->model.bytes);
    product->model.characters = product->model.length;
}

void product_make(struct product *product, uint64_t seed, uint32_t product_id) {
    struct random random;
    random_start(&random, seed, RANDOM_PRODUCT, product_id);
    product->id = product_id;
    product->kind = random_below(&random, COUNT_OF(KINDS));
    product->characteristics = KINDS[product->kind].characteristics;
    for (uint32_t i = 0; i < CHARACTERISTIC_COUNT; i++) {
        // A shop does not ask for every characteristic on every page.
        if (random_chance(&random, 80)) {
            product->characteristics &= ~(1u << i);
        }
    }
    product->rating_shares = RATING_SHARES[RATING_ROWS[random_below(&random, COUNT_OF(RATING_ROWS))]];
    product->fit_centre = 2 + random_below(&random, 3);
    // The square: most products have been there for long.
    double launch = random_unit(&random);
    product->launch = 0.92 * launch * launch;
    make_model(product, &random);
}

struct product_words {
    struct grammar_word things[COUNT_OF(KINDS)][LANGUAGE_COUNT];
    struct grammar_word capital_things[COUNT_OF(KINDS)][LANGUAGE_COUNT];
};

struct product_words *product_words_create(struct failure *failure) {
    struct product_words *words = calloc(1, sizeof *words);
    if (words == NULL) {
        failure_set(failure, "no memory for the grammar");
        return NULL;
    }
    for (size_t kind = 0; kind < COUNT_OF(KINDS); kind++) {
        for (size_t language = 0; language < LANGUAGE_COUNT; language++) {
            struct view thing = view_of(KINDS[kind].things[language]);
            if (!grammar_word_set(&words->things[kind][language], thing, false) ||
                !grammar_word_set(&words->capital_things[kind][language], thing, true)) {
                failure_set(failure, "grammar: a product cannot be called \"%s\"", thing.data);
                free(words);
                return NULL;
            }
        }
    }
    return words;
}

struct grammar_context product_context(
    const struct product *product, const struct product_words *words, enum language language) {
    return (struct grammar_context){
        &words->things[product->kind][language], &words->capital_things[product->kind][language], &product->model};
}
