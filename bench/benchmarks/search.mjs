// A search of all threads for a text that few lines have, against `zstd -dc | grep -F` over the same files. The command
// finds lines; a search gives the thread and the ordinal of each.

import { spawn } from 'node:child_process'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { outputOf } from '../harness/child.mjs'
import { corpus, message } from '../harness/corpus.mjs'
import { compressing, searching } from '../harness/engine-parts.mjs'
import { programVersion } from '../harness/machine.mjs'
import { writeRollout } from '../harness/rollout-file.mjs'
import { timed } from '../harness/rounds.mjs'

const NEEDLE = 'the harbour master of Valparaiso'

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'search',
  about: 'a search of compressed threads for a rare text, against zstd -dc | grep',
  options: {
    rounds: { default: '5', smoke: '1', about: 'rounds, both sides once in each' },
    threads: { default: '32', smoke: '2', about: 'threads in the store' },
    mebibytes: { default: '8', smoke: '1', about: 'MiB of each thread' },
  },

  async measure(run) {
    const version = programVersion('zstd')
    if (version === undefined) return run.skip('search', 'there is no command zstd')
    const store = await openThreadStore(path.join(run.folder, 'root'))
    try {
      const search = searching(store)
      if (!search) return run.skip('search', 'this store has no searchThreads')
      const compress = compressing(store)
      if (!compress) return run.skip('search', 'this store has no compressThreads')
      const { ids, files, hits } = await makeThreads(run)
      await store.importRollouts([path.join(run.folder, 'home')])
      await compress.compressThreads(ids)
      await outputOf(['zstd', '-3', '-T2', '-q', ...files])
      const compressed = files.map((file) => `${file}.zst`)
      await run.compare(
        { name: 'rare', title: `a text in ${hits} lines`, unit: 'ms', better: 'less' },
        [
          { name: 'cenotaph', measure: () => timed(async () => expect(hits, await found(search))) },
          {
            name: 'zstd -dc | grep',
            settings: 'zstd -dc of all files, grep -c -F, LC_ALL=C',
            measure: () => timed(async () => expect(hits, await grepped(compressed))),
          },
        ],
      )
    } finally {
      await store.close()
    }
  },
}

/** @param {import('../harness/run.mjs').Run} run */
async function makeThreads(run) {
  const ids = []
  const files = []
  const bytes = run.number('mebibytes') * 1024 * 1024
  for (let number = 0; number < run.number('threads'); number += 1) {
    const next = corpus(number)
    let count = 0
    const withNeedle = () => {
      count += 1
      return count === 100 ? message('user', 'input_text', `Ask ${NEEDLE}.`) : next()
    }
    const made = await writeRollout(path.join(run.folder, 'home'), {
      number,
      next: withNeedle,
      bytes,
    })
    ids.push(made.threadId)
    files.push(made.file)
  }
  return { ids, files, hits: files.length }
}

/** @param {import('../harness/engine-parts.mjs').Searching} store */
async function found(store) {
  const answer = store.searchThreads(NEEDLE)
  if (!(Symbol.asyncIterator in answer)) return (await answer).hits.length
  let count = 0
  for await (const _ of answer) count += 1
  return count
}

/** @param {readonly string[]} files */
function grepped(files) {
  const zstd = spawn('zstd', ['-dc', '-q', ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
  const grep = spawn('grep', ['-c', '-F', NEEDLE], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  zstd.stdout.pipe(grep.stdin)
  return new Promise((resolve, reject) => {
    let text = ''
    grep.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
    })
    grep.on('error', reject)
    zstd.on('error', reject)
    grep.on('close', () => resolve(Number(text)))
  })
}

/**
 * @param {number} wanted
 * @param {unknown} hits
 */
function expect(wanted, hits) {
  if (hits !== wanted) throw new Error(`${hits} hits instead of ${wanted}`)
}
