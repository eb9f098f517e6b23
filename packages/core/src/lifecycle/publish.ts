// How a new rollout appears. Its bytes are staged in `.cenotaph/staging/` under the operation's id and made
// durable; the intent names them; the step `publish` links them to their place. Survives: a crash before the
// intent (open sweeps staged files that no intent names), and a crash inside the step (a link that is there is
// left, a staged name that is gone is done).

import path from 'node:path'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { setAside } from '../erasure/quarantine.js'
import type { Step } from './operation.js'

/** Where the staged file with this index of an operation goes. */
export interface Publication {
  readonly threadId: string
  readonly archived: boolean
  /** With `.zst` where the rollout is compressed. */
  readonly fileName: string
  /** Takes the place of the present rollout, of which the staged bytes are a longer version. */
  readonly replaces?: boolean
}

export const stagedPath = (context: StoreContext, operationId: string, index = 0): string =>
  path.join(context.layout.stagingFolder, `${operationId}-${index}.tmp`)

/** Stages bytes; durable when it resolves, the name included. */
export async function stageBytes(
  context: StoreContext,
  target: string,
  write: (put: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<number> {
  // Not the latching disk: staged bytes are nobody's yet, so a full disk here is this operation's error alone.
  const { disk } = context.options
  await disk.unlink(target)
  const file = await disk.create(target)
  if (!file) throw new StoreError('DISK_ERROR', 'a staged file appeared under our own name')
  let offset = 0
  try {
    await write(async (bytes) => {
      await file.write(offset, bytes)
      offset += bytes.length
    })
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.syncFolder(context.layout.stagingFolder)
  return offset
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

/** The step that create, fork and import share. */
export const publishStep = <
  Plan extends { readonly publications: readonly Publication[] },
>(): Step<Plan> => ({
  name: 'publish',
  async apply(context, plan, { operationId }) {
    for (const [index, publication] of plan.publications.entries()) {
      await publishOne(context, stagedPath(context, operationId, index), publication)
    }
    await context.disk.syncFolder(context.layout.stagingFolder)
  },
})

async function publishOne(
  context: StoreContext,
  staged: string,
  { archived, fileName, threadId, replaces }: Publication,
): Promise<void> {
  const target = context.layout.rolloutPath({ archived, fileName })
  await makeFolderDurably(context, path.dirname(target))
  const source = await context.disk.stat(staged)
  if (!source) {
    // Published by an earlier run, which took its staged name away last.
    if (await context.disk.stat(target)) {
      await context.disk.syncFolder(path.dirname(target))
      if (replaces) await removeOtherForm(context, target)
      return
    }
    throw new StoreError('ROLLOUT_NOT_FOUND', 'a staged rollout is gone', { detail: { threadId } })
  }
  if (replaces) {
    await context.disk.rename(staged, target)
    await context.disk.syncFolder(path.dirname(target))
    await removeOtherForm(context, target)
    return
  }
  if (!(await context.disk.link(staged, target))) {
    const present = await context.disk.stat(target)
    if (present?.identity !== source.identity) {
      await setAside(context, target, { owners: [threadId], why: 'name-taken' })
      await context.disk.link(staged, target)
    }
  }
  await context.disk.syncFolder(path.dirname(target))
  await context.disk.unlink(staged)
}

/** After a replacement a rollout has one form: the new one. */
async function removeOtherForm(context: StoreContext, target: string): Promise<void> {
  const other = target.endsWith('.zst') ? target.slice(0, -'.zst'.length) : `${target}.zst`
  if (await context.disk.unlink(other)) await context.disk.syncFolder(path.dirname(target))
}

/** Makes a folder whose name is durable when it resolves, and so are the names of the folders above it. */
export async function makeFolderDurably(context: StoreContext, folder: string): Promise<void> {
  for (const made of await context.disk.makeFolder(folder)) {
    await context.disk.syncFolder(path.dirname(made))
  }
}
