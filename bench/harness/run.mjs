// One run of one benchmark: its options, its folder, what it measured and what it had to leave out. The result is written
// when the benchmark came to its end, and then whole.

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { loadNow, machineOf, ownVersions } from './machine.mjs'
import { linesOf, measurementOf } from './measurement.mjs'
import { interleave } from './rounds.mjs'

/** @typedef {import('./measurement.mjs').Measurement} Measurement */
/** @typedef {import('./measurement.mjs').GivenMeasurement} GivenMeasurement */
/** @typedef {import('./options.mjs').Options} Options */

/**
 * @typedef {object} Benchmark
 * @property {string} name
 * @property {string} about What it measures, and against what.
 * @property {import('./options.mjs').OptionSpecs} options
 * @property {(run: Run) => Promise<void>} measure
 */

/**
 * @typedef {object} Result
 * @property {1} version
 * @property {string} benchmark
 * @property {string} about
 * @property {string} command
 * @property {string} startedAt
 * @property {number} seconds
 * @property {import('./machine.mjs').Machine} machine
 * @property {readonly [number, number]} load Before and after.
 * @property {boolean} smoke
 * @property {Readonly<Record<string, string>>} options
 * @property {Readonly<Record<string, string>>} versions
 * @property {readonly { readonly what: string, readonly why: string }[]} skipped
 * @property {readonly Measurement[]} measurements
 */

export class Run {
  /** @type {Measurement[]} */
  #measurements = []
  /** @type {{ what: string, why: string }[]} */
  #skipped = []
  /** @type {Record<string, string>} */
  #versions = ownVersions()

  /**
   * @param {Options} options
   * @param {string} folder For the stores of this run; removed behind it.
   */
  constructor(options, folder) {
    this.options = options
    this.folder = folder
  }

  /** @param {string} name */
  number(name) {
    return this.options.number(name)
  }

  /**
   * Measures every side once a round.
   *
   * @param {Omit<GivenMeasurement, 'sides'>} about
   * @param {readonly import('./rounds.mjs').MeasuredSide[]} sides
   */
  async compare(about, sides) {
    const measured = await interleave(sides, this.number('rounds'))
    return this.record({
      ...about,
      sides: sides.map(({ measure: _, ...side }) => ({
        ...side,
        rounds: measured.get(side.name) ?? [],
      })),
    })
  }

  /**
   * Takes what the benchmark measured itself.
   *
   * @param {GivenMeasurement} given
   */
  record(given) {
    const measurement = measurementOf(given)
    this.#measurements.push(measurement)
    console.log(linesOf(measurement))
    return measurement
  }

  /**
   * Leaves something out, so that it can be seen; told once.
   *
   * @param {string} what
   * @param {string} why
   */
  skip(what, why) {
    if (this.#skipped.some((one) => one.what === what && one.why === why)) return
    this.#skipped.push({ what, why })
    console.log(`skipped: ${what}: ${why}`)
  }

  /**
   * @param {string} name
   * @param {string} version
   */
  ran(name, version) {
    this.#versions[name] = version
  }

  get outcome() {
    return {
      versions: this.#versions,
      skipped: this.#skipped,
      measurements: this.#measurements,
    }
  }
}

/**
 * @param {Benchmark} benchmark
 * @param {Options} options
 * @param {string} command
 * @returns {Promise<Result>}
 */
export async function runBenchmark(benchmark, options, command) {
  const folder = await fs.mkdtemp(path.join(options.folder ?? os.tmpdir(), 'cenotaph-bench-'))
  const begin = performance.now()
  const startedAt = new Date().toISOString()
  const loadBefore = loadNow()
  try {
    const machine = await machineOf(folder)
    if (machine.fileSystem === 'tmpfs')
      console.log(`note: ${folder} is in memory, where a sync costs nothing; give another --folder`)
    const run = new Run(options, folder)
    await benchmark.measure(run)
    return {
      version: 1,
      benchmark: benchmark.name,
      about: benchmark.about,
      command,
      startedAt,
      seconds: Math.round(performance.now() - begin) / 1000,
      machine,
      load: [loadBefore, loadNow()],
      smoke: options.smoke,
      options: options.given,
      ...run.outcome,
    }
  } finally {
    await fs.rm(folder, { recursive: true, force: true })
  }
}

/**
 * @param {Result} result
 * @param {string} file
 */
export async function writeResult(result, file) {
  await fs.mkdir(path.dirname(file), { recursive: true })
  await fs.writeFile(`${file}.tmp`, `${JSON.stringify(result, undefined, 1)}\n`)
  await fs.rename(`${file}.tmp`, file)
}
