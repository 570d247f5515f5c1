"""A tenth of the visitors, twice interrupted by a rush of all of them within seconds. Takes -u and --minutes (1000, 6)."""

from locust import LoadTestShape


class Spike(LoadTestShape):
    use_common_options = True

    def tick(self):
        options = self.runner.environment.parsed_options
        users, seconds = options.num_users or 1000, 60 * (options.minutes or 6)
        sixth = int(self.get_run_time() / seconds * 6)
        if sixth >= 6:
            return None
        rush = sixth in (1, 4)
        return (users if rush else max(1, users // 10)), max(1, users / 3)
