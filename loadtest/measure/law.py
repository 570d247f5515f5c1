"""The Universal Scalability Law (N. Gunther): X(n) = l n / (1 + s (n - 1) + k n (n - 1)).

l is the rate of one node, s the share of the work that all have to wait for (contention), k what each pair of nodes costs each other
(coherency).
"""

import math


class Law:
    def __init__(self, rate_of_one, contention, coherency):
        self.rate_of_one, self.contention, self.coherency = rate_of_one, contention, coherency

    def rate(self, nodes):
        return self.rate_of_one * nodes / (1 + self.contention * (nodes - 1) + self.coherency * nodes * (nodes - 1))

    def peak(self):
        """The number of nodes beyond which more of them are slower; infinite without coherency."""
        return math.sqrt((1 - self.contention) / self.coherency) if self.coherency > 0 else math.inf

    def worst_error(self, points):
        return max(abs(self.rate(nodes) / rate - 1) for nodes, rate in points)


def fit(points):
    """The law with the least squared relative errors for points (nodes, rate); no term is negative.

    n / X(n) is linear in the unknowns: a + b (n - 1) + c n (n - 1), with l = 1 / a, s = b / a, k = c / a.
    """
    best = None
    for terms in ((0, 1, 2), (0, 1), (0, 2), (0,)):
        found = solve(points, terms)
        if found is None or found[0] <= 0 or min(found) < 0:
            continue
        a, b, c = found
        law = Law(1 / a, b / a, c / a)
        error = sum((law.rate(nodes) / rate - 1) ** 2 for nodes, rate in points)
        if best is None or error < best[0] - 1e-12:
            best = error, law
    return best[1]


def solve(points, terms):
    """Weighted least squares over some of the terms; the others are 0. None where they cannot be told apart."""
    rows = []
    for nodes, rate in points:
        columns = (1.0, nodes - 1.0, nodes * (nodes - 1.0))
        weight = rate / nodes  # so that relative errors count
        rows.append(([columns[term] * weight for term in terms], nodes / rate * weight))
    size = len(terms)
    matrix = [[sum(row[i] * row[j] for row, _ in rows) for j in range(size)] + [sum(row[i] * y for row, y in rows)]
              for i in range(size)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r, i=i: abs(matrix[r][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        if abs(matrix[i][i]) < 1e-15:
            return None
        for r in range(size):
            if r != i:
                factor = matrix[r][i] / matrix[i][i]
                matrix[r] = [x - factor * y for x, y in zip(matrix[r], matrix[i])]
    found = [0.0, 0.0, 0.0]
    for i, term in enumerate(terms):
        found[term] = matrix[i][size] / matrix[i][i]
    return found
