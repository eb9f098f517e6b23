// Quarantine: bytes that are in the way or that nobody vouches for are set aside, never dropped. Each piece has
// a report with the threads that may own it, so that a delete of any of them takes the piece along.

import path from 'node:path'
import { crc32 } from 'node:zlib'
import { isStoreError, readWhole, replaceWhole } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { makeFolderDurably } from '../files/make-folder.js'
import { uniqueName } from '../files/unique-name.js'

export interface QuarantineReport {
  /** Threads that may own the bytes; empty when nobody knows. */
  readonly owners: readonly string[]
  readonly why: 'name-taken' | 'uncommitted-tail' | 'unreadable'
  readonly at: number
}

const BYTES = '.bytes'
const REPORT = '.json'

/** Moves a whole file into quarantine. Durable when it resolves. */
export async function setAside(
  context: StoreContext,
  name: string,
  report: Omit<QuarantineReport, 'at'>,
): Promise<void> {
  const target = await newPiece(context, report)
  await context.disk.link(name, target)
  await context.disk.syncFolder(context.layout.quarantineFolder)
  await context.disk.unlink(name)
  await context.disk.syncFolder(path.dirname(name))
}

/** Keeps a copy of some bytes. Durable when it resolves. */
export async function keepBytes(
  context: StoreContext,
  bytes: Uint8Array,
  report: Omit<QuarantineReport, 'at'>,
): Promise<void> {
  await replaceWhole(context.disk, await newPiece(context, report), bytes)
}

async function newPiece(
  context: StoreContext,
  report: Omit<QuarantineReport, 'at'>,
): Promise<string> {
  const folder = context.layout.quarantineFolder
  await makeFolderDurably(context, folder)
  const piece = uniqueName(context)
  const full: QuarantineReport = { ...report, at: context.journal.storeTimeMs() }
  await replaceWhole(
    context.disk,
    path.join(folder, `${piece}${REPORT}`),
    Buffer.from(`${JSON.stringify({ ...full, crc32: checksumOf(full) })}\n`),
  )
  return path.join(folder, `${piece}${BYTES}`)
}

export interface QuarantinePiece {
  readonly names: readonly string[]
  readonly report: QuarantineReport | undefined
  readonly bytes: number
}

export async function listQuarantine(context: StoreContext): Promise<QuarantinePiece[]> {
  const folder = context.layout.quarantineFolder
  const pieces = new Map<string, string[]>()
  for (const { name } of (await context.disk.list(folder)) ?? []) {
    const piece = name.split('.')[0]!
    pieces.set(piece, [...(pieces.get(piece) ?? []), path.join(folder, name)])
  }
  return Promise.all([...pieces.values()].map((names) => describe(context, names)))
}

async function describe(context: StoreContext, names: string[]): Promise<QuarantinePiece> {
  let bytes = 0
  for (const name of names) bytes += (await context.disk.stat(name))?.bytes ?? 0
  const reportName = names.find((name) => name.endsWith(REPORT))
  const text = reportName && (await readWhole(context.disk, reportName))
  return { names, bytes, report: text ? parseReport(text) : undefined }
}

const checksumOf = ({ owners, why, at }: QuarantineReport): number =>
  crc32(JSON.stringify({ owners, why, at }))

/**
 * A report that cannot be read, or that has changed, says nothing about owners: everybody may be one. Reports from before
 * they had a checksum are believed.
 */
function parseReport(text: Uint8Array): QuarantineReport | undefined {
  try {
    const report = JSON.parse(Buffer.from(text).toString()) as
      | (QuarantineReport & { readonly crc32?: unknown })
      | null
    if (!report || !Array.isArray(report.owners)) return undefined
    const { crc32: stated, ...rest } = report
    return stated === undefined || stated === checksumOf(rest) ? rest : undefined
  } catch (error) {
    if (error instanceof SyntaxError || isStoreError(error)) return undefined
    throw error
  }
}

/** Removes the pieces that belong, or may belong, to any of these threads. */
export async function removePiecesOf(
  context: StoreContext,
  isOwner: (id: string) => boolean,
): Promise<{ files: number; bytes: number }> {
  let files = 0
  let bytes = 0
  for (const piece of await listQuarantine(context)) {
    const owners = piece.report?.owners ?? []
    if (owners.length > 0 && !owners.some(isOwner)) continue
    for (const name of piece.names) if (await context.disk.unlink(name)) files += 1
    bytes += piece.bytes
  }
  // Also where nothing is left: an earlier run may have died before it made its unlinks durable.
  await context.disk.syncFolder(context.layout.quarantineFolder)
  return { files, bytes }
}
