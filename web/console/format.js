// Numbers, durations and times as people read them, in the reader's locale.

const grouped = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const count = (value) => grouped.format(Math.round(value));

// A rate: whole when large, with decimals when small, so that one in ten seconds is not 0.
export function rate(value) {
  if (value >= 100) return grouped.format(value);
  return value >= 10 ? tenths.format(value) : fine.format(value);
}

// For narrow places: 1.2 k, 34 k, 1.1 M.
export function short(value) {
  if (value >= 1e6) return `${tenths.format(value / 1e6)} M`;
  if (value >= 1e4) return `${tenths.format(value / 1e3)} k`;
  return rate(value);
}

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${rate(value)} ${units[unit]}`;
}

// Nanoseconds; null is a dash.
export function duration(ns) {
  if (ns === null || ns === undefined) return "–";
  if (ns < 1e6) return `${rate(ns / 1e3)} µs`;
  return ns < 1e9 ? `${rate(ns / 1e6)} ms` : `${fine.format(ns / 1e9)} s`;
}

export const percent = (share) => `${share > 0 && share < 0.1 ? tenths.format(share * 100) : grouped.format(share * 100)} %`;

export const time = (ms) => clock.format(ms);

export function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}
