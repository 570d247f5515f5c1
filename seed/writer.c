// The texts of a review: how much is written, in which language, how carefully, and what the seller answers.
#include "seed/writer.h"

#include "seed/encode.h"

enum {
    PHOTOS_MAX = 5,
    BODY_MOST_TARGET = 1450
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
    // Where the field being written begins.
    char *start;
    enum seed_format format;
    enum language language;
    uint32_t rating;
    // Which sentences of each kind this review has, for grammar_write_fresh().
    uint64_t used[ENTRY_COUNT];
};

static void begin_field(struct draft *draft) {
    draft->start = encode_text_begin(draft->format, draft->text.end);
    draft->text.end = draft->start;
    draft->text.quoted = false;
}

static void end_field(struct draft *draft) {
    draft->text.end = encode_text_end(draft->format, draft->start, draft->text.end, draft->text.quoted);
}

bool writer_check(const struct grammar *grammar, struct failure *failure) {
    for (uint32_t i = 0; i < LANGUAGE_COUNT; i++) {
        uint32_t sentence = 0;
        uint32_t others = 0;
        for (uint32_t entry = 0; entry < ENTRY_COUNT; entry++) {
            uint32_t bytes = grammar_max_bytes(grammar, (enum language)i, (enum grammar_entry)entry);
            others += bytes;
            sentence = bytes > sentence ? bytes : sentence;
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
// that half of all texts have 180 characters or more and one in twenty nearly 1,000. The quantiles are our choice: a long tail
// of long texts, as in every public collection of reviews.
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
    grammar_write_fresh(
        draft->grammar, draft->language, entry, &draft->used[entry], &draft->context, draft->random, &draft->text);
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
static void slip(struct draft *draft) {
    char *start = draft->start;
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
static void make_careless(struct draft *draft) {
    uint32_t number = random_below(draft->random, 100);
    if (number < 5) {
        for (char *at = draft->start; at < draft->text.end; at++) {
            *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
        }
    }
    if (number < 16 && draft->text.end[-1] == '.' && draft->text.end - draft->start > 1) {
        draft->text.end--;
    }
    if (random_chance(draft->random, 120)) {
        slip(draft);
    }
}

static void write_body(struct draft *draft) {
    uint32_t target = pick_target(draft);
    begin_field(draft);
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
    make_careless(draft);
    end_field(draft);
}

static void write_one(struct draft *draft, enum grammar_entry entry) {
    begin_field(draft);
    grammar_write(draft->grammar, draft->language, entry, &draft->context, draft->random, &draft->text);
    end_field(draft);
}

static void write_summary(struct draft *draft) {
    // A few leave it empty.
    if (random_chance(draft->random, 30)) {
        begin_field(draft);
        end_field(draft);
        return;
    }
    uint32_t rating = draft->rating;
    write_one(draft, rating > 3 ? ENTRY_SUMMARY_GOOD : (rating == 3 ? ENTRY_SUMMARY_MIXED : ENTRY_SUMMARY_BAD));
}

// Sellers answer the unhappy.
static void write_response(struct draft *draft) {
    static const uint32_t ANSWERED[] = {380, 330, 160, 60, 50};
    if (random_chance(draft->random, ANSWERED[draft->rating - 1])) {
        write_one(draft, draft->rating > 3 ? ENTRY_RESPONSE_GOOD : ENTRY_RESPONSE_BAD);
    } else {
        draft->text.end = encode_null(draft->format, draft->text.end);
    }
}

static void put_bytes(struct draft *draft, struct view bytes) {
    memcpy(draft->text.end, bytes.data, bytes.length);
    draft->text.end += bytes.length;
}

static void put_hex(struct draft *draft, uint64_t number) {
    for (unsigned i = 0; i < 16; i++) {
        *draft->text.end++ = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
    }
}

// The photos as the JSON that the server sends; in CSV with its quotation marks doubled.
static void write_photos(struct draft *draft) {
#define PHOTO_URL(quote) "{" quote "url" quote ":" quote "https://images.example.com/reviews/"
#define PHOTO_THUMBNAIL(quote)                                                                                         \
    ".jpg" quote "," quote "thumbnail_url" quote ":" quote "https://images.example.com/thumbnails/"
#define PHOTO_END(quote) ".jpg" quote "}"
    static const uint32_t COUNTS[] = {820, 910, 955, 980, 993};
    uint32_t number = random_below(draft->random, 1000);
    uint32_t count = 0;
    while (count < PHOTOS_MAX && number >= COUNTS[count]) {
        count++;
    }
    if (count == 0) {
        draft->text.end = encode_null(draft->format, draft->text.end);
        return;
    }
    bool csv = draft->format == FORMAT_CSV;
    begin_field(draft);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t name = random_next(draft->random);
        *draft->text.end++ = i == 0 ? '[' : ',';
        put_bytes(draft, csv ? VIEW(PHOTO_URL("\"\"")) : VIEW(PHOTO_URL("\"")));
        put_hex(draft, name);
        put_bytes(draft, csv ? VIEW(PHOTO_THUMBNAIL("\"\"")) : VIEW(PHOTO_THUMBNAIL("\"")));
        put_hex(draft, name);
        put_bytes(draft, csv ? VIEW(PHOTO_END("\"\"")) : VIEW(PHOTO_END("\"")));
    }
    *draft->text.end++ = ']';
    end_field(draft);
#undef PHOTO_URL
#undef PHOTO_THUMBNAIL
#undef PHOTO_END
}

char *writer_fill(const struct maker_tables *tables, const struct product *product, uint32_t rating,
    struct random *random, enum seed_format format, char *at) {
    struct draft draft;
    draft.grammar = tables->grammar;
    draft.random = random;
    draft.format = format;
    draft.language = pick_language(random);
    draft.rating = rating;
    draft.context = product_context(product, tables->words, draft.language);
    draft.text = (struct text){at, 0, false};
    write_summary(&draft);
    write_body(&draft);
    write_response(&draft);
    write_one(&draft, ENTRY_NAME);
    write_one(&draft, ENTRY_EMAIL);
    write_photos(&draft);
    return encode_row_end(format, draft.text.end);
}
