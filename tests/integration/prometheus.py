"""A strict reader of Prometheus' text format 0.0.4, as /metrics answers it."""

import re
from dataclasses import dataclass, field

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_COMMENT = re.compile(rf"# (HELP|TYPE) ({_NAME}) (.+)")
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? ([^ ]+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)')
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


@dataclass
class Family:
    name: str
    help: str = None
    type: str = None
    samples: dict = field(default_factory=dict)  # (sample name, sorted labels) to value


class Metrics:
    def __init__(self, text):
        self.families = {}
        assert text.endswith("\n"), "the last line must end"
        family = None
        for line in text.splitlines():
            if line.startswith("#"):
                family = self._take_comment(family, line)
            elif line:
                self._take_sample(family, line)
        for family in self.families.values():
            _check_family(family)

    def _take_comment(self, family, line):
        match = _COMMENT.fullmatch(line)
        assert match, line
        kind, name, text = match.groups()
        if family is None or family.name != name:
            assert name not in self.families, f"{name} comes in two places"
            family = self.families[name] = Family(name)
        attribute = kind.lower()
        assert getattr(family, attribute) is None, f"second {kind} of {name}"
        assert not family.samples, f"{kind} of {name} after its samples"
        setattr(family, attribute, text)
        return family

    @staticmethod
    def _take_sample(family, line):
        match = _SAMPLE.fullmatch(line)
        assert match and family is not None, line
        name, label_text, value = match.groups()
        allowed = [family.name + suffix for suffix in _SUFFIXES.get(family.type, ("",))]
        assert name in allowed, f"{name} stands under {family.name}"
        key = name, tuple(sorted(_parse_labels(label_text or "")))
        assert key not in family.samples, f"repeated series: {line}"
        family.samples[key] = float(value)

    def value(self, name, **labels):
        """The sum of the samples that have these labels."""
        wanted = set(labels.items())
        return sum(
            value
            for family in self.families.values()
            for (sample, given), value in family.samples.items()
            if sample == name and wanted <= set(given)
        )

    def counters(self):
        """Every series that may only grow."""
        return {
            key: value
            for family in self.families.values()
            for key, value in family.samples.items()
            if family.type == "counter" or (family.type == "histogram" and key[0] != family.name)
        }


def _parse_labels(text):
    labels, position = [], 0
    while position < len(text):
        match = _LABEL.match(text, position)
        assert match, text
        labels.append((match[1], match[2]))
        position = match.end()
    assert len(dict(labels)) == len(labels), f"repeated label: {text}"
    return labels


def _check_family(family):
    assert family.help and family.type in ("counter", "gauge", "histogram", "summary", "untyped"), family.name
    assert family.type != "counter" or all(value >= 0 for value in family.samples.values()), family.name
    if family.type == "histogram":
        _check_histogram(family)


def _check_histogram(family):
    """Buckets are cumulative, end with +Inf, and agree with the count."""
    buckets = {}
    for (name, labels), value in family.samples.items():
        if name == family.name + "_bucket":
            rest = tuple(pair for pair in labels if pair[0] != "le")
            buckets.setdefault(rest, []).append((float(dict(labels)["le"]), value))
    for labels, pairs in buckets.items():
        counts = [count for _, count in sorted(pairs)]
        assert counts == sorted(counts), f"{family.name} {labels} is not cumulative"
        assert max(pairs)[0] == float("inf"), f"{family.name} {labels} lacks +Inf"
        assert counts[-1] == family.samples[(family.name + "_count", labels)], f"{family.name} {labels}"
