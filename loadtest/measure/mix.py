"""The mixed load: of 1,000 requests, 950 reads, a tenth of them totals, and 50 writes, four votes for each new review."""

KINDS = ("list", "meta", "post", "vote")
MIXED = {"list": 855, "meta": 95, "post": 10, "vote": 40}
