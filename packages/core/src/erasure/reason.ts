// The reason of a delete stays for ever, in the receipt. So it must not repeat what is deleted.

import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openRollout } from '../reading/open-rollout.js'
import type { ThreadRow } from '../threads/thread-row.js'

const REASON_CHARACTERS_MAX = 200
/** Shorter words occur everywhere and give nothing away. */
const WORD_CHARACTERS_MIN = 8
const CHUNK_BYTES = 1024 * 1024
/** As many as a probe has: what is shorter can be anybody's words. */
const QUOTATION_BYTES_MIN = 32
const PIECE_BYTES = QUOTATION_BYTES_MIN / 2

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
  const whole = asStored(reason)
  const words = tellingWords(reason)
  for (const row of rows) {
    if (await occurs(context, row, whole, words)) refuse('it repeats text of the thread')
  }
}

/** Text as it stands inside of a JSON string. */
const asStored = (text: string): Buffer => Buffer.from(JSON.stringify(text).slice(1, -1))

/** Words that look like a secret, an address or a path: longer than most, and not of letters alone. */
const tellingWords = (reason: string): Buffer[] =>
  reason
    .split(/[\s,;:!?"'()]+/)
    .filter((word) => word.length >= WORD_CHARACTERS_MIN && !/^[\p{Letter}-]+$/u.test(word))
    .map(asStored)

const refuse = (why: string): never => {
  throw new StoreError('REASON_REFUSED', `the reason stays in the receipt for ever: ${why}`, {
    detail: { why },
  })
}

/** Whether all of the reason, a telling word of it, or a piece long enough to be a quotation is in the rollouts. */
async function occurs(
  context: StoreContext,
  row: ThreadRow,
  reason: Buffer,
  words: readonly Buffer[],
): Promise<boolean> {
  // A quotation holds at least one of these pieces whole; around it the rest is compared.
  const pieces: number[] = []
  for (let at = 0; at + PIECE_BYTES <= reason.length; at += PIECE_BYTES) pieces.push(at)
  for (const rollout of row.rollouts) {
    const source = await openRollout(context, row, rollout).catch(() => undefined)
    if (!source) continue
    try {
      const step = CHUNK_BYTES - 2 * reason.length
      for (let offset = 0; offset < source.size; offset += step) {
        const chunk = Buffer.from(await source.read(offset, CHUNK_BYTES))
        if (reason.length >= WORD_CHARACTERS_MIN && chunk.includes(reason)) return true
        if (words.some((word) => chunk.includes(word))) return true
        if (pieces.some((at) => isQuoted(chunk, reason, at))) return true
      }
    } finally {
      await source.close()
    }
  }
  return false
}

/** Whether a run of bytes around this piece of the reason stands in the chunk as well. */
function isQuoted(chunk: Buffer, reason: Buffer, piece: number): boolean {
  const needle = reason.subarray(piece, piece + PIECE_BYTES)
  for (let at = chunk.indexOf(needle); at >= 0; at = chunk.indexOf(needle, at + 1)) {
    let before = 0
    let behind = PIECE_BYTES
    while (isSame(chunk, at - before - 1, reason, piece - before - 1)) before += 1
    while (isSame(chunk, at + behind, reason, piece + behind)) behind += 1
    if (before + behind >= QUOTATION_BYTES_MIN) return true
  }
  return false
}

const isSame = (chunk: Buffer, at: number, reason: Buffer, place: number): boolean =>
  at >= 0 && place >= 0 && place < reason.length && chunk[at] === reason[place]
