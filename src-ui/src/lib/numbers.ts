const whole = new Intl.NumberFormat("en-US");

export const count = (value: number) => whole.format(value);

/** 950, 12.3k, 1.05M, 2.4B: three significant digits, for figures that are read at a glance. */
export function compact(value: number) {
  for (const [unit, size] of [
    ["B", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    // 999,950 would round to "1000k".
    if (value >= size * 0.9995) {
      const scaled = value / size;
      return `${trim(scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2))}${unit}`;
    }
  }
  return whole.format(Math.round(value));
}

const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** Context windows are counted in powers of two or of ten; both read best short: 128k, 200k, 1M. */
export function contextSize(tokens: number) {
  if (tokens >= 999_500) return `${trim((tokens / (tokens % 1_048_576 === 0 ? 1_048_576 : 1_000_000)).toFixed(1))}M`;
  if (tokens >= 1000)
    return `${trim((tokens / (tokens % 1000 !== 0 && tokens % 1024 === 0 ? 1024 : 1000)).toFixed(tokens < 10_000 ? 1 : 0))}k`;
  return String(tokens);
}

export function bytes(size: number) {
  if (size < 1024) return `${size} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = size / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

export function percent(fraction: number) {
  const value = fraction * 100;
  if (value !== 0 && Math.abs(value) < 0.1) return value > 0 ? "<0.1%" : ">-0.1%";
  return `${trim(value.toFixed(Math.abs(value) < 10 ? 1 : 0))}%`;
}

export const plural = (value: number, one: string, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;
