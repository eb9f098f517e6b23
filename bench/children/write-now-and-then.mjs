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
let checkpoints = 0
const store = await openThreadStore(root, {
  clock,
  crashPoint: (name) => {
    if (name === 'checkpoint.anchor:after') checkpoints += 1
  },
})
const { threads } = await store.listThreads({ limit: 1 })
const id = threads[0]?.threadId ?? (await store.createThread({ cwd: '/bench' }))

/** LevelDB's own files that only grow. */
const ownBytes = () => {
  const level = path.join(root, '.cenotaph', 'level')
  const names = readdirSync(level).filter((name) => name === 'LOG' || name.startsWith('MANIFEST'))
  return names.reduce((sum, name) => sum + statSync(path.join(level, name)).size, 0)
}

const QUIET_MS = 30_000
const WAIT_MS_MAX = 60_000

/** @param {number} before Checkpoints that had ended. */
async function checkpointed(before) {
  const endMs = performance.now() + WAIT_MS_MAX
  while (checkpoints === before) {
    if (performance.now() > endMs) throw new Error('no checkpoint came')
    await pause(2)
  }
  // Behind its last named instant a checkpoint only looks at the sizes of files; a line that came meanwhile would not set
  // off the next one.
  await pause(200)
}

const begin = ownBytes()
for (let line = 0; line < Number(lines); line += 1) {
  const before = checkpoints
  await store.appendItems(id, [plainItem])
  clock.advance(Number(gapMs))
  // What the time has set off comes to its end before the next line.
  if (Number(gapMs) > QUIET_MS) await checkpointed(before)
  await pause(2)
}
const grownBytes = ownBytes() - begin
await store.close()
console.log(JSON.stringify({ grownBytes, checkpoints }))
