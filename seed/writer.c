// The texts of a review: how much is written, in which language, how carefully, and what the seller answers.
#include "seed/writer.h"

enum {
    BODY_MOST_TARGET = 1450,
    // A repeated sentence gives a made text away: so often another one is tried.
    REPEAT_TRIES = 4
};

static const struct {
    uint32_t share;
    uint32_t length_percent;
} LANGUAGES[] = {
#define LANGUAGE(identifier, variable, share, length_percent) {share, length_percent},
#include "seed/language.def"
#undef LANGUAGE
};

// How often a sentence is praise, a plain fact or (the rest) blame, of a hundred, by rating.
static const struct { uint32_t good, fact; } MOODS[] = {{4, 22}, {16, 24}, {36, 26}, {64, 22}, {80, 18}};

// One review's text in the making.
struct draft {
    const struct grammar *grammar;
    struct grammar_context context;
    struct random *random;
    struct text text;
    enum language language;
    uint32_t rating;
    // Which sentences are used up, a bit each.
    uint64_t used[ENTRY_COUNT][2];
};

bool writer_check(const struct grammar *grammar, struct failure *failure) {
    for (uint32_t i = 0; i < LANGUAGE_COUNT; i++) {
        uint32_t sentence = 0;
        uint32_t others = 0;
        for (uint32_t entry = 0; entry < ENTRY_COUNT; entry++) {
            uint32_t bytes = grammar_max_bytes(grammar, (enum language)i, (enum grammar_entry)entry);
            others += bytes;
            sentence = bytes > sentence ? bytes : sentence;
            if (grammar_choices(grammar, (enum language)i, (enum grammar_entry)entry) > 128) {
                return failure_set(failure, "grammar: language %u: a rule has more than 128 alternatives", i);
            }
        }
        // A body is at most four bytes a character of its target, a sentence and a closing; photos are below 2 KiB.
        if (BODY_MOST_TARGET * 4 + 2 * sentence + others + 2048 + 64 > REVIEW_TEXT_ROOM) {
            return failure_set(failure, "grammar: language %u: texts can get too long", i);
        }
    }
    return true;
}

static enum language pick_language(struct random *random) {
    uint32_t number = random_below(random, 1000);
    uint32_t language = 0;
    while (language + 1 < LANGUAGE_COUNT && number >= LANGUAGES[language].share) {
        number -= LANGUAGES[language].share;
        language++;
    }
    return (enum language)language;
}

// Where a text stops growing, in characters: between these sixteen quantiles, evenly. The last sentence goes beyond it, so
// that half of all texts have 180 characters or more and one in twenty nearly 1,000.
static uint32_t pick_target(const struct draft *draft) {
    static const uint32_t QUANTILES[] = {
        1, 10, 25, 45, 70, 95, 120, 145, 170, 200, 240, 295, 380, 520, 800, BODY_MOST_TARGET};
    uint32_t number = random_below(draft->random, (COUNT_OF(QUANTILES) - 1) * 1024);
    uint32_t low = QUANTILES[number / 1024];
    uint32_t target = low + (QUANTILES[number / 1024 + 1] - low) * (number % 1024) / 1024;
    target = target * LANGUAGES[draft->language].length_percent / 100;
    return target < BODY_MOST_TARGET ? target : BODY_MOST_TARGET;
}

static void put(struct draft *draft, char character) {
    *draft->text.end++ = character;
    draft->text.characters++;
}

static void put_sentence(struct draft *draft, enum grammar_entry entry) {
    uint64_t *used = draft->used[entry];
    uint32_t choice = 0;
    for (uint32_t i = 0; i < REPEAT_TRIES; i++) {
        choice = grammar_pick(draft->grammar, draft->language, entry, draft->random);
        if ((used[choice / 64] >> (choice % 64) & 1) == 0) {
            break;
        }
    }
    used[choice / 64] |= UINT64_C(1) << (choice % 64);
    grammar_write(draft->grammar, draft->language, entry, choice, &draft->context, draft->random, &draft->text);
}

static enum grammar_entry pick_mood(struct draft *draft) {
    uint32_t number = random_below(draft->random, 100);
    uint32_t good = MOODS[draft->rating - 1].good;
    uint32_t fact = MOODS[draft->rating - 1].fact;
    return number < good ? ENTRY_GOOD : (number < good + fact ? ENTRY_FACT : ENTRY_BAD);
}

static void put_separator(struct draft *draft) {
    uint32_t number = random_below(draft->random, 100);
    if (number < 4) {
        put(draft, '\n');
        put(draft, '\n');
    } else if (number < 7) {
        put(draft, '\n');
    } else if (draft->language != LANGUAGE_JAPANESE) {
        put(draft, ' ');
    }
}

static bool is_lower(char character) {
    return character >= 'a' && character <= 'z';
}

// Swaps, doubles or drops one small letter, as hasty fingers do: it is where the rare words of real text come from.
static void slip(struct draft *draft, char *start) {
    size_t length = (size_t)(draft->text.end - start);
    char *at = start + random_below(draft->random, (uint32_t)length);
    if (at + 1 >= draft->text.end || !is_lower(at[0]) || !is_lower(at[1])) {
        return;
    }
    size_t behind = (size_t)(draft->text.end - at) - 1;
    switch (random_below(draft->random, 3)) {
    case 0: {
        char first = at[0];
        at[0] = at[1];
        at[1] = first;
        break;
    }
    case 1:
        memmove(at + 2, at + 1, behind);
        at[1] = at[0];
        draft->text.end++;
        break;
    default:
        memmove(at, at + 1, behind);
        draft->text.end--;
        break;
    }
}

// Some write without capitals or without the last full stop.
static void make_careless(struct draft *draft, char *start) {
    uint32_t number = random_below(draft->random, 100);
    if (number < 5) {
        for (char *at = start; at < draft->text.end; at++) {
            *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
        }
    }
    if (number < 16 && draft->text.end[-1] == '.' && draft->text.end - start > 1) {
        draft->text.end--;
    }
    if (random_chance(draft->random, 120)) {
        slip(draft, start);
    }
}

static struct view write_body(struct draft *draft) {
    char *start = draft->text.end;
    uint32_t target = pick_target(draft);
    draft->text.characters = 0;
    memset(draft->used, 0, sizeof draft->used);
    if (target > 60 && random_chance(draft->random, 550)) {
        put_sentence(draft, ENTRY_OPENING);
        put_separator(draft);
    }
    put_sentence(draft, pick_mood(draft));
    while (draft->text.characters < target) {
        put_separator(draft);
        put_sentence(draft, pick_mood(draft));
    }
    if (random_chance(draft->random, 220)) {
        put_separator(draft);
        bool good = draft->rating > 3 || (draft->rating == 3 && random_chance(draft->random, 400));
        put_sentence(draft, good ? ENTRY_CLOSING_GOOD : ENTRY_CLOSING_BAD);
    }
    make_careless(draft, start);
    return (struct view){start, (size_t)(draft->text.end - start)};
}

static struct view write_one(struct draft *draft, enum grammar_entry entry) {
    char *start = draft->text.end;
    uint32_t choice = grammar_pick(draft->grammar, draft->language, entry, draft->random);
    grammar_write(draft->grammar, draft->language, entry, choice, &draft->context, draft->random, &draft->text);
    return (struct view){start, (size_t)(draft->text.end - start)};
}

static struct view write_summary(struct draft *draft) {
    // A few leave it empty.
    if (random_chance(draft->random, 30)) {
        return (struct view){draft->text.end, 0};
    }
    uint32_t rating = draft->rating;
    return write_one(draft, rating > 3 ? ENTRY_SUMMARY_GOOD : (rating == 3 ? ENTRY_SUMMARY_MIXED : ENTRY_SUMMARY_BAD));
}

// Sellers answer the unhappy.
static struct view write_response(struct draft *draft) {
    static const uint32_t ANSWERED[] = {380, 330, 160, 60, 50};
    if (!random_chance(draft->random, ANSWERED[draft->rating - 1])) {
        return (struct view){NULL, 0};
    }
    return write_one(draft, draft->rating > 3 ? ENTRY_RESPONSE_GOOD : ENTRY_RESPONSE_BAD);
}

static char *append(char *at, const char *text) {
    size_t length = strlen(text);
    memcpy(at, text, length);
    return at + length;
}

static char *append_hex(char *at, uint64_t number) {
    for (unsigned i = 0; i < 16; i++) {
        *at++ = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
    }
    return at;
}

// The photos as the JSON that the server sends.
static struct view write_photos(struct draft *draft) {
    static const uint32_t COUNTS[] = {820, 910, 955, 980, 993};
    uint32_t number = random_below(draft->random, 1000);
    uint32_t count = 0;
    while (count < PHOTOS_MAX && number >= COUNTS[count]) {
        count++;
    }
    if (count == 0) {
        return (struct view){NULL, 0};
    }
    char *start = draft->text.end;
    char *at = start;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t name = random_next(draft->random);
        at = append(at, i == 0 ? "[{\"url\":\"https://images.example.com/reviews/"
                               : ",{\"url\":\"https://images.example.com/reviews/");
        at = append(append_hex(at, name), ".jpg\",\"thumbnail_url\":\"https://images.example.com/thumbnails/");
        at = append(append_hex(at, name), ".jpg\"}");
    }
    *at++ = ']';
    draft->text.end = at;
    return (struct view){start, (size_t)(at - start)};
}

void writer_fill(const struct grammar *grammar, const struct product *product, struct random *random, char *room,
    struct review *review) {
    struct draft draft;
    draft.grammar = grammar;
    draft.random = random;
    draft.language = pick_language(random);
    draft.rating = review->rating;
    draft.context.thing = product_thing(product, draft.language);
    draft.context.model = (struct view){product->model, product->model_length};
    draft.text = (struct text){room, 0};
    review->summary = write_summary(&draft);
    review->body = write_body(&draft);
    review->response = write_response(&draft);
    review->reviewer_name = write_one(&draft, ENTRY_NAME);
    review->email = write_one(&draft, ENTRY_EMAIL);
    review->photos = write_photos(&draft);
}
