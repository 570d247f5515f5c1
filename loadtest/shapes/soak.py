"""All visitors for hours: does anything grow, leak or slow down? Takes -u and --minutes (1000, 480)."""

from locust import LoadTestShape


class Soak(LoadTestShape):
    use_common_options = True

    def tick(self):
        options = self.runner.environment.parsed_options
        users, seconds = options.num_users or 1000, 60 * (options.minutes or 480)
        if self.get_run_time() >= seconds:
            return None
        return users, max(1, users / 60)
