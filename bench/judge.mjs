// Judges results by their targets. What was not measured is not met: a check that passes because nothing ran is worth
// nothing.

import { readFileSync } from 'node:fs'
import { compact } from './harness/measurement.mjs'

/** @typedef {import('./harness/run.mjs').Result} Result */

/**
 * @typedef {object} Target A ratio against another side, or the figure of a side itself.
 * @property {string} benchmark
 * @property {string} case
 * @property {string} [against]
 * @property {string} [side]
 * @property {number} [atLeast]
 * @property {number} [atMost]
 */

/**
 * @typedef {object} Targets
 * @property {number} margin
 * @property {Readonly<Record<string, Readonly<Record<string, string>>>>} options Those that a target is for.
 * @property {readonly Target[]} targets
 */

/**
 * @typedef {object} Verdict
 * @property {Target} target
 * @property {boolean} met
 * @property {string} measured
 */

/** @returns {Targets} */
export const readTargets = () =>
  JSON.parse(readFileSync(new URL('targets.json', import.meta.url), 'utf8'))

/**
 * @param {Targets} targets
 * @param {(benchmark: string) => Result | undefined} resultOf
 * @returns {readonly Verdict[]}
 */
export function judge({ margin, options, targets }, resultOf) {
  return targets.map((target) => {
    const result = resultOf(target.benchmark)
    const why = unusable(result, options[target.benchmark] ?? {})
    if (!result || why !== undefined) return { target, met: false, measured: why ?? '' }
    const spread = spreadFor(result, target)
    if (!spread) return { target, met: false, measured: notMeasured(result) }
    const { median, lowest, highest } = spread
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target
    return {
      target,
      met: median >= atLeast * (1 - margin) && median <= atMost * (1 + margin),
      measured: `${compact(median)} (${compact(lowest)} to ${compact(highest)})`,
    }
  })
}

/**
 * @param {Result | undefined} result
 * @param {Readonly<Record<string, string>>} options
 */
function unusable(result, options) {
  if (!result) return 'no result'
  if (result.smoke) return 'the smallest size alone'
  const other = Object.entries(options).find(([name, value]) => result.options[name] !== value)
  return other && `measured with --${other[0]} ${result.options[other[0]]}, not ${other[1]}`
}

/**
 * @param {Result} result
 * @param {Target} target
 */
function spreadFor({ measurements }, target) {
  const measurement = measurements.find(({ name }) => name === target.case)
  return target.against === undefined
    ? measurement?.sides.find(({ name }) => name === target.side)
    : measurement?.ratios.find(({ against }) => against === target.against)
}

/** @param {Result} result */
const notMeasured = ({ skipped }) =>
  ['not measured', ...skipped.map(({ what, why }) => `${what}: ${why}`)].join('; ')

/** @param {Target} target */
export const wordsOf = ({ benchmark, case: name, against, side, atLeast, atMost }) => ({
  what: `${benchmark} ${name}`,
  target: `${atLeast === undefined ? '<=' : '>='} ${atLeast ?? atMost} ${against === undefined ? `(${side})` : `of ${against}`}`,
})
