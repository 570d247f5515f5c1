# The subjects of HTTP: what the parser reads, what it refuses, how it bears damaged streams, and the routes.
reviewd_unit_test(http_parser reviewd_proto)
reviewd_unit_test(http_refusals reviewd_proto)
reviewd_unit_test(http_damage reviewd_proto)
reviewd_unit_test(route reviewd_proto)
