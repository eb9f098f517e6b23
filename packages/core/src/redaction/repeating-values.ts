// Values and quarantined pieces that repeat a redacted text: events whose payload names it, attachments, bytes that were
// set aside. Found before the commit and listed in the intent by key and handle, which hold no text.

import path from 'node:path'
import { memorySource, type RolloutSource, type ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import { bytesKey, headKey } from '../attachments/attachment-format.js'
import type { StoreContext } from '../context.js'
import { listQuarantine, type QuarantinePiece } from '../erasure/quarantine.js'
import { openCompressed, openSource } from '../files/rollout-sources.js'
import { rowsUnder } from '../rows-under.js'
import type { SecretTexts } from './secret-texts.js'

export interface RepeatingValues {
  readonly keys: readonly string[]
  readonly threadIds: readonly ThreadId[]
  readonly attachments: number
  readonly events: number
}

/** Rows are rewritten and idempotency keys blanked instead. */
const isOther = (place: string): boolean =>
  place === 'row' || place === 'keys' || place === 'secret' || place === 'carried'

export async function valuesThatRepeat(
  context: StoreContext,
  ids: readonly ThreadId[],
  texts: SecretTexts,
): Promise<RepeatingValues> {
  const keys = new Set<string>()
  const threadIds = new Set<ThreadId>()
  let attachments = 0
  let events = 0
  for (const id of ids) {
    const prefix = `t/${id}/`
    for await (const [key, body] of rowsUnder(context.journal, prefix)) {
      const place = key.slice(prefix.length)
      if (isOther(place) || !texts.areRepeatedIn(body)) continue
      threadIds.add(id)
      const handle = handleIn(place)
      if (handle === undefined) {
        keys.add(key)
        events += 1
      } else {
        // An attachment is two values, and goes whole.
        if (!keys.has(headKey(id, handle))) attachments += 1
        keys.add(headKey(id, handle)).add(bytesKey(id, handle))
      }
    }
  }
  return { keys: [...keys], threadIds: [...threadIds], attachments, events }
}

const handleIn = (place: string): string | undefined => /^[ab]\/(.+)$/.exec(place)?.[1]

const CHUNK_BYTES = 1024 * 1024
/** Longer than what makes a repetition, so that one on the edge of two chunks is in one of them. */
const OVERLAP_BYTES = 64
const zstdMagics = [0xfd2fb528, 0x184d2a5e]

export async function piecesThatRepeat(
  context: StoreContext,
  owners: readonly ThreadId[],
  texts: SecretTexts,
): Promise<{ pieces: string[]; unsearched: number }> {
  const owning = new Set<string>(owners)
  const pieces: string[] = []
  let unsearched = 0
  for (const piece of await listQuarantine(context)) {
    const known = piece.report?.owners ?? []
    if (known.length > 0 && !known.some((owner) => owning.has(owner))) continue
    const answer = await repeats(context, piece, texts)
    if (answer === 'unknown') unsearched += 1
    if (answer === true) pieces.push(path.basename(piece.names[0]!).split('.')[0]!)
  }
  return { pieces, unsearched }
}

async function repeats(
  context: StoreContext,
  { names }: QuarantinePiece,
  texts: SecretTexts,
): Promise<boolean | 'unknown'> {
  for (const name of names) {
    const raw = await openSource(context, name)
    if (!raw) continue
    let isCompressed: boolean
    try {
      isCompressed = await looksCompressed(raw)
      if (!isCompressed && (await occursIn(raw, texts))) return true
    } finally {
      await raw.close()
    }
    if (!isCompressed) continue
    try {
      const decoded = (await openCompressed(context, name)) ?? memorySource(new Uint8Array(0))
      try {
        if (await occursIn(decoded, texts)) return true
      } finally {
        await decoded.close()
      }
    } catch (error) {
      if (!isStoreError(error)) throw error
      return 'unknown'
    }
  }
  return false
}

async function looksCompressed(source: RolloutSource): Promise<boolean> {
  const head = Buffer.from(await source.read(0, 4))
  return head.length === 4 && zstdMagics.includes(head.readUInt32LE(0))
}

async function occursIn(source: RolloutSource, texts: SecretTexts): Promise<boolean> {
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    const start = Math.max(0, at - OVERLAP_BYTES)
    if (texts.areRepeatedIn(await source.read(start, CHUNK_BYTES + OVERLAP_BYTES))) return true
  }
  return false
}
