// The frames of the last 15 minutes, oldest first. They live in the page alone.

export const HISTORY_MS = 15 * 60 * 1000;

// A time axis grows in steps, so that a young page is not an empty one.
const SPANS_MS = [2 * 60 * 1000, 5 * 60 * 1000, HISTORY_MS];

export class History {
  frames = [];

  push(frame) {
    this.frames.push(frame);
    // Frames are dropped by the dozen: shifting an array one by one is slow.
    if (this.frames[0].time < frame.time - HISTORY_MS - 10000) {
      this.frames.splice(0, this.indexAt(frame.time - HISTORY_MS));
    }
  }

  get last() {
    return this.frames[this.frames.length - 1];
  }

  // How long the time axis is now.
  get span() {
    const age = this.frames.length > 0 ? this.last.time - this.frames[0].time : 0;
    return SPANS_MS.find((span) => age < span) ?? HISTORY_MS;
  }

  // The index of the first frame at or after a time.
  indexAt(time) {
    let low = 0;
    let high = this.frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.frames[middle].time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The frame nearest to a time.
  at(time) {
    const index = this.indexAt(time);
    const after = this.frames[index];
    const before = this.frames[index - 1];
    if (!after || !before) return after ?? before;
    return after.time - time < time - before.time ? after : before;
  }

  // The frames from one time to another.
  between(from, to) {
    return this.frames.slice(this.indexAt(from), this.indexAt(to + 1));
  }
}
