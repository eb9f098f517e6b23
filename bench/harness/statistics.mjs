// What is said of the rounds of one thing: the middle one and how far apart they lie. No mean: one slow round of a busy
// machine would be in it for ever.

/**
 * @typedef {object} Spread
 * @property {readonly number[]} rounds In the order in which they ran.
 * @property {number} median
 * @property {number} lowest
 * @property {number} highest
 * @property {readonly [number, number]} quartiles
 */

/**
 * @param {readonly number[]} rounds
 * @returns {Spread}
 */
export function spreadOf(rounds) {
  if (rounds.length === 0) throw new Error('nothing was measured')
  return {
    rounds,
    median: quantile(rounds, 0.5),
    lowest: Math.min(...rounds),
    highest: Math.max(...rounds),
    quartiles: [quantile(rounds, 0.25), quantile(rounds, 0.75)],
  }
}

/**
 * Between two values, as much of each as the quantile is near to it.
 *
 * @param {readonly number[]} values
 * @param {number} part 0 to 1
 */
export function quantile(values, part) {
  const sorted = Float64Array.from(values).sort()
  const place = (sorted.length - 1) * part
  const below = /** @type {number} */ (sorted[Math.floor(place)])
  const above = /** @type {number} */ (sorted[Math.ceil(place)])
  return below + (above - below) * (place - Math.floor(place))
}
