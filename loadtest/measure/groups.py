"""Control groups that give a process a share of a CPU; of both versions of the kernel's interface."""

import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 10000


class Share:
    """A group whose processes use at most `percent` of one CPU together."""

    def __init__(self, name, percent):
        # The kernel allows no quota below 1 ms, so a small share gets a longer period.
        period = max(PERIOD_US, int(1000 * 100 / percent) + 1)
        quota = int(period * percent / 100)
        unified = (ROOT / "cgroup.controllers").exists()
        self.folder = (ROOT if unified else ROOT / "cpu") / name
        if unified:
            (ROOT / "cgroup.subtree_control").write_text("+cpu")
        self.folder.mkdir()
        if unified:
            (self.folder / "cpu.max").write_text(f"{quota} {period}")
        else:
            (self.folder / "cpu.cfs_period_us").write_text(str(period))
            (self.folder / "cpu.cfs_quota_us").write_text(str(quota))

    def add(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))
        for task in Path(f"/proc/{pid}/task").iterdir():
            assert Path(f"/proc/{task.name}/cgroup").read_text().count(self.folder.name), "a thread stayed outside of the group"

    def release(self):
        """Its processes go back to the group above."""
        for pid in (self.folder / "cgroup.procs").read_text().split():
            try:
                (self.folder.parent / "cgroup.procs").write_text(pid)
            except ProcessLookupError:
                pass  # it has ended

    def remove(self):
        for _ in range(50):
            try:
                self.folder.rmdir()
                return
            except OSError:
                time.sleep(0.1)
