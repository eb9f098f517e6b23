import { describe, expect, it } from 'vitest'
import { readForward } from './reader.js'
import { gather, lineBytes, metaBytes, timestampOf } from './rollout.fixture.js'
import { memorySource } from './source.js'
import { readTurns } from './turns.js'

/** Each event as `type turn`, from ordinal 1; `x` is a line of another type. */
async function turnsOf(...events: string[]) {
  const lines = events.map((event, index) => {
    const [type = '', turn] = event.split(' ')
    const payload = { type, turn_id: turn ?? null }
    return lineBytes({ ordinal: index + 1, ...(type === 'x' ? { type } : {}), payload })
  })
  const source = memorySource(Buffer.concat([metaBytes(0), ...lines]))
  return gather(readTurns(readForward(source)))
}

describe('readTurns', () => {
  it('groups lines from a start to its end; others belong to no turn', async () => {
    const turns = await turnsOf(
      'x',
      'task_started a',
      'x',
      'task_complete a',
      'x',
      'turn_started b',
      'turn_aborted',
    )
    expect(turns).toEqual([
      {
        turnId: 'a',
        firstOrdinal: 2,
        endOrdinal: 5,
        status: 'completed',
        startedAt: timestampOf(2),
        completedAt: timestampOf(4),
        items: 3,
      },
      {
        turnId: 'b',
        firstOrdinal: 6,
        endOrdinal: 8,
        status: 'aborted',
        startedAt: timestampOf(6),
        completedAt: timestampOf(7),
        items: 2,
      },
    ])
  })

  it('leaves a turn open at the next start and at the end', async () => {
    const turns = await turnsOf('task_started a', 'x', 'task_started b', 'turn_complete a', 'x')
    expect(turns).toMatchObject([
      { turnId: 'a', firstOrdinal: 1, endOrdinal: 3, status: 'open', items: 2 },
      { turnId: 'b', firstOrdinal: 3, endOrdinal: 6, status: 'open', items: 3 },
    ])
    expect(turns[0]).not.toHaveProperty('completedAt')
  })

  it('has none without a start', async () => {
    expect(await turnsOf('x', 'task_complete a', 'toString a')).toEqual([])
  })
})
