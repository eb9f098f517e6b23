// What an open delete remembers across restarts, `q/<operation id>`: how often it was tried, its steps, and which
// participants are done. Written when a step fails and when a participant is done, dropped when the delete is settled.
// It holds codes, counts, times and names of participants: nothing that a host's error said.
// Survives: a crash before or after any write. Without the row, participants are asked once more.

import type { BatchOperation, OperationId } from '@cenotaph/journal'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { StepProgress } from '../erasure/deletions.js'
import type { ParticipantTrouble } from './asking.js'

export const progressPrefix = 'q/'

export interface ParticipantProgress {
  readonly outcome: 'pending' | 'erased' | 'forgotten'
  readonly attempts: number
  /** What its last try ended with, where one failed. */
  readonly trouble?: ParticipantTrouble
}

export interface DeleteProgress {
  readonly attempts: number
  readonly steps: readonly (readonly [string, StepProgress])[]
  readonly participants: readonly (readonly [string, ParticipantProgress])[]
}

const keyOf = (id: OperationId): string => `${progressPrefix}${id}`

export const decodeProgress = (body: Uint8Array): DeleteProgress =>
  JSON.parse(Buffer.from(body).toString()) as DeleteProgress

/** Durable when it resolves; nothing where the delete is settled or the store has failed. */
export async function saveProgress(context: StoreContext, id: OperationId): Promise<void> {
  if (context.journal.failure) return
  await context.journal.commit(() => {
    const operation = context.openOperations.get(id)
    if (!operation) return { operations: [] }
    const { steps, participants } = context.deletions.of(id)
    const progress: DeleteProgress = {
      attempts: operation.attempts,
      steps: [...steps],
      participants: [...participants],
    }
    const body = Buffer.from(JSON.stringify(progress))
    return { operations: [{ type: 'put', key: keyOf(id), body }] }
  })
}

export const dropProgress = (id: OperationId): BatchOperation => ({ type: 'del', key: keyOf(id) })

/** For a delete that another process began. A row that cannot be read is as good as none: steps can be repeated. */
export async function restoreProgress(context: StoreContext, id: OperationId): Promise<void> {
  const operation = context.openOperations.get(id)
  const body = await context.journal.get(keyOf(id)).catch((error: unknown) => {
    if (isStoreError(error, 'LEVEL_DAMAGED')) return undefined
    throw error
  })
  if (!operation || !body) return
  const { attempts, steps, participants } = decodeProgress(body)
  const deletion = context.deletions.of(id)
  operation.attempts = attempts
  for (const [name, progress] of steps) deletion.steps.set(name, { ...progress })
  for (const [name, progress] of participants) deletion.participants.set(name, progress)
}
