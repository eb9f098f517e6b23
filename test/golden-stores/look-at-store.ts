// Everything that a store tells its callers, as JSON, section by section: what a golden store is compared by.

import { isStoreError, type ThreadStore } from '@cenotaph/core'
import { listedIds } from '../support/survey.js'

export interface LookOptions {
  /** Receipts that were issued by this run hold sizes of files that are never the same twice. */
  readonly receipts?: 'whole' | 'ids'
  /** A section that ends in a typed error is `{ refused: code }`; otherwise the error is thrown. */
  readonly refusals?: 'told' | 'thrown'
  /** `some`: the known threads and the receipts alone. */
  readonly extent?: 'all' | 'some'
}

export interface Look {
  readonly store: Readonly<Record<string, unknown>>
  /** By id; null where there is no such thread. */
  readonly threads: Readonly<Record<string, unknown>>
  /** By id. */
  readonly receipts: Readonly<Record<string, unknown>>
}

export interface Refused {
  readonly refused: string
}

export const isRefused = (section: unknown): section is Refused =>
  typeof section === 'object' && section !== null && 'refused' in section

export async function lookAtStore(
  store: ThreadStore,
  known: readonly string[],
  { receipts = 'whole', refusals = 'thrown', extent = 'all' }: LookOptions = {},
): Promise<Look> {
  const section = async (run: () => unknown): Promise<unknown> => {
    try {
      return plain(await run())
    } catch (error) {
      if (refusals === 'told' && isStoreError(error)) return { refused: error.code }
      throw error
    }
  }
  const threads: Record<string, unknown> = {}
  for (const id of known) threads[id] = await section(() => lookAtThread(store, id))
  const ofStore: Record<string, () => unknown> = {
    publicKey: () => store.publicKey,
    listed: async () => [...(await listedIds(store))].sort(),
    scheduled: async () => idsOf((await store.listThreads({ scheduled: true })).threads),
    holds: async () => idsOf(await store.listHolds()),
    policy: () => store.retention.policy(),
    participants: () => store.participants(),
    backups: () => store.listBackups(),
    events: () => eventsOf(store),
  }
  const told: Record<string, unknown> = {}
  if (extent === 'all')
    for (const [name, run] of Object.entries(ofStore)) told[name] = await section(run)
  const issued: Record<string, unknown> = {}
  for (const receipt of await store.listReceipts())
    issued[receipt.receiptId] = receipts === 'whole' ? plain(receipt) : true
  return { store: told, threads, receipts: issued }
}

async function eventsOf(store: ThreadStore): Promise<unknown[]> {
  const events: unknown[] = []
  for await (const event of store.events()) events.push(event)
  return events
}

const idsOf = (threads: readonly { readonly threadId: string }[]): string[] =>
  threads.map((one) => one.threadId)

export async function lookAtThread(store: ThreadStore, id: string): Promise<unknown> {
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
const plain = (value: unknown): unknown =>
  value === undefined ? null : JSON.parse(JSON.stringify(value))
