import type { ThreadId } from '@cenotaph/rollout'
import fc from 'fast-check'
import type { PrepareRecord } from './tombstone-record.js'

export const threadIds: fc.Arbitrary<ThreadId> = fc.uuid().map((text) => text as ThreadId)

const ulidDigits = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ']
export const operationIds: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...ulidDigits), { minLength: 25, maxLength: 25 })
  .map((digits) => `0${digits.join('')}`)

const threads = fc.record({ id: threadIds, parentId: fc.option(threadIds) })

/** Sets as deletes make them; some are longer than two sectors of a disk. */
export const prepares: fc.Arbitrary<PrepareRecord> = fc
  .record({
    operationId: operationIds,
    at: fc.nat({ max: 2 ** 45 }),
    threads: fc.array(threads, { minLength: 1, maxLength: 60, size: 'max' }),
  })
  .map((set) => ({
    kind: 'prepare',
    operationId: set.operationId,
    at: set.at,
    ids: set.threads.map((thread) => thread.id),
    parentIds: set.threads.map((thread) => thread.parentId),
  }))

export const distinctPrepares = (minLength: number, maxLength: number) =>
  fc.uniqueArray(prepares, { minLength, maxLength, selector: (set) => set.operationId })

/** A thread id that is easy to read in a failure. */
export const threadId = (n: number): ThreadId =>
  `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as ThreadId
