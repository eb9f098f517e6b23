import type { Entropy } from '@cenotaph/storage'
import { pick, seededRandom } from '../random.js'

/** The same bytes in every run of the same seed. */
export function seededEntropy(seed: number): Entropy {
  const random = seededRandom(seed)
  return { bytes: (length) => Uint8Array.from({ length }, () => pick(random, 256)) }
}
