// Recorders in the model: one live writer a thread. What was added and not written waits in the recorder, through any
// refusal, until a barrier takes it along; a thread that is hidden or dies ends its recorder for ever.

import { refusedWith, type Said, told } from './said.js'
import type { ThreadModel } from './thread-model.js'

export interface ModelRecorder {
  readonly threadId: string
  /** Added, and not written. */
  pending: string[]
  /** With which code it refuses; null while it is the thread's live writer. */
  ended: string | null
}

export const copyOfRecorder = ({ pending, ...rest }: ModelRecorder): ModelRecorder => ({
  ...rest,
  pending: [...pending],
})

export const hasWriter = ({ recorders }: ThreadModel, id: string): boolean =>
  [...recorders.values()].some(({ threadId, ended }) => threadId === id && ended === null)

/** `key` is the recorder's, if there is one. */
export function resume(model: ThreadModel, id: string, key: number): Said {
  const codes = [...model.refuse(id, { inUse: true })]
  if (hasWriter(model, id)) codes.push('THREAD_HAS_WRITER')
  if (codes.length > 0) return refusedWith(codes)
  model.recorders.set(key, { threadId: id, pending: [], ended: null })
  return told()
}

/** Into memory. */
export function add(model: ThreadModel, key: number, texts: readonly string[]): Said {
  const recorder = model.recorders.get(key)!
  if (recorder.ended !== null) return refusedWith([recorder.ended])
  recorder.pending.push(...texts)
  return told()
}

/** What cannot be written now is kept. */
export function flush(model: ThreadModel, key: number): Said {
  const recorder = model.recorders.get(key)!
  if (recorder.ended !== null) return refusedWith([recorder.ended])
  const { pending, threadId } = recorder
  if (pending.length === 0) return told()
  const said = model.append(threadId, { texts: pending, isOfWriter: true })
  if (said.refused) return said
  recorder.pending = []
  return told()
}

/** A second time it does nothing. */
export function shutDown(model: ThreadModel, key: number): Said {
  const recorder = model.recorders.get(key)!
  if (recorder.ended !== null) return told()
  const said = flush(model, key)
  if (!said.refused) recorder.ended = 'RECORDER_CLOSED'
  return said
}

/** What waited in them is lost. */
export function endRecorders(model: ThreadModel, ids: ReadonlySet<string>, code: string): void {
  for (const recorder of model.recorders.values()) {
    if (recorder.ended !== null || !ids.has(recorder.threadId)) continue
    recorder.ended = code
    recorder.pending = []
  }
}
