// Compression of threads: how fast, and how small, against the command `zstd -3 -T2` on copies of the same files. The
// store also decodes and compares what it wrote, syncs it and journals each step; zstd does none of that. Then what a
// dictionary would do for small ones (compress-small.mjs).

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { outputOf } from '../harness/child.mjs'
import { corpus } from '../harness/corpus.mjs'
import { compressing } from '../harness/engine-parts.mjs'
import { fileBytes } from '../harness/file-bytes.mjs'
import { programVersion } from '../harness/machine.mjs'
import { writeRollout } from '../harness/rollout-file.mjs'
import { timed } from '../harness/rounds.mjs'
import { measureSmallThreads } from './compress-small.mjs'

const MIB = 1024 * 1024

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'compress',
  about: 'throughput and size of compressed threads, against zstd -3 -T2 on the same files',
  options: {
    rounds: {
      default: '5',
      smoke: '1',
      about: 'rounds, each with threads that it compresses once',
    },
    threads: { default: '8', smoke: '2', about: 'threads a round' },
    mebibytes: { default: '8', smoke: '1', about: 'MiB of each thread' },
    'small-threads': {
      default: '400',
      smoke: '24',
      about: 'small threads, and as many to train on',
    },
    'small-kibibytes': { default: '16', smoke: '16', about: 'KiB of each small thread' },
  },

  async measure(run) {
    const version = programVersion('zstd')
    if (version === undefined) return run.skip('compress', 'there is no command zstd')
    run.ran('zstd', version.replace(/^.*(v[\d.]+).*$/, '$1'))
    const store = await openThreadStore(path.join(run.folder, 'root'))
    const verb = compressing(store)
    if (!verb) {
      await store.close()
      return run.skip('compress', 'this store has no compressThreads')
    }
    const sides = /** @type {const} */ (['cenotaph', 'zstd'])
    const rates = { cenotaph: /** @type {number[]} */ ([]), zstd: /** @type {number[]} */ ([]) }
    const sizes = { cenotaph: /** @type {number[]} */ ([]), zstd: /** @type {number[]} */ ([]) }
    for (let round = 0; round < run.number('rounds'); round += 1) {
      const home = path.join(run.folder, `home-${round}`)
      const files = await writeThreads(run, home, round)
      const bytes = files.reduce((sum, one) => sum + one.bytes, 0)
      await store.importRollouts([home])
      await store.checkpoint()
      for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
        const { ms, after } =
          side === 'zstd'
            ? await byCommand(files.map(({ file }) => file))
            : await byStore(
                verb,
                files.map(({ threadId }) => threadId),
              )
        rates[side].push(bytes / MIB / (ms / 1000))
        sizes[side].push(after / bytes)
      }
      await fs.rm(home, { recursive: true })
    }
    await store.close()
    const settings = 'zstd -3 -T2, one call for all files'
    run.record({
      name: 'throughput',
      title: 'throughput',
      unit: 'MiB/s',
      better: 'more',
      sides: sides.map((name) => ({
        name,
        settings: name === 'zstd' ? settings : '',
        rounds: rates[name],
      })),
    })
    run.record({
      name: 'size',
      title: 'compressed size, parts of the plain one',
      unit: 'of plain',
      better: 'less',
      sides: sides.map((name) => ({ name, rounds: sizes[name] })),
    })
    await measureSmallThreads(run)
  },
}

/**
 * @param {import('../harness/run.mjs').Run} run
 * @param {string} home
 * @param {number} round
 */
async function writeThreads(run, home, round) {
  const files = []
  const count = run.number('threads')
  for (let n = 0; n < count; n += 1) {
    const number = round * count + n
    const bytes = run.number('mebibytes') * MIB
    files.push(await writeRollout(home, { number, next: corpus(number), bytes }))
  }
  return files
}

/** @param {readonly string[]} files */
async function byCommand(files) {
  const ms = await timed(() => outputOf(['zstd', '-3', '-T2', '-q', '-k', ...files]))
  return { ms, after: await fileBytes(files.map((file) => `${file}.zst`)) }
}

/**
 * @param {import('../harness/engine-parts.mjs').Compressing} store
 * @param {readonly string[]} ids
 */
async function byStore(store, ids) {
  const begin = performance.now()
  const { compressed } = await store.compressThreads(ids)
  const ms = performance.now() - begin
  if (compressed.length !== ids.length) throw new Error(`${compressed.length} were compressed`)
  return { ms, after: compressed.reduce((sum, one) => sum + one.after, 0) }
}
