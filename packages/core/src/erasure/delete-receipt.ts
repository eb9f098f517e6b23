// The receipt of a delete: made, logged and signed in one batch, then written beside the store's other receipts.
// A receipt that the batch already holds is only written again, so a repeated step gives the same receipt.

import path from 'node:path'
import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { backupsOutOfReach } from '../backup/known-backups.js'
import { checkText } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { leafBytes } from '../events/stored-event.js'
import type { DeletePlan } from '../lifecycle/delete-plan.js'
import { receiptParticipants } from '../participants/erase-with-participants.js'
import {
  prepareReceipt,
  type Receipt,
  type ReceiptBody,
  readReceipt,
  receiptVersion,
  writeReceipt,
} from '../proof/index.js'
import type { Deletion } from './deletions.js'

/** What no engine on this machine can vouch for, in every receipt. */
const alwaysOutOfReach = [
  'SSD blocks that the drive has remapped',
  'file-system snapshots',
  'backups and copies made elsewhere',
]

/** As above, for a store in memory. */
const outOfReachOfMemory = [
  'pages of memory that were swapped out or dumped',
  'exports and copies made elsewhere',
]

const receiptKey = (id: string): string => `r/${id}`

export async function findReceipt(
  context: StoreContext,
  receiptId: string,
): Promise<Receipt | undefined> {
  checkText(receiptId, 'the id of a receipt')
  const body = await context.journal.get(receiptKey(receiptId))
  if (body) return JSON.parse(Buffer.from(body).toString()) as Receipt
  return readReceipt(context.disk, context.layout.receiptsFolder, receiptId)
}

/** Durable when it resolves, in LevelDB and as a file. */
export const issueReceipt = (
  context: StoreContext,
  plan: DeletePlan,
  operationId: OperationId,
): Promise<Receipt> =>
  issueReceiptOf(context, operationId, {
    type: 'threads.erased',
    payload: { receiptId: operationId, threads: plan.threadIds.length },
    bodyOf: (foreign) => bodyOf(context, plan, operationId, foreign),
  })

export interface ReceiptParts {
  /** Of the event that announces it. */
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
  /** `foreign`: how many entries of the root are not the store's. Called shortly before the batch that holds it. */
  bodyOf(foreign: number): ReceiptBody
}

/** Durable when it resolves, in LevelDB and as a file. One that is there already is only written again. */
export async function issueReceiptOf(
  context: StoreContext,
  operationId: OperationId,
  parts: ReceiptParts,
): Promise<Receipt> {
  const receipt =
    (await findReceipt(context, operationId)) ?? (await sealAndLog(context, operationId, parts))
  await writeReceipt(context.disk, context.layout.receiptsFolder, receipt)
  return receipt
}

async function sealAndLog(
  context: StoreContext,
  operationId: OperationId,
  { type, payload, bodyOf }: ReceiptParts,
): Promise<Receipt> {
  const prepared = await prepareReceipt(bodyOf(await countForeign(context)))
  const commitment = prepared.digest
  return context.journal.commit(() => {
    const events = context.events.plan([{ type, threadId: null, commitment, payload }])
    const leaf = { position: events.firstPosition, at: events.at, type, threadId: null, commitment }
    const { receipt, json } = prepared.seal({
      epoch: context.identity.epoch,
      plan: events.merkle,
      eventLeafBytes: leafBytes(leaf),
      key: context.signingKey,
    })
    return {
      operations: [...events.operations, { type: 'put', key: receiptKey(operationId), body: json }],
      applied: () => {
        events.apply()
        return receipt
      },
    }
  })
}

/** What lies in the root and is not the store's, such as the other files of a Codex home. It is not searched. */
async function countForeign({ disk, layout }: StoreContext): Promise<number> {
  const ours = [layout.sessionsFolder, layout.archivedFolder, layout.cenotaphFolder].map((folder) =>
    path.basename(folder),
  )
  const entries = (await disk.list(layout.root)) ?? []
  return entries.filter((entry) => !ours.includes(entry.name)).length
}

const iso = (ms: number): string => new Date(ms).toISOString()

function bodyOf(
  context: StoreContext,
  plan: DeletePlan,
  operationId: OperationId,
  foreign: number,
): ReceiptBody {
  const deletion = context.deletions.of(operationId)
  const nowMs = context.journal.storeTimeMs()
  const detached = new Set<ThreadId>(plan.detach)
  return {
    version: receiptVersion,
    receiptId: operationId,
    threadIds: plan.threadIds,
    alreadyDeleted: plan.alreadyDeleted,
    requestedAt: iso(plan.requestedAtMs),
    committedAt: iso(plan.committedAtMs),
    erasedAt: iso(nowMs),
    state: 'erased',
    reason: plan.reason,
    requestedBy: plan.requestedBy,
    steps: stepsOf('delete', deletion),
    participants: receiptParticipants(context, plan, operationId),
    files: plan.files,
    bytes: plan.bytes,
    items: plan.items,
    survivingForks: plan.survivors.map((fork) => ({
      threadId: fork.threadId,
      // A detached fork holds the inherited lines itself now.
      kind: detached.has(fork.threadId) ? 'copy' : fork.kind,
    })),
    verification: verificationOf(deletion),
    outOfReach: [
      ...outOfReachOf(context, plan.hardLinks, foreign),
      ...(plan.survivors.length > 0 ? ['surviving forks, which hold inherited lines'] : []),
    ],
    redaction: null,
    publicKey: context.signingKey.publicKey,
  }
}

/** What every receipt of this store has to name. */
export const outOfReachOf = (
  context: StoreContext,
  hardLinks: number,
  foreign: number,
): readonly string[] => [
  ...(context.options.ephemeral ? outOfReachOfMemory : alwaysOutOfReach),
  ...backupsOutOfReach(context),
  ...(hardLinks > 0 ? [`other hard links to ${hardLinks} of the files`] : []),
  ...(foreign > 0 ? [`${foreign} entries of the root folder that are not the store's`] : []),
]

export const stepsOf = (operation: string, { steps }: Deletion): ReceiptBody['steps'] =>
  [...steps].map(([name, { outcome, attempts, atMs }]) => ({
    name: `${operation}.${name}`,
    outcome,
    attempts,
    at: iso(atMs),
  }))

export const verificationOf = ({ verification }: Deletion): ReceiptBody['verification'] =>
  verification
    ? {
        mode: verification.mode,
        scope: 'touched',
        scannedFiles: verification.scan.files,
        scannedBytes: verification.scan.bytes,
        residue: verification.scan.residue.length,
        shared: verification.scan.shared,
      }
    : null
