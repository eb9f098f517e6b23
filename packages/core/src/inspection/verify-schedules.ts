// Scheduled sets against the threads that they name.

import type { StoreContext } from '../context.js'
import type { Report } from './verify-store.js'

export async function verifySchedules(context: StoreContext, report: Report): Promise<void> {
  for (const { operationId, ids } of context.schedules.all()) {
    for (const id of ids) {
      const detail = `${operationId} waits to delete a thread that is`
      if (context.dead.has(id)) report('SCHEDULE_DIFFERS', id, `${detail} deleted already`)
      else if (!(await context.threads.load(id)))
        report('SCHEDULE_DIFFERS', id, `${detail} not there`)
    }
  }
}
