#include "pg/product_page.h"

#include "pg/binary.h"
#include "proto/reply_json.h"

enum {
    NUMBER_BYTES = 4,
    HEAD_BYTES = NUMBER_BYTES * (1 + PRODUCT_PAGE_REVIEWS)
};

// The bytes of reviews before the end of this many of them.
static size_t end_of(const char *head, int count) {
    return count == 0 ? 0 : (uint32_t)binary_read_int32(head + (ptrdiff_t)count * NUMBER_BYTES);
}

void product_page_begin(struct buffer *page) {
    page->length = 0;
    memset(buffer_reserve(page, HEAD_BYTES), 0, HEAD_BYTES);
    page->length = HEAD_BYTES;
}

void product_page_add(struct buffer *page, const struct review *review) {
    int count = binary_read_int32(page->data);
    if (count >= PRODUCT_PAGE_REVIEWS) {
        return;
    }
    reply_json_list_add(page, review, count == 0);
    count++;
    binary_write_int32(page->data, count);
    binary_write_int32(page->data + (ptrdiff_t)count * NUMBER_BYTES, (int32_t)(page->length - HEAD_BYTES));
}

bool product_page_read(struct view page, const struct list_request *list, struct view *reviews) {
    if (page.length < HEAD_BYTES) {
        return false;
    }
    int count = binary_read_int32(page.data);
    if (count < 0 || count > PRODUCT_PAGE_REVIEWS || end_of(page.data, count) != page.length - HEAD_BYTES) {
        return false;
    }
    int first = list->page * list->count < count ? list->page * list->count : count;
    int last = first + list->count < count ? first + list->count : count;
    size_t start = end_of(page.data, first) + (first > 0 && first < last); // behind the comma
    size_t end = end_of(page.data, last);
    if (first == last) {
        start = end;
    }
    if (start > end || end > page.length - HEAD_BYTES) {
        return false;
    }
    *reviews = (struct view){page.data + HEAD_BYTES + start, end - start};
    return true;
}
