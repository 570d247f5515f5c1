# What actors are made of and can be tried without them.
reviewd_unit_test(reply_budget reviewd_actors)
