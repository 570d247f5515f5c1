// HTTP methods as far as routes know them.
#ifndef REVIEWD_PROTO_HTTP_METHOD_H
#define REVIEWD_PROTO_HTTP_METHOD_H

enum http_method {
#define METHOD(name) METHOD_##name,
#include "proto/http_method.def"
#undef METHOD
    METHOD_OTHER, // a method of some standard that no route has
    METHOD_COUNT = METHOD_OTHER
};

// "GET"; not for METHOD_OTHER.
const char *http_method_name(enum http_method method);

#endif
