"""What a PromQL expression asks for, as far as a check of names needs it."""

import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?![\w:])\s*(?:\{([^}]*)\})?(?!\s*\()")
_MATCHER = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan", "by", "without", "on", "ignoring", "group_left", "group_right"}


def selectors(expression):
    """(metric, [(label, operator, value)]) of everything that the expression selects."""
    strings = []

    def hide(match):
        strings.append(match.group())
        return f'"{len(strings) - 1}"'

    text = _STRING.sub(hide, expression)
    text = re.sub(r"\[[^\]]*\]", "", text)
    text = _GROUPING.sub(" ", text)
    found = []
    for match in _SELECTOR.finditer(text):
        name, matchers = match.groups()
        before = text[: match.start()]
        if name.lower() in _WORDS or before.count("{") > before.count("}") or re.search(r"[\d.]$", before):
            continue
        shown = re.sub(r'"(\d+)"', lambda number: strings[int(number[1])], matchers or "")
        found.append((name, [(label, operator, value) for label, operator, value in _MATCHER.findall(shown)]))
    return found
