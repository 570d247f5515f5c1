// Makes all reviews of a segment, or of a part of it.
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

static void report(struct segment_writer *writer, struct unreported *unreported) {
    progress_add(writer->progress, unreported->records, unreported->bytes);
    *unreported = (struct unreported){0};
}

// `tally` may be null.
static bool write_product(struct segment_writer *writer, struct tally *tally, struct unreported *unreported) {
    struct output *output = &writer->output;
    struct maker *maker = &writer->maker;
    enum seed_format format = writer->format;
    while (maker_next(maker)) {
        if (!output_reserve(output, ENCODE_MAX_ROW)) {
            return false;
        }
        char *start = output->end;
        char *at = format == FORMAT_CSV ? encode_csv_numbers(start, &maker->review)
                                        : encode_binary_numbers(start, &maker->review);
        output->end = maker_write_texts(maker, format, at);
        if (tally != NULL) {
            tally_add(tally, &maker->review);
        }
        unreported->records++;
        unreported->bytes += (uint64_t)(output->end - start);
        if (unreported->records == REPORT_RECORDS) {
            report(writer, unreported);
            if (failure_stopped(writer->failure)) {
                return false;
            }
        }
    }
    return true;
}

static bool write_products(struct segment_writer *writer, const struct plan *plan, const struct segment_part *part,
    struct tally *tallies, size_t *tally_count) {
    struct unreported unreported = {0};
    for (uint32_t product_id = part->first_product; product_id < part->end_product; product_id++) {
        uint32_t records = plan->product_records[product_id];
        struct tally *tally = tallies != NULL && records > 0 ? &tallies[(*tally_count)++] : NULL;
        if (tally != NULL) {
            *tally = (struct tally){0};
        }
        maker_begin(&writer->maker, product_id, records);
        if (!write_product(writer, tally, &unreported)) {
            return false;
        }
    }
    report(writer, &unreported);
    return true;
}

bool segment_write_part(struct segment_writer *writer, const struct plan *plan, const struct segment_part *part,
    struct tally *tallies, size_t *tally_count) {
    struct output *output = &writer->output;
    if (part->first_product == part->segment->first_product) {
        if (!output_reserve(output, ENCODE_MAX_ROW)) {
            return false;
        }
        if (writer->format == FORMAT_CSV) {
            encode_csv_begin(output);
        } else {
            encode_binary_begin(output);
        }
    }
    if (!write_products(writer, plan, part, tallies, tally_count)) {
        return false;
    }
    if (part->end_product == part->segment->end_product && writer->format == FORMAT_BINARY) {
        if (!output_reserve(output, ENCODE_MAX_ROW)) {
            return false;
        }
        encode_binary_end(output);
    }
    return true;
}

bool segment_write(struct segment_writer *writer, const struct plan *plan, const struct segment *segment,
    struct tally *tallies, size_t *tally_count) {
    struct segment_part whole = {segment, segment->first_product, segment->end_product};
    *tally_count = 0;
    return segment_write_part(writer, plan, &whole, tallies, tally_count) && output_flush(&writer->output);
}
