// How a new rollout appears. Its bytes are staged in `.cenotaph/staging/` under the operation's id and made
// durable; the intent names them; the step `publish` links them to their place. Survives: a crash before the
// intent (open sweeps staged files that no intent names), and a crash inside the step (a link that is there is
// left, a staged name that is gone is done).

import path from 'node:path'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { setAside } from '../erasure/quarantine.js'
import { makeFolderDurably } from '../files/make-folder.js'
import { stagedPath } from '../files/staging.js'
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
