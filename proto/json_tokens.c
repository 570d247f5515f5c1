#include "proto/json_tokens.h"

struct scanner {
    const char *position;
    const char *end;
    bool string_has_nul; // the last string holds \u0000
    size_t open;         // objects and arrays that are not closed
    const char *fault;
};

static bool fail(struct scanner *scanner, const char *fault) {
    scanner->fault = fault;
    return false;
}

// The next character; 0, which no token has, at the end.
static char peek(const struct scanner *scanner) {
    return scanner->position < scanner->end ? *scanner->position : 0;
}

static bool is_space(char character) {
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

static void skip_spaces(struct scanner *scanner) {
    while (is_space(peek(scanner))) {
        scanner->position++;
    }
}

// Takes the four digits of \uXXXX.
static bool take_code_unit(struct scanner *scanner, unsigned *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        char character = peek(scanner);
        unsigned digit;
        if (is_digit(character)) {
            digit = (unsigned)(character - '0');
        } else if (character >= 'a' && character <= 'f') {
            digit = (unsigned)(character - 'a') + 10;
        } else if (character >= 'A' && character <= 'F') {
            digit = (unsigned)(character - 'A') + 10;
        } else {
            return fail(scanner, "The body has a \\u escape in a string without four hexadecimal digits.");
        }
        *unit = *unit * 16 + digit;
        scanner->position++;
    }
    return true;
}

// What follows \u: a code unit, or two that make a surrogate pair.
static bool take_unicode_escape(struct scanner *scanner) {
    static const char half[] = "The body has half of a surrogate pair in a string.";
    unsigned unit;
    if (!take_code_unit(scanner, &unit)) {
        return false;
    }
    scanner->string_has_nul |= unit == 0;
    if (unit < 0xD800 || unit > 0xDFFF) {
        return true;
    }
    if (unit > 0xDBFF || scanner->end - scanner->position < 2 || memcmp(scanner->position, "\\u", 2) != 0) {
        return fail(scanner, half);
    }
    scanner->position += 2;
    return take_code_unit(scanner, &unit) && ((unit >= 0xDC00 && unit <= 0xDFFF) || fail(scanner, half));
}

// What follows the opening quote.
static bool take_string(struct scanner *scanner) {
    scanner->string_has_nul = false;
    while (scanner->position < scanner->end) {
        char character = *scanner->position++;
        if (character == '"') {
            return true;
        }
        if ((unsigned char)character < 0x20) {
            return fail(scanner, "The body has an unescaped control character in a string.");
        }
        if (character == '\\') {
            char escape = peek(scanner);
            if (escape == 0 || strchr("\"\\/bfnrtu", escape) == NULL) {
                return fail(scanner, "The body has an unknown escape in a string.");
            }
            scanner->position++;
            if (escape == 'u' && !take_unicode_escape(scanner)) {
                return false;
            }
        }
    }
    return fail(scanner, "The body ends within a string.");
}

static bool take_digits(struct scanner *scanner) {
    const char *begin = scanner->position;
    while (is_digit(peek(scanner))) {
        scanner->position++;
    }
    return scanner->position > begin;
}

// A number from its first character on.
static bool take_number(struct scanner *scanner) {
    scanner->position += peek(scanner) == '-';
    bool good = true;
    if (peek(scanner) == '0') {
        scanner->position++;
    } else {
        good = take_digits(scanner);
    }
    if (good && peek(scanner) == '.') {
        scanner->position++;
        good = take_digits(scanner);
    }
    if (good && (peek(scanner) == 'e' || peek(scanner) == 'E')) {
        scanner->position++;
        scanner->position += peek(scanner) == '+' || peek(scanner) == '-';
        good = take_digits(scanner);
    }
    return good || fail(scanner, "The body has a malformed number.");
}

static bool take_word(struct scanner *scanner) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(scanner->end - scanner->position) >= length && memcmp(scanner->position, words[i], length) == 0) {
            scanner->position += length;
            return true;
        }
    }
    return fail(scanner, "The body has something in it that is not JSON.");
}

static bool take_number_or_word(struct scanner *scanner) {
    char first = peek(scanner);
    if (!(first == '-' || is_digit(first) ? take_number(scanner) : take_word(scanner))) {
        return false;
    }
    char next = peek(scanner);
    return scanner->position == scanner->end || is_space(next) || (next != 0 && strchr(",]}", next) != NULL) ||
           fail(scanner, "The body has something behind a value that is not JSON.");
}

static void take_punctuation(struct scanner *scanner, struct json_extent *extent) {
    char character = *scanner->position++;
    if (character == '{' || character == '[') {
        scanner->open++;
        extent->depth = scanner->open > extent->depth ? scanner->open : extent->depth;
    } else if (character == '}' || character == ']') {
        scanner->open -= scanner->open > 0;
    } else if (character == ':') {
        extent->members++;
    }
}

static bool take_token(struct scanner *scanner, struct json_extent *extent) {
    char first = *scanner->position;
    if (first == '"') {
        scanner->position++;
        if (!take_string(scanner)) {
            return false;
        }
        skip_spaces(scanner);
        return peek(scanner) != ':' || !scanner->string_has_nul ||
               fail(scanner, "The body has U+0000 in a member's name.");
    }
    if (first != 0 && strchr("{}[],:", first) != NULL) {
        take_punctuation(scanner, extent);
        return true;
    }
    return take_number_or_word(scanner);
}

const char *json_tokens_fault(struct view json, struct json_extent *extent) {
    *extent = (struct json_extent){0};
    if (json.length == 0) {
        return "The body is empty.";
    }
    struct scanner scanner = {.position = json.data, .end = json.data + json.length};
    for (skip_spaces(&scanner); scanner.position < scanner.end; skip_spaces(&scanner)) {
        if (!take_token(&scanner, extent)) {
            return scanner.fault;
        }
    }
    return NULL;
}
