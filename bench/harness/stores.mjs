// Filled stores. To fill one of 100,000 threads takes minutes, so it is kept beside the benchmarks' folders and copied;
// a change of the engine, or of what fills it, makes it anew. A benchmark may do to its copy what it likes.

import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { outputOf } from './child.mjs'
import { fillStore } from './fill.mjs'

/** @typedef {import('./fill.mjs').FilledThread} FilledThread */
/** @typedef {import('./run.mjs').Run} Run */

/** Below this, filling is faster than keeping. */
const KEPT_THREADS_MIN = 1_000

/**
 * A store of `count` threads in the run's folder.
 *
 * @param {Run} run
 * @param {number} count
 * @param {{ readonly textBytes?: number, readonly plain?: boolean }} [options] as for `fillStore`
 * @returns {Promise<{ readonly root: string, readonly threads: readonly FilledThread[] }>}
 */
export async function filledStore(run, count, options = {}) {
  const root = path.join(await fs.mkdtemp(path.join(run.folder, 'filled-')), 'root')
  if (count < KEPT_THREADS_MIN) return { root, threads: await fillStore(root, count, options) }
  const place = path.join(run.options.folder ?? os.tmpdir(), 'cenotaph-bench-stores')
  const current = path.join(place, await fingerprint())
  await forgetOthers(place, path.basename(current))
  const kept = path.join(current, `${count}-${JSON.stringify(options).replace(/\W+/g, '-')}`)
  const list = path.join(kept, 'threads.json')
  const known = await fs.readFile(list, 'utf8').catch(() => undefined)
  if (known === undefined) {
    await fs.rm(kept, { recursive: true, force: true })
    await fs.mkdir(kept, { recursive: true })
    const threads = await fillStore(path.join(kept, 'root'), count, options)
    await fs.writeFile(list, JSON.stringify(threads))
  }
  await outputOf(['cp', '-a', '--reflink=auto', path.join(kept, 'root'), root])
  // What is copied is on disk before anything is measured.
  await outputOf(['sync'])
  return { root, threads: JSON.parse(known ?? (await fs.readFile(list, 'utf8'))) }
}

/**
 * @param {string} place
 * @param {string} current
 */
async function forgetOthers(place, current) {
  for (const name of await fs.readdir(place).catch(() => []))
    if (name !== current) await fs.rm(path.join(place, name), { recursive: true, force: true })
}

/** Of the compiled engine and of what fills a store with it. */
async function fingerprint() {
  const hash = createHash('sha256')
  const top = fileURLToPath(new URL('../..', import.meta.url))
  for (const name of ['storage', 'rollout', 'journal', 'core']) {
    const folder = path.join(top, 'packages', name, 'dist')
    for (const file of (await fs.readdir(folder, { recursive: true })).sort())
      if (file.endsWith('.js')) hash.update(await fs.readFile(path.join(folder, file)))
  }
  hash.update(await fs.readFile(fileURLToPath(new URL('fill.mjs', import.meta.url))))
  return hash.digest('hex').slice(0, 16)
}
