// Which lines of which rollouts a search reads for a thread, so that a line that several threads have is told once. Lines
// that a thread inherits stand in the rollout of its base: they are the base's where the base is searched itself and still
// has them. Where it is not (another directory, archived, waiting for its deletion, about to be erased), they are those of
// the thread with the smallest id among the searched ones that inherit them.

import type { RolloutId, ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { kinOfEach, ownerOf } from '../threads/relatives.js'
import { currentRollout, type ThreadRow } from '../threads/thread-row.js'

export interface SearchPart {
  readonly rolloutId: RolloutId
  readonly firstOrdinal: number
  /** Exclusive. */
  readonly endOrdinal: number
}

interface Reader {
  readonly threadId: ThreadId
  readonly isOwner: boolean
  /** Of its part of the rollout. */
  readonly endOrdinal: number
}

export class SearchScope {
  readonly #context: StoreContext
  readonly #isSearched: (row: ThreadRow) => boolean
  readonly #readers = new Map<RolloutId, Promise<readonly Reader[]>>()

  /** `isSearched`: whether the search is about the thread of a row. */
  constructor(context: StoreContext, isSearched: (row: ThreadRow) => boolean) {
    this.#context = context
    this.#isSearched = isSearched
  }

  /** In the order of ordinals. */
  async partsOf(row: ThreadRow): Promise<SearchPart[]> {
    const own = new Set<RolloutId>(row.rollouts.map(({ rolloutId }) => rolloutId))
    const parts: SearchPart[] = []
    for (const part of await lineageOf(this.#context, row)) {
      const toldBefore = own.has(part.rolloutId) ? 0 : await this.#toldBefore(row, part.rolloutId)
      const firstOrdinal = Math.max(part.firstOrdinal, toldBefore)
      if (firstOrdinal < part.endOrdinal) parts.push({ ...part, firstOrdinal })
    }
    return parts
  }

  /** Where the lines of a rollout end that are told of threads which come before this one. */
  async #toldBefore({ threadId }: ThreadRow, rolloutId: RolloutId): Promise<number> {
    const readers = this.#readers.get(rolloutId) ?? this.#searchedReaders(rolloutId)
    this.#readers.set(rolloutId, readers)
    const before = (await readers).filter((one) => one.isOwner || one.threadId < threadId)
    return before.reduce((end, one) => Math.max(end, one.endOrdinal), 0)
  }

  /** The searched threads that have lines of a rollout. Where the owner has all of them, nobody else counts. */
  async #searchedReaders(rolloutId: RolloutId): Promise<readonly Reader[]> {
    const context = this.#context
    const ownerId = await ownerOf(context, rolloutId)
    const readers: Reader[] = []
    const seen = new Set<ThreadId>()
    for (let generation = [ownerId]; generation.length > 0; ) {
      for (const id of generation) seen.add(id)
      const states = await context.threads.loadMany(generation)
      const rows = states.flatMap((state) => (state ? [state.row] : []))
      for (const row of rows.filter(this.#isSearched)) {
        const { threadId } = row
        const part = (await lineageOf(context, row)).find((one) => one.rolloutId === rolloutId)
        if (!part) continue
        const { endOrdinal } = part
        readers.push({ threadId, isOwner: threadId === ownerId, endOrdinal })
        if (endOrdinal === Number.POSITIVE_INFINITY) return readers
      }
      const kin = await kinOfEach(context, rows)
      generation = [...new Set(kin.flatMap(({ forks }) => forks))].filter((id) => !seen.has(id))
    }
    return readers
  }
}

/** The parts of rollouts that a thread's history is made of, the oldest first. Told by the rows alone. */
async function lineageOf(context: StoreContext, tip: ThreadRow): Promise<SearchPart[]> {
  const parts: SearchPart[] = []
  const visited = new Set<RolloutId>()
  let row: ThreadRow | undefined = tip
  let rollout: ThreadRow['rollouts'][number] | undefined = currentRollout(tip)
  let endOrdinal = Number.POSITIVE_INFINITY
  while (row && rollout && !visited.has(rollout.rolloutId)) {
    const { rolloutId, firstOrdinal, base } = rollout
    visited.add(rolloutId)
    parts.push({ rolloutId, firstOrdinal, endOrdinal })
    if (!base) break
    const baseId = base.thread_id.toLowerCase() as RolloutId
    endOrdinal = Math.min(endOrdinal, base.end_ordinal_exclusive)
    rollout = rolloutIn(row, baseId)
    if (rollout) continue
    row = (await context.threads.load(await ownerOf(context, baseId)))?.row
    rollout = row && rolloutIn(row, baseId)
  }
  return parts.reverse()
}

const rolloutIn = ({ rollouts }: ThreadRow, id: RolloutId) =>
  rollouts.find(({ rolloutId }) => rolloutId === id)
