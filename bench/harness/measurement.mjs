// One measured case: its sides, the first of which is the subject, and for each other side the ratio in every round. A
// ratio above 1 says that the subject is better: it did more, or needed less.

import { spreadOf } from './statistics.mjs'

/** @typedef {import('./statistics.mjs').Spread} Spread */

/**
 * @typedef {object} GivenSide
 * @property {string} name
 * @property {string} [settings]
 * @property {readonly number[]} rounds
 * @property {string} [published] Where the figure is from, where this run did not measure it: one value for all rounds.
 */

/**
 * @typedef {object} GivenMeasurement
 * @property {string} name
 * @property {string} title
 * @property {string} unit
 * @property {'more' | 'less'} better
 * @property {readonly GivenSide[]} sides
 * @property {boolean} [counted] The sides are counts that stand beside each other; no ratios.
 * @property {Point} [point]
 */

/**
 * @typedef {object} Point Where the case stands on the axis of a plot.
 * @property {string} plot
 * @property {string} axis
 * @property {number} at
 */

/** @typedef {Spread & Omit<GivenSide, 'rounds'>} Side */

/** @typedef {Spread & { readonly against: string }} Ratio */

/**
 * @typedef {object} Measurement
 * @property {string} name
 * @property {string} title
 * @property {string} unit
 * @property {'more' | 'less'} better
 * @property {readonly Side[]} sides
 * @property {readonly Ratio[]} ratios
 * @property {Point} [point]
 */

/**
 * @param {GivenMeasurement} given
 * @returns {Measurement}
 */
export function measurementOf(given) {
  const [subject, ...others] = given.sides
  if (!subject) throw new Error(`${given.name} has no side`)
  return {
    ...given,
    sides: given.sides.map(({ rounds, ...side }) => ({ ...side, ...spreadOf(rounds) })),
    ratios: (given.counted ? [] : others).map((other) => ({
      against: other.name,
      ...spreadOf(subject.rounds.map((ours, round) => ratioOf(given, ours, valueIn(other, round)))),
    })),
  }
}

/**
 * @param {GivenSide} side
 * @param {number} round
 */
function valueIn(side, round) {
  const value = side.published === undefined ? side.rounds[round] : side.rounds[0]
  if (value === undefined) throw new Error(`${side.name} has no round ${round}`)
  return value
}

/**
 * @param {GivenMeasurement} given
 * @param {number} ours
 * @param {number} theirs
 */
const ratioOf = ({ better }, ours, theirs) => (better === 'more' ? ours / theirs : theirs / ours)

/**
 * What a run prints of it.
 *
 * @param {Measurement} measurement
 */
export function linesOf({ title, unit, sides, ratios }) {
  const [subject] = sides
  const figure = subject ? `${compact(subject.median)} ${unit}` : ''
  return [
    `${title.padEnd(44)} ${figure.padStart(20)}`,
    ...(ratios.length > 0 ? [] : sides.slice(1)).map(
      ({ name, median }) => `  ${compact(median).padStart(8)} ${name}`,
    ),
    ...ratios.map(
      ({ against, median, lowest, highest }) =>
        `  ${compact(median).padStart(8)} of ${against} (${compact(lowest)} to ${compact(highest)})`,
    ),
  ].join('\n')
}

/** @param {number} value */
export const compact = (value) =>
  value === 0 || Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(3)
