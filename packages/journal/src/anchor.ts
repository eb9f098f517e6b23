// anchor.json: the last checkpoint, kept outside of the database as a witness. A database that is
// missing, or older than its anchor, is noticed. Replaced whole, after the batch that it speaks of, so
// a crash between the two leaves an anchor that is older than the database: that is harmless.

import { crc32 } from 'node:zlib'
import { type Disk, readWhole, replaceWhole, StoreError } from '@cenotaph/storage'
import { refuseNewer } from './meta.js'

export interface Anchor {
  readonly formatVersion: number
  readonly storeId: string
  /** The last trimmed append group. */
  readonly sequence: number
  /** Number of events in the event log. */
  readonly logSize: number
  readonly rootHash: string
  readonly keyFingerprint: string
  /** Milliseconds since 1970-01-01 UTC; never goes back. */
  readonly storeTimeMs: number
  /** Raised when the event log starts anew. */
  readonly epoch: number
}

/** Durable when it resolves. */
export async function writeAnchor(disk: Disk, path: string, anchor: Anchor): Promise<void> {
  const text = JSON.stringify(anchor)
  await replaceWhole(disk, path, Buffer.from(`{"anchor":${text},"crc32":${crc32(text)}}\n`))
}

/**
 * The anchor, or undefined where there is none. Throws STORE_FORMAT_NEWER, and JOURNAL_GAP
 * `{ reason: 'anchor-damaged' }` where its checksum or form is wrong.
 */
export async function readAnchor(disk: Disk, path: string): Promise<Anchor | undefined> {
  const bytes = await readWhole(disk, path)
  if (!bytes) return undefined
  let file: { anchor?: Partial<Record<keyof Anchor, unknown>>; crc32?: unknown } | null
  try {
    file = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw damaged(path)
  }
  // The version is looked at before the checksum, whose rule a newer version may have changed.
  refuseNewer(file?.anchor?.formatVersion)
  if (crc32(JSON.stringify(file?.anchor) ?? '') !== file?.crc32) throw damaged(path)
  const { sequence, storeTimeMs } = file.anchor ?? {}
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(storeTimeMs)) throw damaged(path)
  return file.anchor as Anchor
}

const damaged = (path: string): StoreError =>
  new StoreError('JOURNAL_GAP', `the anchor cannot be read: ${path}`, {
    detail: { reason: 'anchor-damaged', path },
  })
