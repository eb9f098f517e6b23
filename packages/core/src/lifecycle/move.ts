// Moving rollouts between `sessions/` and `archived_sessions/`. A move never replaces: link, make the new name
// durable, then unlink the old one. Survives: a crash between any two calls; the bytes always have a name.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { setAside } from '../erasure/quarantine.js'
import { makeFolderDurably } from '../files/make-folder.js'
import type { Step } from './operation.js'

export interface Move {
  readonly threadId: string
  /** With `.zst` where the rollout is compressed. */
  readonly fileName: string
}

export const moveStep = <Plan extends { readonly moves: readonly Move[] }>(
  toArchive: boolean,
): Step<Plan> => ({
  name: 'move',
  async apply(context, { moves }) {
    for (const move of moves) {
      // One that died since is its delete's to unlink.
      if (!context.dead.has(move.threadId as ThreadId)) await moveOne(context, move, toArchive)
    }
  },
})

async function moveOne(
  context: StoreContext,
  { threadId, fileName }: Move,
  toArchive: boolean,
): Promise<void> {
  const { disk, layout } = context
  const from = layout.rolloutPath({ archived: !toArchive, fileName })
  const to = layout.rolloutPath({ archived: toArchive, fileName })
  const source = await disk.stat(from)
  if (!source) {
    if (await disk.stat(to)) {
      await disk.syncFolder(path.dirname(from))
      return
    }
    throw new StoreError('ROLLOUT_NOT_FOUND', 'the rollout to move is gone', {
      detail: { threadId, path: from },
    })
  }
  await makeFolderDurably(context, path.dirname(to))
  if (!(await disk.link(from, to))) {
    const present = await disk.stat(to)
    if (present?.identity !== source.identity) {
      await setAside(context, to, { owners: [threadId], why: 'name-taken' })
      await disk.link(from, to)
    }
  }
  await disk.syncFolder(path.dirname(to))
  await disk.unlink(from)
  await disk.syncFolder(path.dirname(from))
}
