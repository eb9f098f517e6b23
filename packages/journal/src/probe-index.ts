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
const HASHED_MAX = 4_096

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
  if (probes.some((probe) => probe.length === 0))
    throw new StoreError('ARGUMENT_INVALID', 'a probe cannot be empty')
  const longestBytes = probes.reduce((longest, probe) => Math.max(longest, probe.length), 0)
  if (probes.length <= FEW_MAX) return { longestBytes, begin: () => new ProbeSearch(probes) }
  const rolling = new RollingProbes(probes)
  for (let learnt = 0; learnt < probes.length; learnt += HASHED_MAX) {
    rolling.learn(learnt, Math.min(probes.length, learnt + HASHED_MAX))
    await breathe()
  }
  return { longestBytes, begin: () => rolling.begin() }
}
