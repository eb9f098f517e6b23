// The event log for consumers: from a position, then live.

import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import type { StoreEvent } from '../events/event-log.js'

export interface EventsOptions {
  /** Events behind this position; -1 (default) for all. */
  readonly after?: number
  readonly limit?: number
}

export interface WatchOptions {
  readonly after?: number
  readonly signal?: AbortSignal
}

const PAGE = 500

/** @throws ARGUMENT_INVALID */
function checkEventsOptions(options: EventsOptions): void {
  checkOptions(options, { limit: 'count' })
  const { after } = options
  if (after === undefined || (Number.isSafeInteger(after) && after >= -1)) return
  throw new StoreError('ARGUMENT_INVALID', 'after must be a position, or -1')
}

export async function* readEvents(
  context: StoreContext,
  options: EventsOptions = {},
): AsyncGenerator<StoreEvent> {
  checkEventsOptions(options)
  let after = options.after ?? -1
  let left = options.limit ?? Number.POSITIVE_INFINITY
  while (left > 0) {
    const page = await context.events.read(after, Math.min(PAGE, left))
    for (const event of page) {
      after = event.position
      yield withoutTheDead(context, event)
    }
    left -= page.length
    if (page.length === 0) return
  }
}

/** A payload is not told from the commit of its thread's delete on, though the scrub comes later. */
const withoutTheDead = (context: StoreContext, event: StoreEvent): StoreEvent =>
  event.threadId !== null && context.dead.has(event.threadId) ? { ...event, payload: null } : event

/** Events behind a position, then each new one as it is committed, until the signal or the store ends it. */
export async function* watchEvents(
  context: StoreContext,
  options: WatchOptions = {},
): AsyncGenerator<StoreEvent> {
  checkEventsOptions(options)
  let after = options.after ?? -1
  const signals = [context.closing, ...(options.signal ? [options.signal] : [])]
  let wake = (): void => {}
  const stop = context.events.listen(() => wake())
  const onAbort = (): void => wake()
  for (const signal of signals) signal.addEventListener('abort', onAbort)
  try {
    while (!signals.some((signal) => signal.aborted)) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      let read = false
      for await (const event of readEvents(context, { after })) {
        after = event.position
        read = true
        yield event
        if (signals.some((signal) => signal.aborted)) return
      }
      if (!read && !signals.some((signal) => signal.aborted)) await changed
    }
  } finally {
    stop()
    for (const signal of signals) signal.removeEventListener('abort', onAbort)
  }
}
