// Staged files that no open intent names belong to operations that never happened.

import path from 'node:path'
import type { OpenIntent } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'

export async function sweepStaging(
  context: StoreContext,
  intents: readonly Pick<OpenIntent, 'id'>[],
): Promise<void> {
  const { disk, layout } = context
  const open = new Set<string>(intents.map((intent) => intent.id))
  let swept = false
  for (const { name, kind } of (await disk.list(layout.stagingFolder)) ?? []) {
    if (kind === 'folder' || open.has(name.slice(0, 26))) continue
    swept = (await disk.unlink(path.join(layout.stagingFolder, name))) || swept
  }
  if (swept) await disk.syncFolder(layout.stagingFolder)
}
