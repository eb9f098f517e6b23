// The reason of a delete stays for ever, in the receipt. So it must not repeat what is deleted.

import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openRollout } from '../reading/open-rollout.js'
import type { ThreadRow } from '../threads/thread-row.js'

const REASON_CHARACTERS_MAX = 200
/** Shorter words occur everywhere and give nothing away. */
const REPEAT_CHARACTERS_MIN = 8
const CHUNK_BYTES = 1024 * 1024

/** @throws REASON_REFUSED */
export async function refuseRepeatingReason(
  context: StoreContext,
  reason: string | null,
  rows: readonly ThreadRow[],
): Promise<void> {
  if (reason === null) return
  if (reason.length > REASON_CHARACTERS_MAX) refuse('longer than 200 characters')
  for (const { name, preview, cwd } of rows) {
    for (const text of [name, preview, cwd]) {
      if (text && text.length >= 4 && reason.includes(text)) refuse('it repeats text of the thread')
    }
  }
  if (reason.length < REPEAT_CHARACTERS_MIN) return
  const needle = Buffer.from(JSON.stringify(reason).slice(1, -1))
  for (const row of rows) {
    if (await occurs(context, row, needle)) refuse('it repeats text of the thread')
  }
}

const refuse = (why: string): never => {
  throw new StoreError('REASON_REFUSED', `the reason stays in the receipt for ever: ${why}`, {
    detail: { why },
  })
}

async function occurs(context: StoreContext, row: ThreadRow, needle: Buffer): Promise<boolean> {
  for (const rollout of row.rollouts) {
    const source = await openRollout(context, row, rollout).catch(() => undefined)
    if (!source) continue
    try {
      const step = CHUNK_BYTES - needle.length
      for (let offset = 0; offset < source.size; offset += step) {
        const chunk = Buffer.from(await source.read(offset, CHUNK_BYTES))
        if (chunk.includes(needle)) return true
      }
    } finally {
      await source.close()
    }
  }
  return false
}
