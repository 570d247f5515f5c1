// The page of a product: its first reviews in the default order, as the table product_page stores them.
//
//   count         4 bytes, how many there are
//   ends          4 bytes for each place: how many bytes of `reviews` lie before the end of this one
//   reviews       JSON, as it is sent, with commas between them
//
// Numbers are big-endian. A change of this, or of the JSON of a review, needs another PRODUCT_PAGE_FORMAT, so that no server
// sends what another release has stored.
#ifndef REVIEWD_PG_PRODUCT_PAGE_H
#define REVIEWD_PG_PRODUCT_PAGE_H

#include "core/buffer.h"
#include "proto/request.h"
#include "proto/review.h"

enum {
    PRODUCT_PAGE_FORMAT = 1,
    PRODUCT_PAGE_REVIEWS = 10
};

// Whether a page holds all that this list asks for.
static inline bool product_page_covers(const struct list_request *list) {
    return list->sort == SORT_RELEVANT && (list->page + 1) * list->count <= PRODUCT_PAGE_REVIEWS;
}

// Begins a page in a buffer, whose content goes.
void product_page_begin(struct buffer *page);

// Adds a review. A page holds no more than PRODUCT_PAGE_REVIEWS of them: what comes after these is left out.
void product_page_add(struct buffer *page, const struct review *review);

// The JSON of those reviews that the list asks for, in place: with commas between them, empty if there are none. False: these
// bytes are no page.
bool product_page_read(struct view page, const struct list_request *list, struct view *reviews);

#endif
