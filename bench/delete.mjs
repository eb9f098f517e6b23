// One delete of many threads, beside a caller who goes on appending: how long it takes against a bare loop that unlinks as
// many files and syncs their folders, how long an append waits at most against the same caller alone, and how much memory
// it takes beyond what the store had.
//
//   npm run bench -- delete [--threads N] [--bytes N] [--keep N]

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openThreadStore } from '@cenotaph/core'

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2000' },
    bytes: { type: 'string', default: '8192' },
    keep: { type: 'string', default: '100' },
  },
})
const count = Number(values.threads)
const textBytes = Number(values.bytes)
const kept = Number(values.keep)

const item = (text) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

/** Threads with some text each, made by 32 callers. */
async function fill(store, howMany, cwd) {
  const ids = []
  let begun = 0
  const maker = async () => {
    while (begun < howMany) {
      begun += 1
      const number = begun
      const id = await store.createThread({
        cwd: `${cwd}/${number % 50}`,
        name: `thread ${number}`,
      })
      await store.appendItems(id, [item(`${number} `.repeat(Math.ceil(textBytes / 6)))])
      ids.push(id)
    }
  }
  await Promise.all(Array.from({ length: 32 }, maker))
  return ids
}

/** Milliseconds that `run` takes, and how long one append of another caller waited at most meanwhile. */
async function beside(store, live, run) {
  let over = false
  let waitedMs = 0
  let residentBytes = 0
  const caller = (async () => {
    while (!over) {
      const begin = performance.now()
      await store.appendItems(live, [item('x')])
      waitedMs = Math.max(waitedMs, performance.now() - begin)
      residentBytes = Math.max(residentBytes, process.memoryUsage().rss)
      await pause(1)
    }
  })()
  const begin = performance.now()
  const result = await run()
  const ms = performance.now() - begin
  over = true
  await caller
  return { result, ms, waitedMs, residentBytes }
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

const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`

const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-bench-'))
try {
  const store = await openThreadStore(path.join(folder, 'root'))
  const dying = await fill(store, count, '/dying')
  await fill(store, kept, '/kept')
  const live = await store.createThread({ cwd: '/live' })
  await store.checkpoint()
  const floorMs = await bare(path.join(folder, 'bare'))
  const alone = await beside(store, live, () => pause(2_000))
  const { result, ms, waitedMs, residentBytes } = await beside(store, live, () =>
    store.deleteThreads(dying),
  )
  if (result.state !== 'deleted' || result.receipt.verification.residue !== 0)
    throw new Error(`the delete is not done: ${result.state}`)
  console.log(`${count} threads of ${textBytes} bytes, ${kept} others kept, one delete`)
  console.log(
    `time            ${(ms / 1000).toFixed(1)} s, ${(ms / floorMs).toFixed(1)} times bare unlinks`,
  )
  console.log(
    `longest append  ${waitedMs.toFixed(0)} ms; ${alone.waitedMs.toFixed(0)} ms without the delete`,
  )
  console.log(`memory          ${mib(residentBytes)} at most; ${mib(alone.residentBytes)} before`)
  await store.close()
} finally {
  await fs.rm(folder, { recursive: true })
}
