// The page: prose that people wrote, from bench/performance, and of each result its tables, its plots, and what they hold
// for. Nothing in the page is written by hand; what is, is in the prose.

import fs from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { judge, readTargets, wordsOf } from '../judge.mjs'
import { plotsOf } from './plots.mjs'
import { table, tablesOf } from './tables.mjs'

/** @typedef {import('../harness/run.mjs').Result} Result */

/** What stands behind the results. */
const endings = ['where-the-time-goes', 'what-would-lift-the-floors']

const prose = fileURLToPath(new URL('../performance', import.meta.url))

/**
 * Writes `performance.md` and the folder of its plots.
 *
 * @param {readonly Result[]} results
 * @param {string} docs
 * @returns {Promise<readonly string[]>} names of the plots
 */
export async function writePage(results, docs) {
  const folder = path.join(docs, 'performance')
  await fs.rm(folder, { recursive: true, force: true })
  await fs.mkdir(folder, { recursive: true })
  const names = []
  const parts = [await partial('head')]
  for (const result of results) {
    const plots = plotsOf(result)
    for (const { name, svg } of plots) {
      // Refused where it is there: two plots of one name would show as one.
      await fs.writeFile(path.join(folder, `${name}.svg`), svg, { flag: 'wx' })
      names.push(`${name}.svg`)
    }
    parts.push(await sectionOf(result, plots))
  }
  parts.push(targetsOf(results))
  for (const name of endings) parts.push(await partial(name))
  const text = parts.filter((part) => part !== '').join('\n\n')
  await fs.writeFile(path.join(docs, 'performance.md'), `${text}\n`)
  return names
}

/**
 * What `npm run bench:check` says, the missed ones first.
 *
 * @param {readonly Result[]} results
 */
function targetsOf(results) {
  const targets = readTargets()
  const verdicts = judge(targets, (name) => results.find(({ benchmark }) => benchmark === name))
  const rows = verdicts
    .toSorted((a, b) => Number(a.met) - Number(b.met))
    .map(({ target, met, measured }) => {
      const { what, target: wanted } = wordsOf(target)
      return [what, wanted, measured, met ? 'met' : '**missed**']
    })
  const missed = verdicts.filter(({ met }) => !met).length
  return [
    '## Targets',
    `${verdicts.length - missed} of ${verdicts.length} are met, with a margin of ${targets.margin}. What limits the others stands below.`,
    table(['case', 'target', 'measured', ''], rows),
  ].join('\n\n')
}

/**
 * The prose of this name; none where there is no such file.
 *
 * @param {string} name
 */
async function partial(name) {
  try {
    return (await fs.readFile(path.join(prose, `${name}.md`), 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

/**
 * @param {Result} result
 * @param {readonly import('./plots.mjs').NamedPlot[]} plots
 */
async function sectionOf(result, plots) {
  const { benchmark, about, skipped, measurements } = result
  const published = measurements
    .flatMap(({ sides }) => sides.flatMap((side) => side.published ?? []))
    .at(0)
  return [
    `## ${benchmark}`,
    `${about[0]?.toUpperCase()}${about.slice(1)}.`,
    ...tablesOf(result),
    ...(published === undefined
      ? []
      : [`\\* published figures: ${published}. This run did not make them.`]),
    ...skipped.map(({ what, why }) => `Not measured: ${what}; ${why}.`),
    ...plots.map(({ name, title }) => `![${title}](performance/${name}.svg)`),
    await partial(benchmark),
    settingsOf(result),
    provenanceOf(result),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** @param {Result} result */
function settingsOf({ measurements }) {
  const settings = new Map(
    measurements.flatMap(({ sides }) =>
      sides.flatMap(({ name, settings: words }) =>
        words ? [[`${name}: ${words}`, [name, words]]] : [],
      ),
    ),
  )
  return settings.size === 0 ? '' : table(['side', 'settings'], [...settings.values()])
}

/** @param {Result} result */
function provenanceOf({ command, startedAt, seconds, machine, load, versions }) {
  const { processor, cores, memoryBytes, system, fileSystem } = machine
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `Made by \`${command}\` on ${startedAt.slice(0, 10)}, in ${Math.round(seconds)} s.`,
    `${processor}, ${cores} cores, ${memory}, ${system}, ${fileSystem}; load ${load.join(' to ')}.`,
    `Versions: ${all.join(', ')}.`,
  ].join(' ')
}
