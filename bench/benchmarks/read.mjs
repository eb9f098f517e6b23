// Reading one long thread, plain and compressed: its last page, a page from its middle, all of it; and the memory of a
// process that reads all of it. The floor reads the same bytes with node:fs, splits lines and parses each, because an item
// comes parsed; a second floor only splits. Of a compressed thread the floor is the same behind `zstd -dc`.

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { encodeSeekable, openPlainSource } from '@cenotaph/rollout'
import { nodeDisk } from '@cenotaph/storage'
import { runChild } from '../harness/child.mjs'
import { corpus } from '../harness/corpus.mjs'
import { readLines, readLinesAt, readLinesOfZstd } from '../harness/floor-reads.mjs'
import { programVersion } from '../harness/machine.mjs'
import { middleOf } from '../harness/repeated.mjs'
import { writeRollout } from '../harness/rollout-file.mjs'
import { timed } from '../harness/rounds.mjs'

/** @typedef {import('@cenotaph/core').ThreadStore} ThreadStore */
/** @typedef {import('../harness/run.mjs').Run} Run */

const MIB = 1024 * 1024
const PAGE = 50

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'read',
  about: 'pages and all of a long thread, plain and compressed, against reads of its file',
  options: {
    rounds: { default: '5', smoke: '1', about: 'rounds, every side once in each' },
    mebibytes: {
      default: '256',
      smoke: '1',
      about: 'MiB of the thread; 1024 is what the target is for',
    },
    pages: { default: '50', smoke: '2', about: 'pages a round' },
  },

  async measure(run) {
    const bytes = run.number('mebibytes') * MIB
    const plain = await writeRollout(path.join(run.folder, 'plain'), {
      number: 1,
      next: corpus(1),
      bytes,
    })
    await measureThread(run, { ...plain, form: 'plain' })
    if (programVersion('zstd') === undefined)
      return run.skip('compressed', 'there is no command zstd to read the floor with')
    await measureThread(run, { ...plain, file: await compressed(plain.file), form: 'compressed' })
  },
}

/** @param {string} file */
async function compressed(file) {
  const target = `${file}.zst`
  const source = await openPlainSource(nodeDisk, file)
  const output = await fs.open(target, 'w')
  if (!source) throw new Error('the rollout is not there')
  await encodeSeekable(source, async (part) => {
    await output.write(part)
  })
  await output.close()
  await source.close()
  await fs.unlink(file)
  return target
}

/**
 * @param {Run} run
 * @param {{ readonly threadId: string, readonly file: string, readonly bytes: number, readonly form: 'plain' | 'compressed' }} thread
 */
async function measureThread(run, { threadId, file, bytes, form }) {
  const root = path.join(run.folder, `root-${form}`)
  const store = await openThreadStore(root)
  await store.importRollouts([file])
  const view = await store.readThread(threadId)
  if (view?.compressed !== (form === 'compressed')) throw new Error(`the thread is not ${form}`)
  const middle = Math.floor(view.items / 2)
  await measurePages(run, { store, threadId, file, bytes, form, middle })
  const mebibytes = bytes / MIB
  const rate = (/** @type {number} */ ms) => mebibytes / (ms / 1000)
  const floor = form === 'plain' ? readLines : readLinesOfZstd
  await run.compare(
    { name: `full-${form}`, title: `all of it, ${form}`, unit: 'MiB/s', better: 'more' },
    [
      {
        name: 'cenotaph',
        measure: async () => rate(await timed(() => readAll(store, threadId, view.items))),
      },
      {
        name: 'fs, split and parsed',
        settings: form === 'plain' ? '1 MiB a read' : 'zstd -dc',
        measure: async () => rate(await timed(() => floor(file, { parse: true }))),
      },
      {
        name: 'fs, split',
        measure: async () => rate(await timed(() => floor(file, { parse: false }))),
      },
    ],
  )
  await store.close()
  await run.compare(
    { name: `memory-${form}`, title: `memory of a reader, ${form}`, unit: 'MB', better: 'less' },
    [
      {
        name: 'cenotaph',
        measure: async () => peakOf(await runChild('read-thread', [root, threadId])),
      },
      {
        name: 'a process that reads nothing',
        measure: async () => peakOf(await runChild('nothing', [])),
      },
    ],
  )
  await fs.rm(root, { recursive: true })
}

/** @param {Readonly<Record<string, number>>} child */
const peakOf = ({ peakBytes = 0 }) => peakBytes / 1e6

/**
 * @param {Run} run
 * @param {object} thread
 * @param {ThreadStore} thread.store
 * @param {string} thread.threadId
 * @param {string} thread.file
 * @param {number} thread.bytes
 * @param {'plain' | 'compressed'} thread.form
 * @param {number} thread.middle
 */
async function measurePages(run, { store, threadId, file, bytes, form, middle }) {
  const times = run.number('pages')
  const pages = /** @type {const} */ ([
    { name: 'last', options: { reverse: true }, at: bytes - 64 * 1024 },
    { name: 'middle', options: { from: middle }, at: Math.floor(bytes / 2) },
  ])
  for (const { name, options, at } of pages) {
    const page = async () => {
      const items = []
      for await (const item of store.listItems(threadId, { ...options, limit: PAGE }))
        items.push(item)
      if (items.length !== PAGE) throw new Error(`a page of ${items.length}`)
    }
    const floor = () => readLinesAt(file, Math.max(0, at), PAGE)
    await run.compare(
      {
        name: `${name}-${form}`,
        title: `${name} page of ${PAGE}, ${form}`,
        unit: 'ms',
        better: 'less',
      },
      [
        { name: 'cenotaph', measure: () => middleOf(page, times) },
        ...(form === 'plain'
          ? [
              {
                name: 'fs, split and parsed',
                settings: 'opened, 64 KiB read where the page is known to be',
                measure: () => middleOf(floor, times),
              },
            ]
          : []),
      ],
    )
  }
}

/**
 * @param {ThreadStore} store
 * @param {string} threadId
 * @param {number} items
 */
async function readAll(store, threadId, items) {
  let count = 0
  for await (const _ of store.listItems(threadId)) count += 1
  if (count !== items) throw new Error(`${count} items instead of ${items}`)
}
