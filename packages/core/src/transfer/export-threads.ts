// Export: a thread's whole history as one file of its own, readable without the store. Three forms:
//
//   jsonl      the rollout; byte for byte where the thread continues nobody, flattened where it does
//   markdown   what was said, for people
//   codex      a home that Codex can open: legacy mode, forks flattened, a user-message event, names in the index

import path from 'node:path'
import {
  copySource,
  dateFolderOf,
  encodeSessionIndexLine,
  parseRolloutFileName,
  type ThreadId,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions, checkText } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { fillFile, type Put } from '../files/fill-file.js'
import { lineBytes, writeInherited } from '../lifecycle/flatten.js'
import { openRollout, openThreadHistory } from '../reading/open-rollout.js'
import { requireThread, requireThreadIds } from '../threads/require-thread.js'
import { currentRollout, type ThreadRow } from '../threads/thread-row.js'
import { codexLines } from './codex-lines.js'
import { markdownOf } from './markdown.js'

export interface ExportOptions {
  /** Folder that the files go to; made where it is missing. */
  readonly to: string
  /** Default `jsonl`. */
  readonly format?: 'jsonl' | 'markdown'
  readonly layout?: 'flat' | 'codex'
}

export interface ExportedThread {
  readonly threadId: ThreadId
  readonly path: string
  readonly bytes: number
}

/** Files are durable when it resolves. @throws EXPORT_TARGET_EXISTS, THREAD_NOT_FOUND, THREAD_DELETED */
export async function exportThreads(
  context: StoreContext,
  given: readonly string[],
  options: ExportOptions,
): Promise<readonly ExportedThread[]> {
  const ids = requireThreadIds(given)
  checkOptions(options, { format: ['jsonl', 'markdown'], layout: ['flat', 'codex'] })
  checkText(options.to, 'to')
  const exported: ExportedThread[] = []
  const names: string[] = []
  const target = path.resolve(options.to)
  await refuseInside(context, target)
  for (const id of ids) {
    const { row } = await requireThread(context, id)
    const file = path.join(target, placeOf(row, options))
    const bytes = await writeFile(context, file, (put) => writeThread(context, row, options, put))
    exported.push({ threadId: row.threadId, path: file, bytes })
    if (row.name !== null) {
      const updatedAt = new Date(row.updatedAt).toISOString()
      names.push(encodeSessionIndexLine({ id: row.threadId, name: row.name, updatedAt }))
    }
  }
  if (options.layout === 'codex') await addNames(context, target, names)
  return exported
}

/**
 * A copy inside of the store would outlive the delete of its thread, under a receipt that says `erased`.
 * @throws ARGUMENT_INVALID
 */
export async function refuseInside(
  { options, layout }: StoreContext,
  target: string,
): Promise<void> {
  const disk = options.hostDisk
  // A dot behind a name follows symbolic links; two dots go up where the folder really is.
  const root = await disk.stat(`${layout.root}/.`)
  let folder = target
  while (!(await disk.stat(`${folder}/.`)) && path.dirname(folder) !== folder) {
    folder = path.dirname(folder)
  }
  let place = `${folder}/.`
  for (let before = ''; ; place += '/..') {
    const identity = (await disk.stat(place))?.identity ?? ''
    if (identity === root?.identity) {
      throw new StoreError('ARGUMENT_INVALID', 'a copy goes to a folder outside of the store', {
        detail: { to: target },
      })
    }
    if (identity === before) return
    before = identity
  }
}

function placeOf(row: ThreadRow, options: ExportOptions): string {
  const { fileName } = row.rollouts[0]!
  if (options.layout !== 'codex') {
    return options.format === 'markdown' ? fileName.replace(/\.jsonl$/, '.md') : fileName
  }
  if (row.archived) return path.join('archived_sessions', fileName)
  return path.join('sessions', dateFolderOf(parseRolloutFileName(fileName)!.localTime), fileName)
}

async function writeThread(
  context: StoreContext,
  row: ThreadRow,
  options: ExportOptions,
  put: Put,
): Promise<void> {
  const rollout = currentRollout(row)
  if (options.layout !== 'codex' && options.format !== 'markdown' && rollout.base === null) {
    const source = await openRollout(context, row, rollout)
    try {
      await copySource(source, put)
    } finally {
      await source.close()
    }
    return
  }
  const history = await openThreadHistory(context, row)
  try {
    if (options.layout === 'codex') await codexLines(history, row, put)
    else if (options.format === 'markdown') await markdownOf(history, row, put)
    else {
      const meta = await ownFirstLine(history)
      const { explicitOrdinals } = rollout
      await writeInherited(history.forward(), { meta, base: null, explicitOrdinals }, put)
    }
  } finally {
    await history.close()
  }
}

async function ownFirstLine(
  history: Awaited<ReturnType<typeof openThreadHistory>>,
): Promise<Uint8Array> {
  const tip = history.segments.at(-1)!
  for await (const line of history.forward({ fromOrdinal: tip.firstOrdinal }))
    return lineBytes(line)
  throw new StoreError('ROLLOUT_DAMAGED', 'the rollout has no line')
}

async function writeFile(
  context: StoreContext,
  target: string,
  write: (put: Put) => Promise<void>,
): Promise<number> {
  // The target is outside of the store: its failures end nothing.
  const disk = context.options.hostDisk
  const made = await disk.makeFolder(path.dirname(target))
  const file = await disk.create(target)
  if (!file) {
    throw new StoreError('EXPORT_TARGET_EXISTS', `there is a file already: ${target}`, {
      detail: { path: target },
    })
  }
  const bytes = await fillFile(file, write)
  await disk.syncFolder(path.dirname(target))
  for (const folder of made) await disk.syncFolder(path.dirname(folder))
  return bytes
}

async function addNames(
  context: StoreContext,
  target: string,
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return
  const disk = context.options.hostDisk
  const index = path.join(target, 'session_index.jsonl')
  const file = (await disk.openWrite(index)) ?? (await disk.create(index))
  if (!file) throw new StoreError('EXPORT_TARGET_EXISTS', `cannot write ${index}`)
  try {
    await file.write(await file.size(), Buffer.from(lines.join('')))
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.syncFolder(target)
}
