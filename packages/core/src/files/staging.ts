// Staged files: bytes that an operation has written and not published yet, in `.cenotaph/staging/`. Open sweeps those
// that no open intent names.

import path from 'node:path'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { fillFile, type Put } from './fill-file.js'

/** The staged file with this index of an operation. */
export const stagedPath = (context: StoreContext, operationId: string, index = 0): string =>
  path.join(context.layout.stagingFolder, `${operationId}-${index}.tmp`)

/** Stages bytes; durable when it resolves, the name included. */
export async function stageBytes(
  context: StoreContext,
  target: string,
  write: (put: Put) => Promise<void>,
): Promise<number> {
  // Not the latching disk: staged bytes are nobody's yet, so a full disk here is this operation's error alone.
  const { disk } = context.options
  await disk.unlink(target)
  const file = await disk.create(target)
  if (!file) throw new StoreError('DISK_ERROR', 'a staged file appeared under our own name')
  const bytes = await fillFile(file, write)
  await disk.syncFolder(context.layout.stagingFolder)
  return bytes
}

export async function unstage(
  context: StoreContext,
  operationId: string,
  count: number,
): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await context.disk.unlink(stagedPath(context, operationId, index))
  }
}
