// Lines that were carried forward because their thread was parked are tried again at every open: a rollout that was
// missing may be back. Where the rollout was rewritten since, their old place means nothing: they go behind its end.

import { isInline, type ReservedSection, type Section } from '@cenotaph/journal'
import { memorySource, payloadText, type RolloutLine, readForward } from '@cenotaph/rollout'
import { carriedIndexPrefix, dropCarriedOperations, readCarried } from '../append/carried.js'
import {
  decodeTag,
  digestOf,
  encodeTag,
  IdempotencyKeys,
  type KeptKey,
  keysKey,
} from '../append/idempotency.js'
import { type KeptItem, prepareLines } from '../append/prepared-lines.js'
import type { StoreContext } from '../context.js'
import { rowsUnder } from '../rows-under.js'
import { idOfKey } from '../threads/index-keys.js'
import { currentRollout } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import { replaySection } from './replay.js'

export async function retryCarried(context: StoreContext): Promise<void> {
  for await (const [key] of rowsUnder(context.journal, carriedIndexPrefix)) {
    const id = idOfKey(key)
    const state = context.dead.has(id) ? undefined : await context.threads.load(id)
    if (state) await retryThread(context, state)
  }
}

async function retryThread(context: StoreContext, state: ThreadState): Promise<void> {
  const { generation } = state.row
  const sections = [...(await readCarried(context, state.threadId)), ...state.carried]
  state.carried = []
  const inPlace = sections.filter((section) => section.generation === generation)
  for (const section of inPlace) await replaySection(context, state, section)
  const displaced = sections.filter((section) => section.generation !== generation)
  if (state.carried.length > 0) {
    state.carried.push(...displaced)
    return
  }
  await appendCarried(context, state, displaced)
}

/**
 * Appends acknowledged lines behind the end of a rollout that no longer has their place, and ends the carrying. The
 * thread is locked, or the store is not open yet. Lines by reference are in the file already, whatever became of it.
 */
export async function appendCarried(
  context: StoreContext,
  state: ThreadState,
  sections: readonly (Section | ReservedSection)[],
): Promise<void> {
  state.keys ??= IdempotencyKeys.decode(await context.journal.get(keysKey(state.threadId)))
  for (const section of sections)
    if (isInline(section)) await appendSection(context, state, section)
  // A crash before the checkpoint or before the drop repeats what is done already, and the keys know that it is.
  await context.checkpoints.run()
  await context.journal.commit(() => ({ operations: dropCarriedOperations(state.threadId) }))
}

async function appendSection(
  context: StoreContext,
  state: ThreadState,
  section: Section,
): Promise<void> {
  const nowMs = context.journal.storeTimeMs()
  const kept: KeptItem[] = []
  for await (const line of readForward(memorySource(section.bytes))) kept.push(itemOf(line))
  const known = section.tag && decodeTag(section.tag)
  const key = known?.key ?? `carried ${section.generation} ${section.offset}`
  if (state.keys?.get(key, nowMs)) return
  const lines = prepareLines(kept, state.tail, {
    nowMs,
    explicitOrdinals: currentRollout(state.row).explicitOrdinals,
    needsPreview: state.row.preview === null,
  })
  const tag: KeptKey = {
    key,
    atMs: nowMs,
    digest: known?.digest ?? digestOf(kept),
    result: {
      threadId: state.threadId,
      dropped: known?.result.dropped ?? [],
      firstOrdinal: lines.first,
      lastOrdinal: lines.first + lines.count - 1,
      written: lines.count,
      bytes: lines.bytes.length,
    },
  }
  await context.appends.commit(state, lines, { tag: encodeTag(tag) })
}

const itemOf = (line: RolloutLine): KeptItem => ({
  type: line.type,
  payload: payloadText(line),
  timestamp: line.timestamp,
})
