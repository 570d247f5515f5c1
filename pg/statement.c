#include "pg/statement.h"

#include "pg/budget.h"

struct description {
    const char *name;
    const char *sql;
    enum lane lane;
    int parameter_count;
};

static const struct description descriptions[] = {
#define STATEMENT(name, lane, parameters, sql) {#name, sql, LANE_##lane, parameters},
#include "pg/statement.def"
#undef STATEMENT
};

#define LEAF_MARK "{leaf}"

enum lane statement_lane(enum statement statement) {
    return descriptions[statement].lane;
}

int statement_parameter_count(enum statement statement) {
    return descriptions[statement].parameter_count;
}

bool statement_has_leaf(enum statement statement) {
    return strstr(descriptions[statement].sql, LEAF_MARK) != NULL;
}

static void append_identifier(struct buffer *out, const char *identifier) {
    buffer_append(out, VIEW("\""));
    for (const char *c = identifier; *c != '\0'; c++) {
        buffer_append(out, (struct view){c, 1});
        if (*c == '"') {
            buffer_append(out, VIEW("\""));
        }
    }
    buffer_append(out, VIEW("\""));
}

void statement_text(enum statement statement, const char *leaf, struct buffer *out) {
    const char *rest = descriptions[statement].sql;
    for (const char *mark; (mark = strstr(rest, LEAF_MARK)) != NULL; rest = mark + strlen(LEAF_MARK)) {
        buffer_append(out, (struct view){rest, (size_t)(mark - rest)});
        if (leaf == NULL) {
            buffer_append(out, VIEW(LEAF_MARK));
        } else {
            append_identifier(out, leaf);
        }
    }
    buffer_append(out, (struct view){rest, strlen(rest) + 1});
}

const char *statement_name(enum statement statement) {
    return descriptions[statement].name;
}
