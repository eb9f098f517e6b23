// Canaries, as the testing package has them, and choices by a seed.

import type { Random } from '@cenotaph/testing'

export {
  Canaries,
  type Random,
  seededRandom,
  TOKEN_BYTES,
  TOKEN_PREFIX,
  tokensIn,
} from '@cenotaph/testing'

/** The same in an order that the seed chooses. */
export const shuffled = <T>(all: readonly T[], random: Random): T[] =>
  all
    .map((one) => ({ one, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ one }) => one)
