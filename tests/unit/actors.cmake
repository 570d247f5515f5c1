# What actors are made of and can be tried without them.
reviewd_unit_test(reply_budget reviewd_actors)
reviewd_unit_test(lane_growth reviewd_actors)
reviewd_unit_test(service_time reviewd_actors)
reviewd_unit_test(queue_wait reviewd_actors)
reviewd_unit_test(pipeline_depth reviewd_actors)
