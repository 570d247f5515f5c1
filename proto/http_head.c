#include "proto/http_head.h"

enum {
    EMPTY_LINES_MAX = 4 // before a request line (RFC 9112, 2.2 asks for at least one)
};

enum state {
    EMPTY_LINE, // where the request line or an empty line begins
    EMPTY_LINE_LF,
    REQUEST_WORD,
    REQUEST_SPACE, // behind a space of the request line
    REQUEST_LF,
    LINE_BEGIN,
    FIELD_NAME,
    FIELD_VALUE,
    FIELD_LF,
    LAST_LF, // of the empty line
    COMPLETE,
    REFUSED
};

// VCHAR of RFC 9110.
static bool is_visible(unsigned char byte) {
    return byte > ' ' && byte < 0x7F;
}

// What a field value can hold: VCHAR, obs-text, space and tab.
static bool is_value_byte(unsigned char byte) {
    return (byte >= ' ' && byte != 0x7F) || byte == '\t';
}

// tchar of RFC 9110.
static bool is_name_byte(unsigned char byte) {
    static const char marks[] = "!#$%&'*+.^_`|~";
    bool is_letter = (unsigned char)((byte | 0x20) - 'a') < 26;
    bool is_digit = (unsigned char)(byte - '0') < 10;
    return is_letter || is_digit || byte == '-' || memchr(marks, byte, sizeof marks - 1) != NULL;
}

static void start(struct http_head *head, size_t bytes_max, unsigned fields_max, enum state state) {
    *head = (struct http_head){.bytes_max = bytes_max, .fields_max = fields_max, .state = state};
}

void http_head_start(struct http_head *head, size_t bytes_max, unsigned fields_max) {
    start(head, bytes_max, fields_max, EMPTY_LINE);
}

void http_head_start_trailers(struct http_head *head, size_t bytes_max, unsigned fields_max) {
    start(head, bytes_max, fields_max, LINE_BEGIN);
}

static unsigned refuse(struct http_head *head, enum problem problem, const char *detail) {
    head->problem = problem;
    head->detail = detail;
    return REFUSED;
}

// Refuses a byte that can't be where it is; `detail` says why unless the byte is wrong anywhere.
static unsigned refuse_byte(struct http_head *head, unsigned char byte, const char *detail) {
    if (byte == '\n') {
        detail = "A line of the request's head ends with LF alone instead of CRLF.";
    } else if (byte == '\r') {
        detail = "A CR in the request's head is misplaced.";
    } else if (byte != '\t' && (byte < ' ' || byte == 0x7F)) {
        detail = "The request's head has a control character in it.";
    }
    return refuse(head, PROBLEM_BAD_REQUEST, detail);
}

static unsigned refuse_length(struct http_head *head) {
    if (head->state < LINE_BEGIN) {
        return refuse(head, PROBLEM_TARGET_TOO_LONG, "The request line is longer than this server reads.");
    }
    return refuse(head, PROBLEM_HEADERS_TOO_LARGE, "The header or trailer fields are longer than this server reads.");
}

// The state after a byte in a line that ought to be empty or to be the request line.
static unsigned step_before_request(struct http_head *head, unsigned char byte) {
    if (head->state == EMPTY_LINE_LF) {
        return byte == '\n' ? EMPTY_LINE : refuse_byte(head, '\r', NULL);
    }
    if (is_visible(byte)) {
        return REQUEST_WORD;
    }
    if (byte != '\r') {
        return refuse_byte(head, byte, "A request must begin with a method.");
    }
    if (++head->empty_lines > EMPTY_LINES_MAX) {
        return refuse(head, PROBLEM_BAD_REQUEST, "There are too many empty lines before the request.");
    }
    return EMPTY_LINE_LF;
}

static unsigned step_line_begin(struct http_head *head, unsigned char byte) {
    if (byte == '\r') {
        return LAST_LF;
    }
    if (byte == ' ' || byte == '\t') {
        return refuse(
            head, PROBLEM_BAD_REQUEST, "A header line begins with white space (line folding is not accepted).");
    }
    if (byte == ':') {
        return refuse(head, PROBLEM_BAD_REQUEST, "A header field has no name.");
    }
    if (!is_name_byte(byte)) {
        return refuse_byte(head, byte, "A header field's name has a character in it that no name can have.");
    }
    if (++head->fields > head->fields_max) {
        return refuse(
            head, PROBLEM_HEADERS_TOO_LARGE, "There are more header or trailer fields than this server reads.");
    }
    return FIELD_NAME;
}

// The state after a byte that ends a run, or that comes alone.
static unsigned step(struct http_head *head, unsigned char byte) {
    switch ((enum state)head->state) {
    case EMPTY_LINE:
    case EMPTY_LINE_LF: return step_before_request(head, byte);
    case REQUEST_WORD:
        if (byte == ' ' || byte == '\r') {
            return byte == ' ' ? REQUEST_SPACE : REQUEST_LF;
        }
        return refuse_byte(head, byte, "The request line has a character in it that must be percent-encoded.");
    case REQUEST_SPACE:
        if (is_visible(byte)) {
            return REQUEST_WORD;
        }
        return refuse_byte(head, byte, "The request line must be method, target and version with one space between.");
    case LINE_BEGIN: return step_line_begin(head, byte);
    case FIELD_NAME:
        if (byte == ':') {
            return FIELD_VALUE;
        }
        if (byte == '\r') {
            return refuse(head, PROBLEM_BAD_REQUEST, "A header line has no colon.");
        }
        return refuse_byte(head, byte, "A header field's name has a character in it that no name can have.");
    case FIELD_VALUE: return byte == '\r' ? FIELD_LF : refuse_byte(head, byte, NULL);
    case REQUEST_LF:
    case FIELD_LF: return byte == '\n' ? LINE_BEGIN : refuse_byte(head, '\r', NULL);
    case LAST_LF: return byte == '\n' ? COMPLETE : refuse_byte(head, '\r', NULL);
    case COMPLETE:
    case REFUSED: break;
    }
    return head->state;
}

// How many of the bytes leave the state as it is.
static size_t run_length(unsigned state, const char *bytes, size_t length) {
    size_t run = 0;
    if (state == REQUEST_WORD) {
        while (run < length && is_visible((unsigned char)bytes[run])) {
            run++;
        }
    } else if (state == FIELD_NAME) {
        while (run < length && is_name_byte((unsigned char)bytes[run])) {
            run++;
        }
    } else if (state == FIELD_VALUE) {
        while (run < length && is_value_byte((unsigned char)bytes[run])) {
            run++;
        }
    }
    return run;
}

static void take(struct http_head *head, struct view *input, size_t count) {
    input->data += count;
    input->length -= count;
    head->length += head->state <= EMPTY_LINE_LF ? 0 : count;
}

enum head_result http_head_scan(struct http_head *head, struct view *input) {
    while (input->length > 0 && head->state < COMPLETE) {
        size_t room = head->bytes_max - head->length;
        take(head, input, run_length(head->state, input->data, input->length < room ? input->length : room));
        if (input->length == 0) {
            break;
        }
        if (head->length == head->bytes_max) {
            head->state = refuse_length(head);
            break;
        }
        head->state = step(head, (unsigned char)input->data[0]);
        take(head, input, 1);
    }
    return head->state == COMPLETE ? HEAD_COMPLETE : head->state == REFUSED ? HEAD_REFUSED : HEAD_INCOMPLETE;
}
