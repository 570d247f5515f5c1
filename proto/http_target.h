// The request target and the Host field: their forms (RFC 9112, 3.2) and their grammar (RFC 3986).
#ifndef REVIEWD_PROTO_HTTP_TARGET_H
#define REVIEWD_PROTO_HTTP_TARGET_H

#include "core/base.h"
#include "proto/http_method.h"

// Splits a target in origin-form, absolute-form (http or https) or asterisk-form (OPTIONS only) into path and query, which
// are views of it; "/" for an absolute-form without a path. False for any other form, and for a target with a fragment.
MUST_CHECK bool http_target_split(enum http_method method, struct view target, struct view *path, struct view *query);

// Whether the text is a host, which must not be empty, and perhaps a port: what Host must hold.
MUST_CHECK bool http_host_is_valid(struct view text);

#endif
