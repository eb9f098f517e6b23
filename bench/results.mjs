// The results that are there: one file a benchmark, in the order of the benchmarks.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchmarkNames } from './benchmarks/index.mjs'

/** @typedef {import('./harness/run.mjs').Result} Result */

export const resultsFolder = fileURLToPath(new URL('results', import.meta.url))

/**
 * @param {string} name
 * @param {string} [folder]
 * @returns {Result | undefined} undefined where the benchmark was not run
 */
export function readResult(name, folder = resultsFolder) {
  try {
    return JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * @param {string} [folder]
 * @returns {readonly Result[]}
 */
export const readResults = (folder) =>
  benchmarkNames.flatMap((name) => readResult(name, folder) ?? [])
