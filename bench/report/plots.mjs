// Plots of a result as SVG: the ratios of its cases with their spread, and a line for each thing that grows.

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { compact } from '../harness/measurement.mjs'

/** @typedef {import('../harness/run.mjs').Result} Result */
/** @typedef {import('../harness/measurement.mjs').Measurement} Measurement */

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 760
const RATIOS_WIDTH = 470
/** Of the font in which labels are written, at most. */
const CHARACTER_WIDTH = 5.6

/**
 * @typedef {object} NamedPlot
 * @property {string} name
 * @property {string} title
 * @property {string} svg
 */

/**
 * @param {Result} result
 * @returns {readonly NamedPlot[]}
 */
export function plotsOf(result) {
  const named = /** @type {NamedPlot[]} */ ([])
  const compared = result.measurements.filter(({ point, ratios }) => !point && ratios.length > 0)
  if (compared.length > 0) {
    const title = `${result.benchmark}: times as good as the peer, median and range of the rounds`
    named.push({ name: result.benchmark, title, svg: ratioPlot(title, compared) })
  }
  for (const [name, points] of grouped(result.measurements)) {
    const sizes = new Set(points.map(({ point }) => point?.at))
    if (sizes.size < 2) continue
    const [{ title, unit, point } = { title: name, unit: '' }] = points
    const what = title.replace(/(, [\d,]+ (threads|MiB).*| of [\d,]+)$/, '')
    const words = `${what}, ${unit}, by ${point?.axis}`
    named.push({ name, title: words, svg: growthPlot(words, points) })
  }
  return named
}

/**
 * @param {string} title
 * @param {readonly Measurement[]} measurements
 */
function ratioPlot(title, measurements) {
  const bars = measurements.flatMap((measurement) =>
    measurement.ratios.map((ratio) => ({
      ...ratio,
      key: `${measurement.title}: ${ratio.against}`,
    })),
  )
  const longest = Math.max(...bars.map(({ key }) => key.length))
  const marginLeft = 20 + longest * CHARACTER_WIDTH
  return drawn(title, {
    width: marginLeft + RATIOS_WIDTH,
    marginLeft,
    marginRight: 40,
    height: 70 + bars.length * 18,
    x: { type: 'log', label: 'ratio; above 1 Cenotaph is better', grid: true, tickFormat: '~g' },
    y: { label: null, domain: bars.map(({ key }) => key) },
    color: { scheme: 'observable10', domain: [...new Set(bars.map(({ against }) => against))] },
    marks: [
      Plot.ruleX([1]),
      Plot.link(bars, {
        x1: 'lowest',
        x2: 'highest',
        y1: 'key',
        y2: 'key',
        stroke: 'against',
        strokeWidth: 3,
        strokeOpacity: 0.5,
      }),
      Plot.dot(bars, { y: 'key', x: 'median', fill: 'against', r: 4 }),
      Plot.text(bars, {
        y: 'key',
        x: 'highest',
        dx: 6,
        textAnchor: 'start',
        text: (/** @type {{ median: number }} */ { median }) => compact(median),
      }),
    ],
  })
}

/**
 * @param {string} title
 * @param {readonly Measurement[]} points
 */
function growthPlot(title, points) {
  const [first] = points
  const lines = points.flatMap(({ point, sides }) =>
    sides
      .filter(({ name }) => name !== 'the smallest' && name !== 'the smallest store')
      .map(({ name, median, lowest, highest }) => ({
        at: point?.at ?? 0,
        name,
        median,
        lowest,
        highest,
      })),
  )
  return drawn(title, {
    width: WIDTH,
    height: 260,
    marginLeft: 70,
    marginRight: 120,
    x: {
      type: 'log',
      label: first?.point?.axis ?? '',
      ticks: [...new Set(lines.map(({ at }) => at))],
      tickFormat: (/** @type {number} */ at) => at.toLocaleString('en'),
    },
    y: { label: first?.unit ?? '', grid: true, zero: true, nice: true },
    color: { scheme: 'observable10', domain: [...new Set(lines.map(({ name }) => name))] },
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX(lines, { x: 'at', y1: 'lowest', y2: 'highest', stroke: 'name' }),
      Plot.lineY(lines, { x: 'at', y: 'median', stroke: 'name' }),
      // Dots, not markers: those are numbered through the process, and the same plot would not be the same file.
      Plot.dot(lines, { x: 'at', y: 'median', fill: 'name', r: 3 }),
      Plot.text(
        lines,
        Plot.selectLast({
          x: 'at',
          y: 'median',
          z: 'name',
          text: 'name',
          fill: 'name',
          dx: 8,
          textAnchor: 'start',
        }),
      ),
    ],
  })
}

/**
 * @param {readonly Measurement[]} measurements
 * @returns {Map<string, Measurement[]>}
 */
function grouped(measurements) {
  const groups = /** @type {Map<string, Measurement[]>} */ (new Map())
  for (const measurement of measurements) {
    if (!measurement.point) continue
    const { plot } = measurement.point
    groups.set(plot, [...(groups.get(plot) ?? []), measurement])
  }
  return groups
}

/**
 * @param {string} title For those who do not see the plot.
 * @param {import('@observablehq/plot').PlotOptions} options
 */
function drawn(title, options) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const plot = Plot.plot({ ...options, document, style: { background: 'white' } })
  plot.setAttribute('xmlns', SVG)
  const words = document.createElementNS(SVG, 'title')
  words.textContent = title
  plot.prepend(words)
  return `${plot.outerHTML}\n`
}
