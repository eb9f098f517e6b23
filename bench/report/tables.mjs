// Tables of a result, in Markdown.

import { compact } from '../harness/measurement.mjs'

/** @typedef {import('../harness/run.mjs').Result} Result */
/** @typedef {import('../harness/measurement.mjs').Measurement} Measurement */
/** @typedef {import('../harness/statistics.mjs').Spread} Spread */

/** @param {Result} result */
export function tablesOf({ measurements }) {
  const counted = measurements.filter(
    ({ sides, ratios }) => ratios.length === 0 && sides.length > 1,
  )
  const others = measurements.filter((measurement) => !counted.includes(measurement))
  return [
    ...(others.length > 0 ? [ratioTable(others)] : []),
    ...(counted.length > 0 ? [countTable(counted)] : []),
  ]
}

/** @param {readonly Measurement[]} measurements */
const ratioTable = (measurements) =>
  table(
    ['case', 'Cenotaph', 'other side', 'its figure', 'ratio'],
    measurements.flatMap(({ title, unit, sides: [subject, ...others], ratios }) => {
      const figure = subject ? `${compact(subject.median)} ${unit}` : ''
      if (others.length === 0) return [[title, `${figure} (${rangeOf(subject)})`, '', '', '']]
      return others.map((other, index) => {
        const ratio = ratios[index]
        return [
          index === 0 ? title : '',
          index === 0 ? figure : '',
          other.published === undefined ? other.name : `${other.name} *`,
          `${compact(other.median)} ${unit}`,
          ratio ? `**${compact(ratio.median)}** (${rangeOf(ratio)})` : '',
        ]
      })
    }),
  )

/** @param {readonly Measurement[]} measurements */
function countTable(measurements) {
  const names = measurements[0]?.sides.map(({ name }) => name) ?? []
  return table(
    ['', ...names],
    measurements.map(({ title, sides }) => [title, ...sides.map(({ median }) => compact(median))]),
  )
}

/** @param {Spread | undefined} spread */
const rangeOf = (spread) =>
  spread ? `${compact(spread.lowest)} to ${compact(spread.highest)}` : ''

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
