// The registry of participants against what is in memory, and the progress of deletes against the deletes.

import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { decodeProgress, progressPrefix } from '../participants/progress.js'
import { decodeRegistration, participantsPrefix } from '../participants/registry.js'
import { rowsUnder } from '../rows-under.js'
import type { Report } from './verify-store.js'

/** Two rows of one name, or a row that memory does not have, would be asked or not by chance. */
export async function verifyParticipants(context: StoreContext, report: Report): Promise<void> {
  const seen = new Set<string>()
  try {
    for await (const [key, body] of rowsUnder(context.journal, participantsPrefix)) {
      const { name } = decodeRegistration(body)
      if (seen.has(name) || !context.participants.get(name))
        report('PARTICIPANT_DIFFERS', null, `${key} is not what the registry has`)
      seen.add(name)
    }
    for (const name of context.participants.names())
      if (!seen.has(name)) report('PARTICIPANT_DIFFERS', null, `${name} has no row`)
    for await (const [key, body] of rowsUnder(context.journal, progressPrefix)) {
      decodeProgress(body)
      if (!context.openOperations.get(key.slice(progressPrefix.length)))
        report('PROGRESS_LEFT', null, `${key} belongs to no open delete`)
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    report(isStoreError(error) ? error.code : 'PARTICIPANT_DIFFERS', null, `participants: ${why}`)
  }
}
