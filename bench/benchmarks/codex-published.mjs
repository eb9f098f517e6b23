// Codex 0.169.0 as it was measured before: its own binary, offline, JSON-RPC round trips as a client in Node sees them, p50
// in milliseconds. Another machine (2 cores, ext4) and another day: these figures stand beside ours, no run makes them. Of
// several runs the best is taken.

export const publishedAs = 'another machine and run; p50 of JSON-RPC round trips'

/** @type {ReadonlyMap<number, Readonly<Record<string, number>>>} By the number of threads in the home. */
export const published = new Map([
  [
    1_000,
    {
      firstStart: 935,
      start: 88,
      page: 23.9,
      pageFromDatabase: 4.7,
      pageByUpdated: 25.9,
      delete: 146,
    },
  ],
  [
    10_000,
    {
      firstStart: 8_560,
      start: 129,
      page: 24.9,
      pageFromDatabase: 4.8,
      pageByUpdated: 82,
      delete: 1_078,
    },
  ],
])
