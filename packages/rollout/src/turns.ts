// Turns: the lines from one `task_started` to its `task_complete` or `turn_aborted` (newer files say
// `turn_started` and `turn_complete`). Lines outside of any turn belong to none.

import { isOrdinal, type Ordinal } from './ids.js'
import type { RolloutLine } from './line.js'

export interface Turn {
  /** Empty where the start names none. */
  readonly turnId: string
  readonly firstOrdinal: Ordinal
  /** Exclusive. */
  readonly endOrdinal: Ordinal
  /** `open`: no end was found before the next start or the end of the lines. */
  readonly status: 'completed' | 'aborted' | 'open'
  /** The timestamps of the first and the last line, as written. */
  readonly startedAt?: string
  readonly completedAt?: string
  /** Lines, the start and the end included. */
  readonly items: number
}

/**
 * Groups lines, in ascending order, into turns; holds one turn's numbers in memory. An end that names another
 * turn than the open one is an item of the open turn; one that names none (an abort) ends it.
 */
export async function* readTurns(lines: AsyncIterable<RolloutLine>): AsyncGenerator<Turn> {
  let open: OpenTurn | undefined
  for await (const line of lines) {
    const mark = markOf(line)
    if (mark?.kind === 'start') {
      if (open) yield finish(open, 'open', undefined)
      open = { turnId: mark.turnId ?? '', first: line, end: line.ordinal, items: 0 }
    }
    if (!open) continue
    open.items += 1
    open.end = after(line.ordinal)
    if (mark && mark.kind !== 'start' && (mark.turnId ?? open.turnId) === open.turnId) {
      yield finish(open, mark.kind, line.timestamp)
      open = undefined
    }
  }
  if (open) yield finish(open, 'open', undefined)
}

interface OpenTurn {
  readonly turnId: string
  readonly first: RolloutLine
  end: Ordinal
  items: number
}

function finish(open: OpenTurn, status: Turn['status'], completedAt: string | undefined): Turn {
  const { turnId, first, end, items } = open
  return {
    turnId,
    firstOrdinal: first.ordinal,
    endOrdinal: end,
    status,
    ...(first.timestamp === undefined ? {} : { startedAt: first.timestamp }),
    ...(completedAt === undefined ? {} : { completedAt }),
    items,
  }
}

type Mark = {
  readonly kind: 'start' | 'completed' | 'aborted'
  readonly turnId: string | undefined
}

const kinds: Readonly<Record<string, Mark['kind']>> = {
  task_started: 'start',
  turn_started: 'start',
  task_complete: 'completed',
  turn_complete: 'completed',
  turn_aborted: 'aborted',
}

function markOf(line: RolloutLine): Mark | undefined {
  if (line.type !== 'event_msg' || line.payloadType === undefined) return undefined
  if (!Object.hasOwn(kinds, line.payloadType)) return undefined
  const kind = kinds[line.payloadType]
  if (!kind) return undefined
  const { turn_id: turnId } = line.value.payload as Record<string, unknown>
  return { kind, turnId: typeof turnId === 'string' ? turnId : undefined }
}

function after(ordinal: Ordinal): Ordinal {
  const next = ordinal + 1
  return isOrdinal(next) ? next : ordinal
}
