# The subjects of HTTP: the parser, what it refuses, its behaviour on damaged input, and the routes.
reviewd_unit_test(http_parser reviewd_proto)
