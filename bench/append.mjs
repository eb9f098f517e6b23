// Appends against the floor: a bare loop that awaits write and fdatasync of the same bytes, in the same run, on the
// same disk, turn by turn. Prints ratios; absolute times mean nothing on a shared machine.
//
//   npm run bench -- append [--rounds N] [--items N]

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openThreadStore } from '@cenotaph/core'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    items: { type: 'string', default: '512' },
  },
})
const rounds = Number(values.rounds)
const items = Number(values.items)

const item = {
  type: 'response_item',
  payload: {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'x'.repeat(480) }],
  },
}

/** Seconds that `run` takes. */
async function timed(run) {
  const begin = performance.now()
  await run()
  return (performance.now() - begin) / 1000
}

/** What no engine can beat: `groups` groups of `perGroup` lines, each written and synced before the next. */
async function bare(folder, perGroup, lineBytes) {
  const file = await fs.open(path.join(folder, 'bare.jsonl'), 'a')
  const bytes = Buffer.alloc(lineBytes * perGroup, 'x')
  try {
    for (let done = 0; done < items; done += perGroup) {
      await file.write(bytes)
      await file.datasync()
    }
  } finally {
    await file.close()
  }
}

/** `callers` callers, each awaiting its item before the next, over `threads` threads. */
async function appendAll(store, ids, callers) {
  let left = items
  const caller = async (n) => {
    while (left > 0) {
      left -= 1
      await store.appendItems(ids[n % ids.length], [item])
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, n) => caller(n)))
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-bench-'))
try {
  const store = await openThreadStore(path.join(folder, 'root'))
  const ids = []
  for (let n = 0; n < 64; n += 1) ids.push(await store.createThread({ cwd: '/bench' }))
  const { bytes: lineBytes } = await store.appendItems(ids[0], [item])
  const cases = [
    ['1 caller, 1 thread', 1, 1],
    ['64 callers, 1 thread', 64, 1],
    ['64 callers, 64 threads', 64, 64],
  ]
  console.log(
    `${items} items of ${lineBytes} bytes, ${rounds} rounds, median of the ratios (1 = as fast as bare)`,
  )
  for (const [name, callers, threads] of cases) {
    const ratios = []
    for (let round = 0; round < rounds; round += 1) {
      const floor = await timed(() => bare(folder, callers, lineBytes))
      const ours = await timed(() => appendAll(store, ids.slice(0, threads), callers))
      ratios.push(floor / ours)
    }
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
    console.log(`${name.padEnd(24)} ${median(ratios).toFixed(2)}  (${spread})`)
  }
  await store.close()
} finally {
  await fs.rm(folder, { recursive: true })
}
