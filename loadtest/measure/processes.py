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
    for child in children(pid):
        try:
            total += cpu_s(child)
        except OSError:
            pass  # it ended meanwhile
    return total


def machine_cpu_s():
    """Seconds that the machine's CPUs were busy, for whomever, and seconds that its host took away from it."""
    *used, stolen = [int(field) * TICK_S for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(used) - used[3] - used[4], stolen


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def descendants(pid):
    """The process and all its children, and theirs."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def peak_mib(pid):
    """The greatest resident memory that a process ever had."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024
