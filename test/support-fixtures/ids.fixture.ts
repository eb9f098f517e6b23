/** A UUIDv7 that is the same in every run; `n` below 2^32. */
export const threadIdOf = (n: number): string =>
  `01a1f978-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
