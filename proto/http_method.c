#include "proto/http_method.h"

const char *http_method_name(enum http_method method) {
    static const char *const names[METHOD_COUNT] = {
#define METHOD(name) #name,
#include "proto/http_method.def"
#undef METHOD
    };
    return names[method];
}
