// Items and turns of a thread, its lineage followed as one history. Nothing is held in memory but the line at hand.

import {
  type Damage,
  type HistoryChunk,
  type HistoryLine,
  readTurns,
  type ThreadId,
  type Turn,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { ownerOf } from '../threads/relatives.js'
import { refuseHidden, requireThread, requireThreadId } from '../threads/require-thread.js'
import { outsideBases, type ThreadRow } from '../threads/thread-row.js'
import { decodeCursor, encodeCursor } from './cursor.js'
import { Item, type ThreadItem } from './item.js'
import { openThreadHistory } from './open-rollout.js'
import { limitOf } from './thread-filters.js'

export interface ListItemsOptions {
  /** First ordinal; with `reverse`, the last one. */
  readonly from?: number
  readonly limit?: number
  readonly reverse?: boolean
  readonly signal?: AbortSignal
  /**
   * Told of damage that is met on the way; what can be read is still delivered. Without it, damage that was not
   * reported before (at import or repair) ends the reading with ROLLOUT_DAMAGED, behind the last item: a history must
   * not look whole when it has become shorter.
   */
  readonly onDamage?: (damage: Damage) => void
}

/**
 * Every item from `from` on.
 * @throws THREAD_NOT_FOUND, THREAD_DELETED, ROLLOUT_SHORT, ARGUMENT_INVALID; STORE_CLOSED where the store was closed or
 * reopened between two items
 */
export async function* readItems(
  context: StoreContext,
  threadId: string,
  options: ListItemsOptions = {},
): AsyncGenerator<ThreadItem> {
  checkOptions(options, { from: 'count', limit: 'count', reverse: 'flag', onDamage: 'function' })
  const { limit = Number.POSITIVE_INFINITY } = options
  if (limit === 0) return
  const id = requireThreadId(threadId)
  const { row } = await requireThread(context, id)
  let met: Damage | undefined
  const noteDamage = (damage: Damage): void => {
    met ??= damage
  }
  const history = await openThreadHistory(context, row, options.onDamage ?? noteDamage)
  const open = closedWithStore(context, () => history.close())
  try {
    const shared = {
      maxLineBytes: context.options.maxLineBytes,
      ...(options.signal ? { signal: options.signal } : {}),
      onDamage: options.onDamage ?? noteDamage,
    }
    const { from } = options
    const chunks = options.reverse
      ? singly(
          history.backward({ ...shared, ...(from === undefined ? {} : { toOrdinal: from + 1 }) }),
        )
      : history.forwardByChunk({ ...shared, ...(from === undefined ? {} : { fromOrdinal: from }) })
    let count = 0
    reading: for await (const { rolloutId, lines } of chunks) {
      for (const line of lines) {
        // A caller may take its time between two lines, and a thread that is dead or scheduled is read no further. Nor
        // is one of a store that was closed or reopened: this context hears of no death and no redaction any more.
        refuseClosed(context)
        refuseHidden(context, id)
        const item = new Item(context.redactions.line(rolloutId, line))
        open.isCallersTurn = true
        yield item
        open.isCallersTurn = false
        refuseClosed(context)
        count += 1
        if (count >= limit) break reading
      }
    }
    if (met && !(await isKnownDamaged(context, row))) throw damagedError(id, met)
  } finally {
    await open.close()
  }
}

/**
 * Between two lines the caller has the floor, and may never come back: then what is open closes with the store, and not
 * when the collector finds it.
 */
function closedWithStore({ closing }: StoreContext, close: () => Promise<void>) {
  let isClosed = false
  const open = {
    isCallersTurn: false,
    async close() {
      closing.removeEventListener('abort', onClosing)
      if (!isClosed) await close()
    },
  }
  const onClosing = (): void => {
    if (!open.isCallersTurn) return
    isClosed = true
    // Nobody waits who could be told.
    close().catch(() => {})
  }
  closing.addEventListener('abort', onClosing, { once: true })
  return open
}

function refuseClosed({ closing }: StoreContext): void {
  if (closing.aborted) throw new StoreError('STORE_CLOSED', 'the store was closed')
}

/** Lines that come one by one, as chunks. */
async function* singly(lines: AsyncIterable<HistoryLine>): AsyncGenerator<HistoryChunk> {
  for await (const line of lines) yield { rolloutId: line.rolloutId, lines: [line] }
}

/** Whether somebody was told already, at import or repair, that this thread or a base of it is damaged. */
async function isKnownDamaged(context: StoreContext, row: ThreadRow): Promise<boolean> {
  const seen = new Set<string>()
  const queue = [row]
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (next.damaged > 0) return true
    seen.add(next.threadId)
    for (const base of outsideBases(next)) {
      const owner = await ownerOf(context, base)
      const state = seen.has(owner) ? undefined : await context.threads.load(owner)
      if (state) queue.push(state.row)
    }
  }
  return false
}

const damagedError = (threadId: ThreadId, { kind, offset, length }: Damage): StoreError =>
  new StoreError('ROLLOUT_DAMAGED', 'the history has damage that nobody knew of', {
    detail: { threadId, kind, offset, length },
  })

export interface TurnPage {
  readonly turns: readonly Turn[]
  readonly nextCursor: string | null
}

export interface ListTurnsOptions {
  /** Default 25. */
  readonly limit?: number
  readonly cursor?: string
  /** Default `asc`: oldest first. */
  readonly direction?: 'asc' | 'desc'
}

/** Turns of a thread, page by page. @throws as `readItems`, and CURSOR_INVALID */
export async function listTurns(
  context: StoreContext,
  threadId: string,
  options: ListTurnsOptions = {},
): Promise<TurnPage> {
  checkOptions(options, { direction: ['asc', 'desc'] })
  const limit = limitOf(options.limit)
  const { row } = await requireThread(context, requireThreadId(threadId))
  const query = `turns ${row.threadId} ${options.direction ?? 'asc'}`
  const anchor = options.cursor === undefined ? undefined : decodeCursor(query, options.cursor)
  const history = await openThreadHistory(context, row)
  try {
    const turns: Turn[] = []
    for await (const turn of readTurns(history.forward())) turns.push(turn)
    if (options.direction === 'desc') turns.reverse()
    const start = anchor === undefined ? 0 : turns.findIndex((turn) => turn.turnId === anchor) + 1
    if (anchor !== undefined && start === 0) {
      throw new StoreError('CURSOR_INVALID', 'the turn of this cursor is no longer there')
    }
    const page = turns.slice(start, start + limit)
    const more = start + limit < turns.length
    return { turns: page, nextCursor: more ? encodeCursor(query, page.at(-1)!.turnId) : null }
  } finally {
    await history.close()
  }
}
