// @ts-check
// A process that makes a backup or restores one, and kills itself at the given hit of a named instant.

import { writeSync } from 'node:fs'
import { openThreadStore, restoreBackup } from '@cenotaph/core'

/** @type {{ verb: 'backup' | 'restore', root: string, dir: string, tombstones?: string, kill?: string, hit?: number }} */
const job = JSON.parse(process.argv[2] ?? '{}')
const options = { ballastBytes: 4096, quietMs: 3_600_000, bufferedMs: 3_600_000 }

let hits = 0
/** @param {string} name */
const crashPoint = (name) => {
  writeSync(1, `POINT ${name}\n`)
  if (name !== job.kill) return
  hits += 1
  if (hits === (job.hit ?? 1)) process.kill(process.pid, 'SIGKILL')
}

if (job.verb === 'backup') {
  const store = await openThreadStore(job.root, { ...options, crashPoint })
  await store.backup(job.dir)
  await store.close()
} else {
  const restore = job.tombstones === undefined ? {} : { tombstones: job.tombstones }
  await restoreBackup(job.dir, job.root, restore, { ...options, crashPoint })
}
writeSync(1, 'DONE\n')
