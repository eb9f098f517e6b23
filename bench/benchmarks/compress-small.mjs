// Many small threads: what a dictionary that was trained on others like them, or matches over a long range, would save;
// and which of the files `zstd -d`, as any reader of rollouts has it, still reads.

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { outputOf } from '../harness/child.mjs'
import { corpus } from '../harness/corpus.mjs'
import { compressing } from '../harness/engine-parts.mjs'
import { fileBytes } from '../harness/file-bytes.mjs'
import { writeRollout } from '../harness/rollout-file.mjs'

/** The default of `zstd --train`. */
const DICTIONARY_BYTES = 112_640

/** @typedef {{ readonly threadId: import('@cenotaph/rollout').ThreadId, readonly file: string, readonly bytes: number }} Rollout */

/** @param {import('../harness/run.mjs').Run} run */
export async function measureSmallThreads(run) {
  const count = run.number('small-threads')
  const [ours, others] = [path.join(run.folder, 'small'), path.join(run.folder, 'training')]
  const next = corpus(1)
  const write = (/** @type {string} */ home, /** @type {number} */ first) =>
    writeSmall(home, { first, count, next, bytes: run.number('small-kibibytes') * 1024 })
  const rollouts = await write(ours, 0)
  const training = (await write(others, count)).map(({ file }) => file)
  const dictionary = path.join(run.folder, 'dictionary')
  await outputOf([
    'zstd',
    '-q',
    '--train',
    ...training,
    '-o',
    dictionary,
    `--maxdict=${DICTIONARY_BYTES}`,
  ])
  const plain = rollouts.reduce((sum, { bytes }) => sum + bytes, 0)
  const commands = [
    { name: 'zstd', settings: 'zstd -3', words: [] },
    { name: 'long range', settings: 'zstd -3 --long=27', words: ['--long=27'] },
    {
      name: 'dictionary',
      settings: `zstd -3 -D; ${DICTIONARY_BYTES / 1024} KiB from ${count} other threads, counted once`,
      words: ['-D', dictionary],
    },
  ]
  const measured = [{ name: 'cenotaph', settings: '', ...(await byStore(run, ours, rollouts)) }]
  for (const { name, settings, words } of commands) {
    const { bytes, read } = await byCommand(rollouts, words)
    const shared = name === 'dictionary' ? await fileBytes([dictionary]) : 0
    measured.push({ name, settings, bytes: bytes + shared, read })
  }
  run.record({
    name: 'small-size',
    title: 'compressed size of small threads, parts of the plain one',
    unit: 'of plain',
    better: 'less',
    sides: measured.map(({ name, settings, bytes, read }) => ({
      name,
      settings: [settings, `zstd -d reads ${read} of ${count}`].filter(Boolean).join('; '),
      rounds: [bytes / plain],
    })),
  })
}

/**
 * @param {string} home
 * @param {{ first: number, count: number, bytes: number, next: () => import('../harness/corpus.mjs').Item }} about
 * @returns {Promise<Rollout[]>}
 */
async function writeSmall(home, { first, count, bytes, next }) {
  const rollouts = []
  for (let n = 0; n < count; n += 1)
    rollouts.push(await writeRollout(home, { number: first + n, next, bytes }))
  return rollouts
}

/**
 * @param {import('../harness/run.mjs').Run} run
 * @param {string} home
 * @param {readonly Rollout[]} rollouts
 */
async function byStore(run, home, rollouts) {
  const root = path.join(run.folder, 'small-root')
  const store = await openThreadStore(root)
  await store.importRollouts([home])
  await store.checkpoint()
  const ids = rollouts.map(({ threadId }) => threadId)
  const { compressed = [] } = (await compressing(store)?.compressThreads(ids)) ?? {}
  await store.close()
  const files = (await fs.readdir(root, { recursive: true })).filter((file) =>
    file.endsWith('.jsonl.zst'),
  )
  if (files.length !== compressed.length) throw new Error(`${files.length} files are compressed`)
  return {
    bytes: compressed.reduce((sum, one) => sum + one.after, 0),
    read: await readable(files.map((file) => path.join(root, file))),
  }
}

/**
 * @param {readonly Rollout[]} rollouts
 * @param {readonly string[]} words
 */
async function byCommand(rollouts, words) {
  const files = rollouts.map(({ file }) => file)
  await outputOf(['zstd', '-3', '-q', '-f', '-k', ...words, ...files])
  const packed = files.map((file) => `${file}.zst`)
  return { bytes: await fileBytes(packed), read: await readable(packed) }
}

/**
 * How many of these `zstd -d` reads, with nothing said about them.
 *
 * @param {readonly string[]} files
 */
async function readable(files) {
  let count = 0
  for (const file of files) {
    const isRead = await outputOf(['sh', '-c', 'zstd -t -q "$0" 2> /dev/null', file]).then(
      () => true,
      () => false,
    )
    if (isRead) count += 1
  }
  return count
}
