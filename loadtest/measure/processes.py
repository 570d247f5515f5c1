"""What /proc says of processes: CPU time and memory."""

import os
import re
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def _stat(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_s(pid):
    """CPU seconds of a process, without its children."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK_S


def family_cpu_s(pid):
    """CPU seconds of a process and its children, living and waited for."""
    fields = _stat(pid)
    total = sum(int(field) for field in fields[11:15]) * TICK_S
    for other in Path("/proc").glob("[0-9]*"):
        try:
            if int(_stat(other.name)[1]) == pid:
                total += cpu_s(other.name)
        except OSError:
            pass  # it ended meanwhile
    return total


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def descendants(pid):
    """The process and all its children, and theirs."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*"):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found
