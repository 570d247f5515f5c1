"""Clients that work beside a test."""

import threading


class Workers:
    """`count` threads that each run work(number) for as long as the block lasts; work() ends when `stopping` is set."""

    def __init__(self, count):
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(count)]

    def work(self, number):
        raise NotImplementedError

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
