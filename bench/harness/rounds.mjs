// Rounds: every side once in each, so that what the machine does beside them meets all of them. The order turns by one
// each round, so that nobody is always the one after the slow one.

/**
 * @typedef {object} MeasuredSide
 * @property {string} name
 * @property {string} [settings] What it ran with, where that bears on the figure.
 * @property {(round: number) => Promise<number>} measure
 */

/**
 * @param {readonly MeasuredSide[]} sides
 * @param {number} rounds
 * @returns {Promise<Map<string, number[]>>} the rounds of each side
 */
export async function interleave(sides, rounds) {
  const measured = new Map(sides.map(({ name }) => [name, /** @type {number[]} */ ([])]))
  for (let round = 0; round < rounds; round += 1) {
    const start = round % sides.length
    for (const side of [...sides.slice(start), ...sides.slice(0, start)]) {
      measured.get(side.name)?.push(await side.measure(round))
    }
  }
  return measured
}

/**
 * Milliseconds that `run` takes.
 *
 * @param {() => unknown} run
 */
export async function timed(run) {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}
