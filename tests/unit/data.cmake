# What passes through the server: JSON in and out, messages, responses, and the parts that they are made of.
reviewd_unit_test(json_tokens reviewd_proto)
reviewd_unit_test(json_writer reviewd_proto)
reviewd_unit_test(messages reviewd_proto)
reviewd_unit_test(msgpack reviewd_proto)
reviewd_unit_test(response reviewd_proto)
reviewd_unit_test(review_body reviewd_proto)
reviewd_unit_test(timestamp reviewd_proto)
reviewd_unit_test(utf8 reviewd_proto)
