// Writes so many lines to the first thread of a store, with so much time between them, on a clock that is steered: the
// store does all that it would do in that time.

import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openThreadStore } from '@cenotaph/core'
import { SimClock } from '@cenotaph/testing'
import { plainItem } from '../harness/items.mjs'

const [root = '', lines = '', gapMs = ''] = process.argv.slice(2)
const clock = new SimClock(Date.now())
const store = await openThreadStore(root, { clock })
const { threads } = await store.listThreads({ limit: 1 })
const id = threads[0]?.threadId ?? (await store.createThread({ cwd: '/bench' }))

/** LevelDB's own files that only grow. */
const ownBytes = () => {
  const level = path.join(root, '.cenotaph', 'level')
  const names = readdirSync(level).filter((name) => name === 'LOG' || name.startsWith('MANIFEST'))
  return names.reduce((sum, name) => sum + statSync(path.join(level, name)).size, 0)
}

/** Changes with every checkpoint, which writes it anew. */
const anchor = () => statSync(path.join(root, '.cenotaph', 'anchor.json')).mtimeMs

const QUIET_MS = 30_000
const WAIT_MS_MAX = 10_000

/**
 * The anchor comes last but for what is erased and forgotten behind it: that gets as long again, and no less than a while.
 *
 * @param {number} before
 */
async function checkpointed(before) {
  const beginMs = performance.now()
  const endMs = beginMs + WAIT_MS_MAX
  while (anchor() === before) {
    if (performance.now() > endMs) throw new Error('no checkpoint came')
    await pause(2)
  }
  await pause(Math.max(50, performance.now() - beginMs))
}

const begin = ownBytes()
for (let line = 0; line < Number(lines); line += 1) {
  const before = anchor()
  await store.appendItems(id, [plainItem])
  clock.advance(Number(gapMs))
  // What the time has set off comes to its end before the next line.
  if (Number(gapMs) > QUIET_MS) await checkpointed(before)
  await pause(2)
}
const grownBytes = ownBytes() - begin
await store.close()
console.log(JSON.stringify({ grownBytes }))
