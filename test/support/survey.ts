// What a store tells about its threads, as the testing package reads it.

import type { ThreadStore } from '@cenotaph/core'
import { listedIds as idsOf } from '@cenotaph/testing'

export { type Survey, type SurveyedThread, surveyStore } from '@cenotaph/testing'

/** Ids of all threads that any list gives, archived and spawned ones included. */
export async function listedIds(store: ThreadStore): Promise<Set<string>> {
  const ids = new Set<string>()
  for (const archived of [false, true])
    for (const id of await idsOf(store, { archived, includeSubagents: true })) ids.add(id)
  return ids
}
