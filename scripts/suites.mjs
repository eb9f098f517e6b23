// The suites that search: what each of them tells of what it did, and how much more of it a deep run asks for. The
// numbers are found in the lines that the tests print.

/**
 * `counts`: what is counted, and where it stands in a line; a pattern without a group counts its lines. `whole` and
 * `more`: settings of the second round of a deep run, and of those behind it. A suite without `whole` has no end.
 */
export const suites = [
  {
    name: 'bit rot',
    files: 'test/golden-stores/bit-rot.test.ts',
    whole: { CENOTAPH_FLIPS: 'all' },
    more: { CENOTAPH_FLIPS: '5000' },
    unit: 'flips',
    counts: { 'flips of any byte': /bit rot: (\d+) flips/g },
  },
  {
    name: 'bit flips, repaired',
    files: 'test/traps/bit-flips.test.ts',
    unit: 'flips',
    counts: { 'flips in the database': /bit flips: (\d+)/g },
  },
  {
    name: 'system calls',
    files: 'test/syscalls',
    more: { CENOTAPH_SYSCALLS: '400' },
    unit: 'faults',
    counts: { 'calls that fail or kill': /system calls: {"cases":(\d+)/g },
  },
  {
    name: 'power loss',
    files: 'test/power-loss',
    whole: { CENOTAPH_CUTS: 'all' },
    unit: 'cuts',
    counts: { 'cuts on a real file system': /power loss: (\d+) cuts/g },
  },
  {
    name: 'kills',
    files: 'test/crash',
    whole: { CENOTAPH_KILLS: 'all' },
    more: { CENOTAPH_KILLS: '4' },
    unit: 'kills',
    counts: {
      'at named instants': /crash points: (\d+) kills/g,
      'of recoveries': /crash points: \d+ kills, (\d+) of/g,
      'at random': /random kills: .*"cut":(\d+)/g,
      'of recoveries, at random': /random kills: .*"recoveriesCut":(\d+)/g,
      'of repairs': /repairs: (\d+) kills/g,
      'stops of repairs, before an effect': /repairs: (\d+) of \d+ effects/g,
    },
  },
  {
    name: 'processes',
    files: 'test/processes',
    more: { CENOTAPH_RACES: '12' },
    unit: 'races',
    counts: { 'races for a store': /races: (\d+) of/g },
  },
  {
    name: 'erasure',
    files: 'test/erasure/erasure.test.ts',
    more: { CENOTAPH_HISTORIES: '400' },
    unit: 'histories',
    counts: { histories: /erasure: {"histories":(\d+)/g },
  },
  {
    name: 'model',
    files: 'test/model',
    more: { CENOTAPH_RUNS: '2000' },
    unit: 'programs',
    counts: { programs: /model: (\d+) runs/g },
  },
  {
    name: 'simulated power loss',
    files: 'test/simulation',
    unit: 'states',
    counts: { 'states after a crash': /simulated power loss: (\d+) states/g },
  },
  {
    name: 'disk faults',
    files: 'test/bad-input/disk-faults.test.ts',
    whole: { CENOTAPH_FAULTS: 'all' },
    // No seed: a second time would be the same.
    once: true,
    unit: 'faults',
    counts: { 'calls that fail': /disk faults: (\d+)/g },
  },
  {
    name: 'simulated faults',
    files: 'test/bad-input/simulated-faults.test.ts',
    whole: { CENOTAPH_FAULTS: 'all' },
    once: true,
    unit: 'faults',
    counts: { 'effects that fail, and the power': /simulated faults: (\d+) runs/g },
  },
  {
    name: 'damaged databases',
    files: 'test/damage',
    more: { CENOTAPH_DAMAGES: '60' },
    unit: 'looks',
    counts: { 'states after damage': /damaged databases: (\d+)/g },
  },
  {
    name: 'canaries',
    files: 'test/simulation/canaries.test.ts',
    // A part of the simulated power loss, and of suites that choose nothing.
    shallow: true,
    unit: 'canaries',
    counts: {
      'wrong engines caught': /canary: .*; caught after/g,
      'wrong stores and databases caught': /^a (?:store|database) that .*: caught by/gm,
    },
  },
]

/** What a suite did, by what is counted. */
export const countsIn = (said, { counts }) =>
  Object.entries(counts).map(([what, pattern]) => [what, sumOf(said, pattern)])

/** All that a suite did, in one number. */
export const casesIn = (said, suite) =>
  countsIn(said, suite).reduce((sum, [, count]) => sum + count, 0)

const sumOf = (said, pattern) =>
  [...said.matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number ?? 1), 0)

/** Lines of a table: the suites that said something, and what. */
export function tableOf(said) {
  return suites.flatMap((suite) => {
    const counts = countsIn(said, suite).filter(([, count]) => count > 0)
    return counts.map(([what, count], index) => {
      const name = index === 0 ? suite.name : ''
      return `${name.padEnd(22)}${String(count).padStart(7)}  ${what}`
    })
  })
}
