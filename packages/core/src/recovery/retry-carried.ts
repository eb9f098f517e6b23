// Lines that were carried forward because their thread was parked are tried again at every open: a rollout that was
// missing may be back.

import { carriedIndexRange, dropCarriedOperations, readCarried } from '../append/carried.js'
import type { StoreContext } from '../context.js'
import { idOfKey } from '../threads/index-keys.js'
import { replaySection } from './replay.js'

export async function retryCarried(context: StoreContext): Promise<void> {
  const page = await context.journal.page(carriedIndexRange)
  for (const [key] of page.entries) {
    const id = idOfKey(key)
    if (context.dead.has(id)) continue
    const state = await context.threads.load(id)
    if (!state) continue
    const sections = await readCarried(context, id)
    const waiting = state.carried
    state.carried = []
    for (const section of [...sections, ...waiting]) {
      if (section.generation === state.row.generation) await replaySection(context, state, section)
    }
    if (state.carried.length > 0) continue
    const operations = dropCarriedOperations(id)
    // The row and the end of the carrying are one batch: a crash repeats both or neither.
    await context.checkpoints.run()
    await context.journal.commit(() => ({ operations }))
  }
}
