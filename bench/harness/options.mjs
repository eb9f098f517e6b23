// Options of a benchmark: numbers, or lists of numbers with commas between. Every option has two defaults: the size at
// which the benchmark says something, and the smallest one at which it still runs to its end (`--smoke`).

import { parseArgs } from 'node:util'

/**
 * @typedef {object} OptionSpec
 * @property {string} default
 * @property {string} smoke
 * @property {string} about
 */

/** @typedef {Readonly<Record<string, OptionSpec>>} OptionSpecs */

/**
 * @typedef {object} Options
 * @property {boolean} smoke
 * @property {string | undefined} out Where the result is written; the benchmark's own place by default.
 * @property {string | undefined} folder Where the stores are made; the system's temporary folder by default.
 * @property {Readonly<Record<string, string>>} given As they were given or by default, for the result.
 * @property {(name: string) => number} number
 * @property {(name: string) => readonly number[]} numbers
 */

/**
 * @param {OptionSpecs} specs
 * @param {readonly string[]} args
 * @returns {Options}
 */
export function parseOptions(specs, args) {
  const parsed = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(
        Object.keys(specs).map((name) => [name, { type: /** @type {const} */ ('string') }]),
      ),
      smoke: { type: 'boolean', default: false },
      out: { type: 'string' },
      folder: { type: 'string' },
    },
  })
  const values = /** @type {Readonly<Record<string, unknown>>} */ (parsed.values)
  const smoke = values.smoke === true
  const given = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      String(values[name] ?? (smoke ? spec.smoke : spec.default)),
    ]),
  )
  /** @param {string} name */
  const numbers = (name) => {
    const text = given[name]
    if (text === undefined) throw new Error(`there is no option ${name}`)
    return text.split(',').map((one) => {
      const number = Number(one)
      if (Number.isSafeInteger(number) && number >= 0) return number
      throw new Error(`--${name} takes whole numbers, not ${one}`)
    })
  }
  for (const name of Object.keys(given)) numbers(name)
  return {
    smoke,
    out: textOf(values.out),
    folder: textOf(values.folder),
    given,
    numbers,
    number: (name) => /** @type {number} */ (numbers(name)[0]),
  }
}

/** @param {unknown} value */
const textOf = (value) => (typeof value === 'string' ? value : undefined)
