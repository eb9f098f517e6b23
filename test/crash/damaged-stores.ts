// Stores that a repair has everything to do with: one that does not open, and one that does. Made once, copied for each
// crash.

import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { flipInFile } from '../golden-stores/flips.js'
import { copyRoot } from '../support/temporary-folder.js'
import { testId } from '../support/thread-ids.js'
import { foreignLine, levelFolder, rolloutOf, say } from '../traps/store.fixture.js'
import { storeOptions } from './template.js'

export const ids = {
  extended: testId(1),
  archived: testId(2),
  dead: testId(3),
  fork: testId(4),
  changed: testId(5),
  held: testId(6),
} as const

/** A text of the dead one, and of all others. */
export const deadText = 'a text of the dead, which nobody may find again'
export const livingText = 'a text of the living'

export interface DamagedStore {
  readonly name: string
  readonly root: string
}

/** Both, below `folder`. */
export async function damagedStores(folder: string): Promise<readonly DamagedStore[]> {
  const sound = path.join(folder, 'sound')
  const kept = path.join(folder, 'kept.jsonl')
  const store = await openThreadStore(sound, storeOptions)
  const dead = await fill(store, () => copyFileSync(rolloutOf(sound, ids.dead), kept))
  await store.close()
  const opening = path.join(folder, 'opening')
  copyRoot(sound, opening)
  // The dead one is back, another program has gone on, and a letter has changed.
  copyFileSync(kept, path.join(opening, path.relative(sound, dead)))
  const half = foreignLine(4, `${livingText}, half of it`).slice(0, 90)
  appendFileSync(rolloutOf(opening, ids.extended), foreignLine(3, `${livingText} of theirs`) + half)
  const changed = rolloutOf(opening, ids.changed)
  flipInFile(changed, readFileSync(changed).indexOf(livingText), 0)
  // And nothing beside the rollouts is whole any more.
  const refused = path.join(folder, 'refused')
  copyRoot(opening, refused)
  writeFileSync(path.join(levelFolder(refused), 'CURRENT'), 'nonsense\n')
  flipInFile(path.join(refused, '.cenotaph', 'tombstones'), 20, 3)
  rmSync(path.join(refused, '.cenotaph', 'key.pem'))
  return [
    { name: 'a store that opens', root: opening },
    { name: 'a store that does not open', root: refused },
  ]
}

/** Gives the path that the rollout of the dead one had. */
async function fill(store: ThreadStore, beforeDelete: () => void): Promise<string> {
  for (const [name, threadId] of Object.entries(ids)) {
    if (threadId === ids.fork) continue
    await store.createThread({ threadId, cwd: '/work', name: `the ${name} one` })
    const text = threadId === ids.dead ? deadText : `${livingText}, ${name}`
    await store.appendItems(threadId, [say(`${text} 1`), say(`${text} 2`)])
  }
  await store.forkThread(ids.extended, { newThreadId: ids.fork, throughOrdinal: 1 })
  await store.archiveThreads([ids.archived])
  await store.holdThread(ids.held, 'evidence')
  await store.attachments(ids.held).put('goal', 'main', { done: false })
  await store.checkpoint()
  const place = rolloutOf(store.root, ids.dead)
  beforeDelete()
  await store.deleteThread(ids.dead)
  return place
}
