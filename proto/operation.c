#include "proto/operation.h"

const char *operation_label(enum operation operation) {
    static const char *const labels[] = {
#define REQUEST(name, label) label,
#define CONTROL(name)
#include "proto/operation.def"
#undef REQUEST
#undef CONTROL
    };
    return operation < REQUEST_OPERATION_COUNT ? labels[operation] : "control";
}
