// One delete of many threads, beside a caller who goes on appending: how long it takes against a bare loop that unlinks as
// many files and syncs their folders, how long an append waits at most against the same caller alone, and how much memory
// it takes beyond what the store had.
//
//   npm run bench:trace -- [--threads N] [--bytes N] [--keep N] [--by ids|archived|date|retention] [--trace]
//
// With `--by date` a deletion is scheduled and, once its date has come, swept: both are measured. With `--trace` what made
// the longest appends wait is told, and the times are those of a store that is watched.

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openThreadStore } from '@cenotaph/core'
import { nodeClock } from '@cenotaph/storage'
import { trace, traceLines } from './trace-turns.mjs'

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2000' },
    bytes: { type: 'string', default: '8192' },
    keep: { type: 'string', default: '100' },
    by: { type: 'string', default: 'ids' },
    trace: { type: 'boolean', default: false },
  },
})
const count = Number(values.threads)
const textBytes = Number(values.bytes)
const kept = Number(values.keep)

const item = (text) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

/** Runs for each of the numbers up to `howMany`, 32 at a time. */
async function eachOf(howMany, run) {
  let begun = 0
  const worker = async () => {
    while (begun < howMany) {
      begun += 1
      await run(begun)
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
}

/** Threads with some text each. */
async function fill(store, howMany, cwd) {
  const ids = []
  await eachOf(howMany, async (number) => {
    const name = `thread ${number}`
    const id = await store.createThread({ cwd: `${cwd}/${number % 50}`, name })
    await store.appendItems(id, [item(`${number} `.repeat(Math.ceil(textBytes / 6)))])
    ids.push(id)
  })
  return ids
}

/** Milliseconds that `run` takes, and how long each append of another caller waited meanwhile. */
async function beside(store, live, run) {
  let over = false
  let residentBytes = 0
  const appends = []
  const caller = (async () => {
    while (!over) {
      const begin = performance.now()
      await store.appendItems(live, [item('x')])
      appends.push({ begin, ms: performance.now() - begin })
      residentBytes = Math.max(residentBytes, process.memoryUsage().rss)
      await pause(1)
    }
  })()
  const begin = performance.now()
  const result = await run()
  const ms = performance.now() - begin
  over = true
  await caller
  const waitedMs = appends.reduce((longest, append) => Math.max(longest, append.ms), 0)
  return { result, ms, waitedMs, appends, residentBytes }
}

/** What no delete can do without: as many files unlinked, and their folder synced. */
async function bare(folder) {
  await fs.mkdir(folder)
  for (let number = 0; number < count; number += 1) {
    await fs.writeFile(path.join(folder, `${number}`), 'x'.repeat(textBytes))
  }
  const begin = performance.now()
  for (const name of await fs.readdir(folder)) await fs.unlink(path.join(folder, name))
  const handle = await fs.open(folder)
  await handle.sync()
  await handle.close()
  return performance.now() - begin
}

/** Days that have passed for the store alone. */
let aheadMs = 0
const dayMs = 24 * 60 * 60 * 1000
const clock = {
  wallMs: () => nodeClock.wallMs() + aheadMs,
  monotonicMs: () => nodeClock.monotonicMs() + aheadMs,
  schedule: nodeClock.schedule,
}

/** For each way to delete: what is measured, one after the other. The last one gives the receipt. */
const ways = {
  ids: async (store, dying) => ({ delete: () => store.deleteThreads(dying) }),

  async archived(store, dying) {
    await eachOf(dying.length, (number) => store.archiveThreads([dying[number - 1]]))
    return { 'delete of the archived': () => store.deleteThreads({ archived: true }) }
  },

  async date(store, dying) {
    return {
      schedule: () => store.deleteThreads(dying, { in: '1d' }),
      async sweep() {
        aheadMs += 2 * dayMs
        return store.sweep()
      },
    }
  },

  async retention(store) {
    await store.retention.set({ deleteAfter: '1d', grace: 0, exclude: { cwd: ['/kept', '/live'] } })
    aheadMs += 2 * dayMs
    return { 'retention run': async () => (await store.retention.run()).deleted }
  },
}

const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`

const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-bench-'))
const traced = values.trace ? trace() : undefined
try {
  const store = await openThreadStore(path.join(folder, 'root'), { clock, ...traced?.options })
  const dying = await fill(store, count, '/dying')
  await fill(store, kept, '/kept')
  const live = await store.createThread({ cwd: '/live' })
  const measured = await ways[values.by](store, dying)
  await store.checkpoint()
  const floorMs = await bare(path.join(folder, 'bare'))
  const alone = await beside(store, live, () => pause(2_000))
  console.log(`${count} threads of ${textBytes} bytes, ${kept} others kept, one delete`)
  let last
  for (const [name, run] of Object.entries(measured)) {
    traced?.begin('gather')
    const { result, ms, waitedMs, appends, residentBytes } = await beside(store, live, run)
    last = result
    console.log(
      `${name.padEnd(15)} ${(ms / 1000).toFixed(1)} s, ${(ms / floorMs).toFixed(1)} times bare unlinks`,
    )
    console.log(
      `longest append  ${waitedMs.toFixed(0)} ms; ${alone.waitedMs.toFixed(0)} ms without the delete`,
    )
    console.log(`memory          ${mib(residentBytes)} at most; ${mib(alone.residentBytes)} before`)
    if (traced) console.log(traceLines(traced.spans(), appends).join('\n'))
  }
  if (
    last.state !== 'deleted' ||
    last.threadIds.length !== count ||
    last.receipt.verification.residue !== 0
  )
    throw new Error(`the delete is not done: ${last.state}`)
  await store.close()
} finally {
  traced?.end()
  await fs.rm(folder, { recursive: true })
}
