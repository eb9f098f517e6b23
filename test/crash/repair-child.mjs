// @ts-check
// A process that repairs a store, and kills itself at the given hit of a named instant.

import { writeSync } from 'node:fs'
import { repairStore } from '@cenotaph/core'

/** @type {{ root: string, options: object, kill?: { point: string, hit: number } }} */
const { root, options, kill } = JSON.parse(process.argv[2] ?? '{}')

/** @type {Map<string, number>} */
const hits = new Map()

await repairStore(root, {
  ...options,
  crashPoint(name) {
    const hit = (hits.get(name) ?? 0) + 1
    hits.set(name, hit)
    writeSync(1, `POINT ${name}\n`)
    if (kill?.point === name && kill.hit === hit) process.kill(process.pid, 'SIGKILL')
  },
})
writeSync(1, 'DONE\n')
