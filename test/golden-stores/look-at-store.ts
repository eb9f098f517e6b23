// Everything that a store tells its callers, as JSON: what a golden store is compared by.

import { isStoreError, type ThreadStore } from '@cenotaph/core'
import { listedIds } from '../support/survey.js'

export interface LookOptions {
  /** Receipts that were issued by this run hold sizes of files that are never the same twice. */
  readonly receipts?: 'whole' | 'ids'
}

export async function lookAtStore(
  store: ThreadStore,
  known: readonly string[],
  { receipts = 'whole' }: LookOptions = {},
): Promise<unknown> {
  const threads: Record<string, unknown> = {}
  for (const id of known) threads[id] = await lookAtThread(store, id)
  const events: unknown[] = []
  for await (const event of store.events()) events.push(event)
  const issued = await store.listReceipts()
  return plain({
    publicKey: store.publicKey,
    listed: [...(await listedIds(store))].sort(),
    scheduled: (await store.listThreads({ scheduled: true })).threads.map((one) => one.threadId),
    holds: (await store.listHolds()).map((one) => one.threadId),
    policy: await store.retention.policy(),
    participants: await store.participants(),
    backups: await store.listBackups(),
    events,
    receipts: receipts === 'whole' ? issued : issued.map((one) => one.receiptId),
    threads,
  })
}

async function lookAtThread(store: ThreadStore, id: string): Promise<unknown> {
  const status = await store.status(id).catch((error: unknown) => {
    if (!isStoreError(error, 'THREAD_NOT_FOUND')) throw error
    return undefined
  })
  if (!status) return null
  const { state, receiptId } = status
  if (state !== 'active' && state !== 'archived') return { state, receiptId }
  const lines: string[] = []
  for await (const { line } of store.listItems(id)) lines.push(Buffer.from(line).toString())
  const attachments = store.attachments(id)
  const listed = (await attachments.list({ limit: 1_000 })).attachments
  const values = await Promise.all(
    listed.map(async (one) => ({ ...one, value: await attachments.get(one.kind, one.key) })),
  )
  const { turns } = await store.listTurns(id)
  return { view: await store.readThread(id), lines, turns, attachments: values }
}

/** As JSON has it: bytes as lists, and nothing that is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
