import type { StoreContext } from '../context.js'
import { rowsUnder } from '../rows-under.js'
import { holdsPrefix, idOfKey } from '../threads/index-keys.js'
import { type ThreadView, viewOf } from './thread-view.js'

/** Every thread on hold, wherever it is, in the order of ids. */
export async function listHolds(context: StoreContext): Promise<readonly ThreadView[]> {
  const views: ThreadView[] = []
  for await (const [key] of rowsUnder(context.journal, holdsPrefix)) {
    const id = idOfKey(key)
    const state = context.dead.has(id) ? undefined : await context.threads.load(id)
    if (state?.row.hold && !context.dead.has(id)) views.push(await viewOf(context, state.row))
  }
  return views
}
