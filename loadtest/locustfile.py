"""A swarm of visitors of a shop: they browse reviews, read, vote, write and report, and look at what they are answered.

    locust -f loadtest/locustfile.py --headless -H http://127.0.0.1:8080 -u 1000 -r 50 -t 5m --report report.html

docs/load-testing.md is the guide. Works with Locust 2.12 (Debian 12) and with the current release.
"""

import json
import logging
import random
import time

from gevent.lock import BoundedSemaphore
from locust import events, runners, task
from locust.contrib.fasthttp import FastHttpUser
from locust.runners import MasterRunner, WorkerRunner

from swarm import answers, report, verdict
from swarm.catalogue import Catalogue, count_products

SIGNATURE = "Swarm visitor"  # reviewer_name of what the swarm writes
WORDS = "warm light true to size soft sturdy runs small good value after washing keeps its shape".split()
# Debian's package of Locust 2.12 does not know its version; a master then takes its workers for ones from before 2.0.
runners.__version__ = runners.__version__ or "2.12-debian"

state = {"catalogue": None, "recorder": None}
opening = BoundedSemaphore()


@events.init_command_line_parser.add_listener
def add_options(parser):
    group = parser.add_argument_group("The shop", "What visitors do, and what is good enough; the last three set the exit code")
    group.add_argument("--products", type=int, default=0, env_var="SWARM_PRODUCTS",
                       help="products 1 to N are visited; 0 asks the server how many there are (default)")
    group.add_argument("--pace", type=float, default=1.0, env_var="SWARM_PACE",
                       help="seconds from one action of a visitor to the next, on average; an action is 1.6 requests (1.0)")
    group.add_argument("--minutes", type=float, default=0, env_var="SWARM_MINUTES",
                       help="how long a shape of shapes/ takes (instead of -t, which is for runs without one)")
    group.add_argument("--read-only", action="store_true", env_var="SWARM_READ_ONLY", help="no votes, reviews or reports")
    group.add_argument("--report", metavar="FILE", default="", env_var="SWARM_REPORT", help="write a report with plots (HTML)")
    group.add_argument("--min-rate", type=float, default=1000, env_var="SWARM_MIN_RATE",
                       help="requests a second at full size, to be exceeded (1000)")
    group.add_argument("--max-errors", type=float, default=2, env_var="SWARM_MAX_ERRORS",
                       help="per cent of requests that fail or are answered wrongly, to be kept below (2)")
    group.add_argument("--max-p99", type=float, default=1000, env_var="SWARM_MAX_P99",
                       help="milliseconds within which 99 of 100 requests are answered, to be kept below (1000)")


@events.test_start.add_listener
def begin(environment, **_):
    if not isinstance(environment.runner, WorkerRunner):
        # Workers report every 3 seconds.
        state["recorder"] = verdict.Recorder(environment, 6 if isinstance(environment.runner, MasterRunner) else 1)
    if not isinstance(environment.runner, MasterRunner):
        state["catalogue"] = None


@events.quitting.add_listener
def end(environment, **_):
    recorder = state["recorder"]
    if recorder is None:
        return
    recorder.stop()
    thresholds = verdict.judge(environment.stats.total, recorder.samples, environment.parsed_options)
    for one in thresholds:
        print(one)
    if environment.parsed_options.report:
        report.write(environment.parsed_options.report, environment, recorder, thresholds)
        print(f"report: {environment.parsed_options.report}")
    environment.process_exit_code = 0 if all(one.kept for one in thresholds) else 1


class Visitor(FastHttpUser):
    """Looks at one product at a time. What it remembers: the product, the page, the reviews seen and those written."""

    network_timeout = connection_timeout = 10.0

    def on_start(self):
        self.options = self.environment.parsed_options
        self.catalogue = open_catalogue(self)
        self.product, self.page, self.full, self.sort = None, 0, False, "relevant"
        self.seen = []
        self.written = []
        self.next_at = time.monotonic()
        # Visitors do not act in step.
        self._pause = random.random() * self.options.pace

    def wait_time(self):
        """Keeps the pace whatever the answers take: a slow server is not asked less, until visitors wait for it all the time."""
        self.next_at += self.options.pace * random.uniform(0.5, 1.5) + self._pause
        self._pause = 0
        now = time.monotonic()
        self.next_at = max(self.next_at, now)
        return self.next_at - now

    def ask(self, method, path, name, status, check=None, body=None):
        """Sends one request, and has the answer checked; returns what the check returns, None after a failure."""
        data = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self.client.request(method, path, name=name, data=data, headers=headers, catch_response=True) as response:
            try:
                answers.insist(response.status_code == status, f"status {response.status_code} instead of {status}")
                outcome = check(response) if check else True
                response.success()
                return outcome
            except answers.Wrong as wrong:
                response.failure(str(wrong))
                return None

    # What a page of the shop asks for.

    def get_list(self, count):
        product, page, sort = self.product, self.page, self.sort

        def check(response):
            answer = answers.parse(response.content)
            answers.review_list(answer, product, count, page, sort)
            return answer["results"]

        results = self.ask("GET", f"/reviews/{product}/list?count={count}&page={page}&sort={sort}",
                           f"/reviews/[product]/list?sort={sort}", 200, check) or []
        self.full = len(results) == count
        # Others may report what the swarm wrote, so it is neither read nor voted for.
        self.seen = [one["review_id"] for one in results if one["reviewer_name"] != SIGNATURE]

    def get_meta(self):
        product = self.product
        self.ask("GET", f"/reviews/{product}/meta", "/reviews/[product]/meta", 200,
                 lambda response: answers.meta(answers.parse(response.content), product))

    def get_review(self, product, review, status, before=None):
        def check(response):
            if status == 200:
                answer = answers.parse(response.content)
                answers.review(answer, product)
                answers.insist(answer["review_id"] == review, "another review than was asked for")
                if before:
                    answers.same(answer, before)

        self.ask("GET", f"/reviews/{product}/{review}", f"/reviews/[product]/[review] {status}", status, check)

    # What visitors do; the weights add up to 100.

    @task(60)
    def open_product(self):
        self.product, self.page, self.sort = self.catalogue.choose(), 0, "relevant"
        self.get_list(10)
        self.get_meta()

    @task(14)
    def turn_page(self):
        if not self.full or self.page >= 20:
            return self.open_product()
        self.page += 1
        return self.get_list(10)

    @task(12)
    def change_order(self):
        if self.product is None:
            return self.open_product()
        self.page, self.sort = 0, random.choice(("newest", "helpfulness", "relevant"))
        return self.get_list(10)

    @task(4)
    def read_review(self):
        if not self.seen:
            return self.open_product()
        return self.get_review(self.product, random.choice(self.seen), 200)

    @task(7)
    def vote(self):
        if not self.seen or self.options.read_only:
            return self.open_product()
        return self.ask("PUT", f"/reviews/helpful/{random.choice(self.seen)}", "/reviews/helpful/[review]", 204)

    @task(2)
    def write(self):
        if self.product is None or self.options.read_only:
            return self.open_product()
        product = self.product
        sent = {"rating": random.randint(1, 5), "recommend": random.random() < 0.7, "name": SIGNATURE,
                "email": "visitor@example.com", "summary": " ".join(random.sample(WORDS, 3)),
                "body": " ".join(random.choices(WORDS, k=random.randint(8, 80))),
                "characteristics": {"Fit": random.randint(1, 5), "Quality": random.randint(1, 5)}}

        def check(response):
            answer = answers.parse(response.content)
            answers.added(answer, response.headers.get("Location"), product, sent)
            return answer

        written = self.ask("POST", f"/reviews/{product}", "/reviews/[product]", 201, check, sent)
        if written:
            self.written.append((product, written["review_id"]))
            self.get_review(product, written["review_id"], 200, written)
        return None

    @task(1)
    def report(self):
        """Hides a review, one that this visitor wrote: the shop's own stay."""
        if not self.written:
            return self.open_product()
        product, review = self.written.pop()
        if self.ask("PUT", f"/reviews/report/{review}", "/reviews/report/[review]", 204):
            self.get_review(product, review, 404)
        return None


def open_catalogue(user):
    """The catalogue of this process: the first visitor asks for it, and the others wait."""
    with opening:
        if state["catalogue"] is None:
            state["catalogue"] = Catalogue(user.options.products or look_for_products(user))
        return state["catalogue"]


def look_for_products(user):
    size = count_products(lambda product: has_reviews(user, product))
    if size == 0:
        logging.error("%s has no reviews of the first products, or does not answer; --products N says what to visit", user.host)
        return 1
    logging.info("visiting products 1 to %d", size)
    return size


def has_reviews(user, product):
    with user.client.get(f"/reviews/{product}/meta", name="looking for products", catch_response=True) as response:
        if response.status_code != 200:
            response.failure(f"status {response.status_code} instead of 200")
            return False
        response.success()
        return sum(json.loads(response.content)["ratings"].values()) > 0
