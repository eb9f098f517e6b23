// Choices that once failed, of the suites that choose by seed. Each is made in every run, before those of the seed.
// Whoever mends what such a run has found adds a line, with what it was.

import type { Injection } from '../syscalls/strace.js'

/** Seeds of histories in test/erasure. */
export const histories: readonly number[] = []

/** Of programs in test/model: the seed, and the path to the shortest one that failed. */
export const modelPrograms: readonly { readonly seed: number; readonly path: string }[] = []

/** Kills in test/crash. */
export const kills: readonly {
  readonly scenario: string
  readonly point: string
  readonly hit: number
}[] = []

/** Power cuts in test/power-loss: an instant and its hit, or `ACK` and the number of the call. */
export const cuts: readonly { readonly scenario: string; readonly at: string }[] = []

const newStore = (call: string, nth: number, fault: string) => ({
  scenario: 'a new store',
  armed: 'open' as const,
  injection: { call, fault, nth, forGood: false },
})

/** Calls in test/syscalls. */
export const systemCalls: readonly {
  readonly scenario: string
  readonly armed: 'open' | 'program'
  readonly injection: Injection
}[] = [
  // A database that had a CURRENT and no log yet was refused for ever.
  newStore('write', 3, 'EIO'),
  newStore('write', 4, 'EIO'),
  newStore('rename', 3, 'EIO'),
  newStore('openat', 14, 'EPERM'),
  newStore('openat', 14, 'SIGKILL'),
  // An import that cannot open its source answers with a report, and the rig took that for done.
  {
    scenario: 'import of a new thread',
    armed: 'program',
    injection: { call: 'openat', fault: 'EMFILE', nth: 1, forGood: false },
  },
]

/** Bits in the golden store `v1/settled`, by a part of the file's name; a byte below 0 counts from the end. */
export const bits: readonly {
  readonly file: string
  readonly byte: number
  readonly bit: number
}[] = [
  // The last record of the newest log looked torn: its payload, its checksum, its length.
  { file: 'level/000082.log', byte: -1, bit: 0 },
  { file: 'level/000082.log', byte: -40, bit: 5 },
  // A letter inside of a text of a rollout that is not in flight.
  { file: '-01900000-0000-7000-8000-00000000000c.jsonl', byte: -8, bit: 1 },
  { file: '-01900000-0000-7000-8000-00000000000c.jsonl', byte: 300, bit: 0 },
  // Spaces in flight that became zeros look as if they had never been written, and the journal has them: no difference.
  { file: 'T09-01-00-01900000-0000-7000-8000-000000000001.jsonl', byte: 1137, bit: 5 },
  { file: 'T09-01-00-01900000-0000-7000-8000-000000000001.jsonl', byte: 1141, bit: 5 },
  // A digit of the owner in the report of a quarantined piece.
  { file: 'quarantine/mm7j0heo-530be28779be5a06.json', byte: 46, bit: 0 },
]
