"""Prints how many tests of a JUnit file passed, failed and were skipped: zeros if it is missing or cut short."""

import sys
import xml.etree.ElementTree


def count(path):
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return 0, 0, 0
    cases = failed = skipped = 0
    for case in root.iter("testcase"):
        cases += 1
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            failed += 1
        elif "skipped" in outcomes:
            skipped += 1
    return cases - failed - skipped, failed, skipped


print(*count(sys.argv[1]))
