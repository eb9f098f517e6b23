// One operation at several sizes, in turn.

import { interleave } from '../harness/rounds.mjs'

/**
 * @typedef {object} Sized
 * @property {number} size
 * @property {() => Promise<number>} measure
 */

/**
 * @param {import('../harness/run.mjs').Run} run
 * @param {{ readonly name: string, readonly title: string, readonly unit: string, readonly better: 'more' | 'less', readonly axis: string }} about
 * @param {readonly Sized[]} sized The smallest first.
 */
export async function measureSizes(run, { axis, ...about }, sized) {
  const sides = sized.map(({ size, measure }) => ({ name: String(size), measure }))
  const measured = await interleave(sides, run.number('rounds'))
  const [smallest] = sized
  for (const { size } of sized) {
    run.record({
      ...about,
      name: `${about.name}-${size}`,
      title: `${about.title}, ${size.toLocaleString('en')} ${axis}`,
      point: { plot: `scale-${about.name}`, axis, at: size },
      sides: [
        { name: 'cenotaph', rounds: measured.get(String(size)) ?? [] },
        ...(smallest && size !== smallest.size
          ? [{ name: 'the smallest', rounds: measured.get(String(smallest.size)) ?? [] }]
          : []),
      ],
    })
  }
}
