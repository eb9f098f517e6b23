// Where a fork is cut: after an ordinal, before or after a turn, or at the end; and which rollout of the lineage
// holds the last line before the cut.

import { type History, readTurns, type Turn } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

export interface ForkPointOptions {
  /** The last ordinal that the fork inherits. */
  readonly throughOrdinal?: number
  /** The fork ends before this turn, which may be open. */
  readonly beforeTurn?: string
  /** The fork ends with this turn, which must be closed. */
  readonly afterTurn?: string
}

export interface ForkPoint {
  /** Ordinal behind the last inherited line. */
  readonly endOrdinal: number
  /** A turn that the cut leaves open. */
  readonly openTurn: string | undefined
}

/** @throws ARGUMENT_INVALID, TURN_NOT_FOUND */
export async function findForkPoint(
  history: History,
  nextOrdinal: number,
  options: ForkPointOptions,
): Promise<ForkPoint> {
  const given = [options.throughOrdinal, options.beforeTurn, options.afterTurn]
  if (given.filter((option) => option !== undefined).length > 1) {
    throw new StoreError(
      'ARGUMENT_INVALID',
      'throughOrdinal, beforeTurn and afterTurn exclude each other',
    )
  }
  const endOrdinal = await endOf(history, nextOrdinal, options)
  return { endOrdinal, openTurn: await openTurnAt(history, endOrdinal) }
}

async function endOf(
  history: History,
  nextOrdinal: number,
  { throughOrdinal, beforeTurn, afterTurn }: ForkPointOptions,
): Promise<number> {
  if (throughOrdinal !== undefined) {
    const inside = Number.isSafeInteger(throughOrdinal) && throughOrdinal >= 0
    if (inside && throughOrdinal < nextOrdinal) return throughOrdinal + 1
    throw new StoreError('ARGUMENT_INVALID', `the thread ends at ordinal ${nextOrdinal - 1}`, {
      detail: { throughOrdinal, lastOrdinal: nextOrdinal - 1 },
    })
  }
  const turnId = beforeTurn ?? afterTurn
  if (turnId === undefined) return nextOrdinal
  const turn = await findTurn(history, turnId)
  if (!turn) {
    throw new StoreError('TURN_NOT_FOUND', `there is no turn ${turnId}`, { detail: { turnId } })
  }
  if (beforeTurn !== undefined) return turn.firstOrdinal
  if (turn.status !== 'open') return turn.endOrdinal
  throw new StoreError('ARGUMENT_INVALID', 'a fork can only end with a turn that is closed', {
    detail: { turnId },
  })
}

async function findTurn(history: History, turnId: string): Promise<Turn | undefined> {
  for await (const turn of readTurns(history.forward())) if (turn.turnId === turnId) return turn
  return undefined
}

/** The newest turn mark before the cut tells whether a turn is open there. */
async function openTurnAt(history: History, endOrdinal: number): Promise<string | undefined> {
  for await (const line of history.backward({ toOrdinal: endOrdinal })) {
    if (line.type !== 'event_msg') continue
    const { payload } = line.value
    const type = line.payloadType
    if (type === 'task_complete' || type === 'turn_complete' || type === 'turn_aborted')
      return undefined
    if (type === 'task_started' || type === 'turn_started') {
      const turnId = (payload as { turn_id?: unknown } | undefined)?.turn_id
      return typeof turnId === 'string' ? turnId : undefined
    }
  }
  return undefined
}
