// Long lists are worked on in pieces, and what else waits for the event loop gets its turn between two of them.

import { breathe } from '@cenotaph/storage'

/** Small enough that a piece takes a few milliseconds, whatever is done with it. */
const PIECE = 400

/** The list in pieces, in order. */
export async function* inPieces<T>(list: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let start = 0; start < list.length; start += PIECE) {
    if (start > 0) await breathe()
    yield start === 0 && list.length <= PIECE ? list : list.slice(start, start + PIECE)
  }
}
