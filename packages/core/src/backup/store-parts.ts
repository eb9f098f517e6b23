// What of a backup belongs to no one thread: events, receipts, tombstones, and the rows of participants, schedules and
// backups. None of it holds text of a thread, so nothing of it has to leave with one.

import path from 'node:path'
import { readWhole } from '@cenotaph/storage'
import { eventKey } from '../events/stored-event.js'
import { listReceiptIds } from '../proof/index.js'
import { rowsUnder } from '../rows-under.js'
import { schedulesPrefix } from '../schedule/schedules.js'
import { clockKey } from '../time/trusted-clock.js'
import { encodeTombstones } from '../tombstones/index.js'
import { eventsName, receiptPath, storeName, tombstonesName } from './backup-paths.js'
import { backupsPrefix } from './backups.js'
import type { CopyParts } from './copy-thread.js'
import { putValues, type Value } from './value-file.js'

/** Rows that a restored store takes over as they are. The retention policy is not among them: it is off there. */
export const storePrefixes = ['p/', schedulesPrefix, backupsPrefix] as const

/**
 * Trusted time comes along: a restored store finds that it has been away, and waits before it deletes what became due
 * meanwhile.
 */
export const isRestored = (key: string): boolean =>
  key === clockKey || storePrefixes.some((prefix) => key.startsWith(prefix))

export async function copyEvents({ context, folder, eventsEnd, signal }: CopyParts): Promise<void> {
  async function* events(): AsyncGenerator<Value> {
    const end = eventKey(eventsEnd)
    for await (const [key, body] of rowsUnder(context.journal, 'e/')) {
      if (key >= end) return
      signal.throwIfAborted()
      yield [key, body]
    }
  }
  await folder.write(eventsName, (put) => putValues(put, events()))
}

export async function copyTombstones({ context, folder }: CopyParts): Promise<void> {
  const bytes = encodeTombstones(context.tombstones.records())
  await folder.write(tombstonesName, (put) => put(bytes))
}

/** Receipts never change, so one that is there already is right. */
export async function copyReceipts({ context, folder }: CopyParts): Promise<void> {
  const { disk } = context.options
  const { receiptsFolder } = context.layout
  const present = new Set(folder.files().map((file) => file.path))
  for (const receiptId of await listReceiptIds(disk, receiptsFolder)) {
    if (present.has(receiptPath(receiptId))) continue
    const bytes = await readWhole(disk, path.join(receiptsFolder, `${receiptId}.json`))
    if (bytes) await folder.write(receiptPath(receiptId), (put) => put(bytes))
  }
}

export async function copyStoreValues({ context, folder }: CopyParts): Promise<void> {
  async function* values(): AsyncGenerator<Value> {
    const clock = await context.journal.get(clockKey)
    if (clock) yield [clockKey, clock]
    for (const prefix of storePrefixes) yield* rowsUnder(context.journal, prefix)
  }
  await folder.write(storeName, (put) => putValues(put, values()))
}
