// Makes all reviews of a segment.
#include "seed/segment.h"

#include "seed/encode.h"

enum {
    // How many reviews are made between two looks at the progress and the stop flag.
    REPORT_RECORDS = 1024
};

// What the progress does not yet know of.
struct unreported {
    uint64_t records;
    uint64_t bytes;
};

static bool write_product(struct segment_writer *writer, struct tally *tally, struct unreported *unreported) {
    struct output *output = &writer->output;
    struct maker *maker = &writer->maker;
    while (maker_next(maker)) {
        if (!output_reserve(output, ENCODE_MAX_ROW)) {
            return false;
        }
        char *start = output->end;
        if (writer->format == FORMAT_CSV) {
            encode_csv_review(output, &maker->review);
        } else {
            encode_binary_review(output, &maker->review);
        }
        tally_add(tally, &maker->review);
        unreported->records++;
        unreported->bytes += (uint64_t)(output->end - start);
        if (unreported->records == REPORT_RECORDS) {
            progress_add(writer->progress, unreported->records, unreported->bytes);
            *unreported = (struct unreported){0};
            if (failure_stopped(writer->failure)) {
                return false;
            }
        }
    }
    return true;
}

bool segment_write(struct segment_writer *writer, const struct plan *plan, const struct segment *segment,
    struct tally *tallies, size_t *tally_count) {
    struct output *output = &writer->output;
    struct unreported unreported = {0};
    *tally_count = 0;
    if (writer->format == FORMAT_CSV) {
        encode_csv_begin(output);
    } else {
        encode_binary_begin(output);
    }
    for (uint32_t product_id = segment->first_product; product_id < segment->end_product; product_id++) {
        struct tally tally = {0};
        maker_begin(&writer->maker, product_id, plan->product_records[product_id]);
        if (!write_product(writer, &tally, &unreported)) {
            return false;
        }
        if (tallies != NULL && tally.next_n > 0) {
            tallies[(*tally_count)++] = tally;
        }
    }
    progress_add(writer->progress, unreported.records, unreported.bytes);
    if (!output_reserve(output, ENCODE_MAX_ROW)) {
        return false;
    }
    if (writer->format == FORMAT_BINARY) {
        encode_binary_end(output);
    }
    return output_flush(output);
}
