// The same work that Codex 0.169.0 was measured at: homes of 1,000 and of 10,000 threads of 19 lines and 11.2 KB. Pages of
// 50, the delete of one thread, the import of the home, and a start with the first page behind it. Codex does not run here:
// its figures are published ones, marked as such, and include the JSON-RPC that ours have not.

import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { runChild } from '../harness/child.mjs'
import { message } from '../harness/corpus.mjs'
import { middleOf } from '../harness/repeated.mjs'
import { writeRollout } from '../harness/rollout-file.mjs'
import { published, publishedAs } from './codex-published.mjs'

/** @typedef {import('../harness/run.mjs').Run} Run */

const LINES = 19
const TEXT_CHARACTERS = 431

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'codex',
  about: 'the work of published figures of Codex 0.169.0, beside them',
  options: {
    rounds: { default: '7', smoke: '1', about: 'rounds' },
    threads: { default: '1000,10000', smoke: '10', about: 'sizes of the homes' },
    times: { default: '50', smoke: '2', about: 'pages a round' },
  },

  async measure(run) {
    for (const size of run.options.numbers('threads')) await measureHome(run, size)
  },
}

/**
 * @param {Run} run
 * @param {number} size
 */
async function measureHome(run, size) {
  const home = path.join(run.folder, `home-${size}`)
  let bytes = 0
  for (let number = 0; number < size; number += 1)
    bytes += (await writeRollout(home, { number, next: items(number), lines: LINES })).bytes
  console.log(`${size.toLocaleString('en')} threads of ${Math.round(bytes / size)} bytes`)
  const root = path.join(run.folder, `root-${size}`)
  const store = await openThreadStore(root)
  const begin = performance.now()
  const { imported } = await store.importRollouts([home])
  const importMs = performance.now() - begin
  if (imported.length !== size) throw new Error(`${imported.length} threads were imported`)
  await store.close()
  compare(run, size, {
    name: 'import',
    title: 'import of the home',
    rounds: [importMs],
    codex: ['firstStart'],
  })
  const starts = []
  for (let round = 0; round < run.number('rounds'); round += 1)
    starts.push((await runChild('open-store', [root])).sinceStartMs ?? 0)
  compare(run, size, {
    name: 'start',
    title: 'a start, to the first page',
    rounds: starts,
    codex: ['firstStart', 'start'],
  })
  await measureOpen(run, size, root)
}

/**
 * @param {Run} run
 * @param {number} size
 * @param {string} root
 */
async function measureOpen(run, size, root) {
  const store = await openThreadStore(root)
  const times = run.number('times')
  const pages = []
  const byUpdated = []
  const deletes = []
  const { threads } = await store.listThreads({ limit: 1_000, direction: 'asc' })
  for (let round = 0; round < run.number('rounds'); round += 1) {
    pages.push(await middleOf(() => store.listThreads({ limit: 50 }), times))
    byUpdated.push(await middleOf(() => store.listThreads({ limit: 50, sort: 'updated' }), times))
    const dying = threads[round]?.threadId ?? ''
    const begin = performance.now()
    const { state } = await store.deleteThread(dying)
    deletes.push(performance.now() - begin)
    if (state !== 'deleted') throw new Error(`the delete is ${state}`)
  }
  await store.close()
  compare(run, size, {
    name: 'page',
    title: 'a page of 50',
    rounds: pages,
    codex: ['page', 'pageFromDatabase'],
  })
  compare(run, size, {
    name: 'page-updated',
    title: 'a page of 50, by activity',
    rounds: byUpdated,
    codex: ['pageByUpdated'],
  })
  compare(run, size, {
    name: 'delete',
    title: 'delete of one thread',
    rounds: deletes,
    codex: ['delete'],
  })
}

/** @type {Readonly<Record<string, string>>} */
const codexSides = {
  firstStart: 'Codex, first start without its database',
  start: 'Codex, start with its database',
  page: 'Codex, thread/list',
  pageFromDatabase: 'Codex, thread/list from its database alone',
  pageByUpdated: 'Codex, thread/list by updated_at',
  delete: 'Codex, thread/delete',
}

/**
 * @param {Run} run
 * @param {number} size
 * @param {{ readonly name: string, readonly title: string, readonly rounds: readonly number[], readonly codex: readonly string[] }} about
 */
function compare(run, size, { name, title, rounds, codex }) {
  const figures = published.get(size) ?? {}
  run.record({
    name: `${name}-${size}`,
    title: `${title}, ${size.toLocaleString('en')} threads`,
    unit: 'ms',
    better: 'less',
    sides: [
      { name: 'cenotaph', rounds },
      ...codex.flatMap((kind) => {
        const value = figures[kind]
        return value === undefined
          ? []
          : [{ name: codexSides[kind] ?? kind, rounds: [value], published: publishedAs }]
      }),
    ],
  })
}

/** @param {number} number */
function items(number) {
  let count = 0
  return () => {
    count += 1
    const text = `line ${count} of thread ${number}, which says nothing new. `
    const whole = text.repeat(10).slice(0, TEXT_CHARACTERS)
    return count % 2 === 1
      ? message('user', 'input_text', whole)
      : message('assistant', 'output_text', whole)
  }
}
