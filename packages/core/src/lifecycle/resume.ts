// Whether a thread may be taken for writing; the store then hands out its recorder. Settings that differ from the recorded ones are returned, never silently
// applied. Archived and dead threads are refused, and so is a second live writer.

import type { ThreadId } from '@cenotaph/rollout'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { type ThreadView, viewOf } from '../reading/thread-view.js'
import { refuseArchived, requireThreadId, requireUsable } from '../threads/require-thread.js'
import { refuseOtherWriter } from './append.js'

export interface ResumeOptions {
  readonly cwd?: string
  readonly modelProvider?: string
}

export interface IgnoredOverride {
  readonly setting: 'cwd' | 'modelProvider'
  readonly recorded: string | null
  readonly given: string
}

export interface ResumeResult {
  readonly thread: ThreadView
  /** What the caller asked for and did not get, because the thread records something else. */
  readonly ignored: readonly IgnoredOverride[]
}

/** @throws THREAD_NOT_FOUND, THREAD_DELETED, THREAD_ARCHIVED, THREAD_HAS_WRITER, THREAD_UNAVAILABLE */
export async function resumeThread(
  context: StoreContext,
  given: string,
  options: ResumeOptions = {},
): Promise<ResumeResult> {
  const id: ThreadId = requireThreadId(given)
  checkOptions(options, { cwd: 'text', modelProvider: 'text' })
  const state = await requireUsable(context, id)
  refuseArchived(state)
  refuseOtherWriter(state, undefined)
  const ignored = (['cwd', 'modelProvider'] as const).flatMap((setting): IgnoredOverride[] => {
    const wanted = options[setting]
    const recorded = state.row[setting]
    if (wanted === undefined || wanted === recorded) return []
    return [{ setting, recorded, given: wanted }]
  })
  return { thread: await viewOf(context, state.row), ignored }
}
