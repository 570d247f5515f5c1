// Fuzzes the reader of stored pages: whatever bytes the table holds, a list lies within them. The first byte chooses the list.
// Run: fuzz_product_page [-max_total_time=SECONDS] [CORPUS_FOLDER]
#include "pg/product_page.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const struct list_request list = {
        .product_id = 1, .count = 1 + data[0] % PRODUCT_PAGE_REVIEWS, .page = data[0] / 16 % 3};
    const struct view page = {(const char *)data + 1, size - 1};
    struct view reviews;
    if (product_page_read(page, &list, &reviews) &&
        (reviews.data < page.data || reviews.length > page.length ||
            (size_t)(reviews.data - page.data) > page.length - reviews.length)) {
        abort();
    }
    return 0;
}
