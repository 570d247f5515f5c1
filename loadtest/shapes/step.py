"""Ten steps from a tenth of the visitors to all of them: where does the server bend? Takes -u and --minutes (1000, 10)."""

from locust import LoadTestShape


class Step(LoadTestShape):
    use_common_options = True
    steps = 10

    def tick(self):
        options = self.runner.environment.parsed_options
        users, seconds = options.num_users or 1000, 60 * (options.minutes or 10)
        step = int(self.get_run_time() / seconds * self.steps)
        if step >= self.steps:
            return None
        return max(1, users * (step + 1) // self.steps), max(1, users / 10)
