// Probes made ready for a search, once for any number of files. A few are found the Wu-Manber way (probe-search.ts),
// which looks at a fraction of the bytes. With many, nearly every pair of letters ends some probe, and that way would
// compare all of them at every byte; so many are found by a rolling hash over as many bytes as a probe has, one pass
// for each length that occurs: its cost does not grow with their number.

import { breathe, StoreError } from '@cenotaph/storage'
import { ProbeSearch } from './probe-search.js'
import { RollingProbes } from './rolling-probes.js'

/** Above so many probes the rolling hash is the faster one. */
const FEW_MAX = 256
/** Probes hashed before other work gets a turn. */
const HASHED_MAX = 1_024

/** A search of one file. */
export interface Look {
  /** Indexes of the probes found so far, ascending. */
  found(): readonly number[]
  /** Marks every probe that `bytes` contain. */
  look(bytes: Uint8Array): void
}

export interface ProbeIndex {
  /** Length of the longest probe. */
  readonly longestBytes: number
  begin(): Look
}

/** Throws ARGUMENT_INVALID for an empty probe. */
export async function indexProbes(probes: readonly Uint8Array[]): Promise<ProbeIndex> {
  const rolling = probes.length <= FEW_MAX ? undefined : new RollingProbes(probes)
  let longestBytes = 0
  for (let start = 0; start < probes.length; start += HASHED_MAX) {
    const end = Math.min(probes.length, start + HASHED_MAX)
    for (let index = start; index < end; index += 1) {
      const { length } = probes[index]!
      if (length === 0) throw new StoreError('ARGUMENT_INVALID', 'a probe cannot be empty')
      longestBytes = Math.max(longestBytes, length)
    }
    if (!rolling) continue
    rolling.learn(start, end)
    await breathe()
  }
  const search = rolling ?? new ProbeSearch(probes)
  return { longestBytes, begin: () => search.begin() }
}
