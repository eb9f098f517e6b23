// Receipts as files, `.cenotaph/receipts/<receipt id>.json`, for people and for the day when everything else
// is lost. Survives a crash while one is written: it is the old file or the new one, never a part.
// A file that does not verify by itself (rot, an edit, the wrong name) is told, never taken for a receipt.

import path from 'node:path'
import { type Disk, isStoreError, readWhole, replaceWhole, StoreError } from '@cenotaph/storage'
import type { Receipt } from './receipt-types.js'
import { verifyReceipt } from './verify-receipt.js'

const fileName = /^([0-7][0-9A-HJKMNP-TV-Z]{25})\.json$/

/** Whether a file of this name in the folder of receipts is one. */
export const isReceiptName = (name: string): boolean => fileName.test(name)

/** Indented JSON with a newline at the end: the form that the files have and that the command prints. */
export const receiptText = (receipt: Receipt): string =>
  `${JSON.stringify(receipt, undefined, 2)}\n`

/** Writes the receipt into the folder, replacing a file of the same id. Durable when it resolves. */
export async function writeReceipt(disk: Disk, folder: string, receipt: Receipt): Promise<void> {
  await replaceWhole(
    disk,
    receiptPath(folder, receipt.receiptId),
    new TextEncoder().encode(receiptText(receipt)),
  )
}

/** Undefined where there is none. RECEIPT_INVALID, with `problems`, where the file does not verify. */
export async function readReceipt(
  disk: Disk,
  folder: string,
  receiptId: string,
): Promise<Receipt | undefined> {
  const bytes = await readWhole(disk, receiptPath(folder, receiptId))
  return bytes && parseReceipt(bytes, receiptId)
}

/** Ids of the receipts in the folder, oldest first; other names in it are not looked at. */
export async function listReceiptIds(disk: Disk, folder: string): Promise<readonly string[]> {
  const entries = (await disk.list(folder)) ?? []
  return entries.flatMap(({ name, kind }) =>
    kind === 'file' ? (fileName.exec(name)?.[1] ?? []) : [],
  )
}

export interface DamagedReceipt {
  readonly receiptId: string
  readonly error: StoreError
}

/** Every receipt in the folder, oldest first, and beside them those that cannot be trusted. */
export async function listReceipts(
  disk: Disk,
  folder: string,
): Promise<{ readonly receipts: readonly Receipt[]; readonly damaged: readonly DamagedReceipt[] }> {
  const receipts: Receipt[] = []
  const damaged: DamagedReceipt[] = []
  for (const receiptId of await listReceiptIds(disk, folder)) {
    try {
      const receipt = await readReceipt(disk, folder, receiptId)
      if (receipt) receipts.push(receipt)
    } catch (error) {
      if (!isStoreError(error, 'RECEIPT_INVALID')) throw error
      damaged.push({ receiptId, error })
    }
  }
  return { receipts, damaged }
}

/** Only a ULID becomes a path, so that no id leads out of the folder. */
function receiptPath(folder: string, receiptId: string): string {
  const name = `${receiptId}.json`
  if (!fileName.test(name))
    throw new StoreError('ARGUMENT_INVALID', 'not a receipt id', { detail: { receiptId } })
  return path.join(folder, name)
}

function parseReceipt(bytes: Uint8Array, receiptId: string): Receipt {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw damage(receiptId, ['json: the file is not JSON'], cause)
  }
  const { problems } = verifyReceipt(value)
  if (problems.length > 0) throw damage(receiptId, problems)
  const receipt = value as Receipt
  if (receipt.receiptId !== receiptId) throw damage(receiptId, ['key: the file has the wrong name'])
  return receipt
}

const damage = (receiptId: string, problems: readonly string[], cause?: unknown): StoreError =>
  new StoreError('RECEIPT_INVALID', `the receipt ${receiptId} is damaged: ${problems[0]}`, {
    cause,
    detail: { receiptId, problems },
  })
