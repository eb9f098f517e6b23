// @ts-check
// A process that opens a store, runs a program of calls on it, and is killed by itself at an instant that the job
// names. What it acknowledges is written before the next call begins: `ACK 0`, `ACK 1`, …

import { appendFileSync, copyFileSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { openThreadStore } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { ClassicLevel } from 'classic-level'
import { callStore, participant } from './call-store.mjs'

/** @type {import('./run-child.js').ChildJob} */
const job = JSON.parse(process.argv[2] ?? '{}')

/** @param {string} line */
const say = (line) => {
  writeSync(1, `${line}\n`)
}

/** @type {Map<string, number>} */
const hits = new Map()
let armed = job.armed === 'open'

/**
 * Keeps what a block device holds at this instant. Nothing of this process runs meanwhile; LevelDB's own thread and the
 * kernel may, so a copy during which the image changed is made again.
 * @param {string} instant
 */
function cutPower(instant) {
  const { cuts } = job
  if (!cuts?.at.includes(instant)) return
  const target = path.join(cuts.folder, `${cuts.at.indexOf(instant)}.img`)
  const changed = () => statSync(cuts.image, { bigint: true }).mtimeNs
  for (let before = changed(), after; ; before = after) {
    copyFileSync(cuts.image, target)
    after = changed()
    if (after === before) break
  }
}

/** @param {string} name */
function crashPoint(name) {
  if (!armed) return
  const hit = (hits.get(name) ?? 0) + 1
  hits.set(name, hit)
  say(`POINT ${name}`)
  cutPower(`${name} ${hit}`)
  if (job.kill?.point === name && job.kill.hit === hit) process.kill(process.pid, 'SIGKILL')
}

// A thread of its own ends the process, so that the instant does not wait for the event loop.
const alarm = new Int32Array(new SharedArrayBuffer(4))
const killer = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { alarm, delayMs } = workerData
  parentPort.postMessage('ready')
  Atomics.wait(alarm, 0, 0)
  Atomics.wait(alarm, 0, 1, delayMs)
  process.kill(process.pid, 'SIGKILL')
`
if (job.killAfterMs !== undefined) {
  const worker = new Worker(killer, {
    eval: true,
    workerData: { alarm, delayMs: job.killAfterMs },
  })
  await new Promise((resolve) => worker.once('message', resolve))
  worker.unref()
}

const begin = () => {
  Atomics.store(alarm, 0, 1)
  Atomics.notify(alarm, 0)
}
/** A disk that answers before it has done anything. */
async function unsyncedDisk() {
  const batch = ClassicLevel.prototype.batch
  /** @this {ClassicLevel} @param {any} operations @param {any} options */
  ClassicLevel.prototype.batch = function (operations, options) {
    return batch.call(this, operations, { ...options, sync: false })
  }
  const quiet = (/** @type {any} */ file) =>
    file &&
    new Proxy(file, {
      get: (target, name) =>
        name === 'sync' ? async () => {} : (target[name]?.bind?.(target) ?? target[name]),
    })
  return {
    ...nodeDisk,
    syncFolder: async () => {},
    create: async (/** @type {string} */ name) => quiet(await nodeDisk.create(name)),
    openWrite: async (/** @type {string} */ name) => quiet(await nodeDisk.openWrite(name)),
  }
}

const { participants = [], ...options } = job.options

if (job.armed === 'open') begin()
const began = process.hrtime.bigint()
const ports = job.unsynced ? { disk: await unsyncedDisk() } : {}
const store = await openThreadStore(job.root, {
  ...options,
  ...ports,
  participants: /** @type {string[]} */ (participants).map(participant),
  crashPoint,
})
const before = job.armed === 'open' ? began : process.hrtime.bigint()
armed = true
begin()
for (const [index, call] of job.program.entries()) {
  await callStore(store, call)
  if (job.progress) appendFileSync(job.progress, '.')
  say(`ACK ${index}`)
  cutPower(`ACK ${index}`)
}
say(`MS ${Number(process.hrtime.bigint() - before) / 1e6}`)
// The process ends without closing its store, which is a crash too, after the last call.
process.kill(process.pid, 'SIGKILL')
