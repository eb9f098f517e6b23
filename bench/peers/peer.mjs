// What a benchmark asks of a peer: lines of threads in, durable when the promise resolves; and out again, in two ways, for
// the benchmark that looks for what a delete left. A peer is given the ready bytes of a line; building them is Cenotaph's
// own cost.

import { readFileSync } from 'node:fs'

/**
 * @typedef {object} Group Lines that wait at the same time: one commit takes them all.
 * @property {readonly number[]} threads Of each line.
 * @property {readonly Uint8Array[]} lines
 * @property {Uint8Array} joined All lines behind each other.
 */

/**
 * @typedef {object} PeerStore
 * @property {(group: Group) => Promise<void>} append Durable when it resolves.
 * @property {(threads: readonly number[]) => Promise<void>} remove All lines of these threads; durable when it resolves.
 * @property {() => Promise<void>} reclaim What its manual says gives the space of removed lines back.
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} settings What it ran with.
 * @property {string} reclaiming What `reclaim` does, and what `thorough` changes.
 * @property {Readonly<Record<string, string>>} versions
 * @property {(folder: string, options?: { readonly thorough?: boolean }) => Promise<PeerStore>} open `thorough`: with
 *   all that it knows against remains of what is removed. Default: as users have it.
 */

/** Not installed, or installed by another Node, whose binary this one cannot load. */
const MISSING = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'])

/**
 * What a package of this folder gives when it is used for the first time, or undefined where it cannot be loaded.
 *
 * @template T, U
 * @param {string} name
 * @param {(loaded: T) => U} use
 * @returns {Promise<U | undefined>}
 */
export async function optionalPackage(name, use) {
  try {
    return use(await import(name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && MISSING.has(String(error.code))) return
    throw error
  }
}

/** @param {string} name */
export function packageVersion(name) {
  // Read as a file: not every package lets its manifest be imported.
  const manifest = new URL(`node_modules/${name}/package.json`, import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  return String(version)
}
