// The example finds what it says that it finds: the naive store passes the suite and the model, and loses what it has
// acknowledged when the power goes; the same store, written carefully, does not.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { askModel, askPowerCuts, askSuite, Bug } from '../../examples/naive-jsonl/src/rig.js'
import { careful, naive } from '../../examples/naive-jsonl/src/writing.js'

const main = fileURLToPath(new URL('../../examples/naive-jsonl/dist/main.js', import.meta.url))

const codeOf = (error: unknown): string => (error instanceof Bug ? error.code : String(error))

describe.each([
  ['naive', naive],
  ['careful', careful],
])('a store of JSON lines, %s', (_name, writing) => {
  it('passes the suite while there is power', async () => {
    const { passed, failed } = await askSuite(writing)
    expect(failed).toEqual([])
    expect(passed.length).toBeGreaterThanOrEqual(21)
  })

  it('does what the model does while there is power', async () => {
    const { runs, commands } = await askModel(writing)
    expect(runs).toBe(100)
    expect(commands).toBeGreaterThan(1_000)
  })
})

describe('when the power goes', () => {
  it('the naive one loses what it has acknowledged, and each find is replayed by its line', async () => {
    const { failures } = await askPowerCuts(naive)
    const codes = failures.map(({ error }) => codeOf(error))
    expect(new Set(codes)).toEqual(new Set(['UNREADABLE', 'LOST']))
    for (const { replay, error } of failures) {
      const again = await askPowerCuts(naive, replay)
      expect(again.failures.map((one) => [one.replay, codeOf(one.error)])).toEqual([
        [replay, codeOf(error)],
      ])
    }
  })

  it('the careful one loses nothing', async () => {
    const { failures, states, recoveryStates } = await askPowerCuts(careful)
    expect(failures).toEqual([])
    expect(states).toBeGreaterThan(30)
    expect(recoveryStates).toBeGreaterThan(0)
  })
})

it('the program prints the line that replays the find', () => {
  const run = (...given: string[]) =>
    spawnSync(process.execPath, [main, ...given], { encoding: 'utf8' })
  const { status, stdout } = run()
  expect(status).toBe(0)
  const replay = /^naive: again: node (\S+) --replay (\S+)$/m.exec(stdout)
  expect(path.resolve(path.dirname(main), '../../..', replay?.[1] ?? '')).toBe(main)
  const again = run('--replay', replay?.[2] ?? '')
  expect(again.stdout).toMatch(/^naive: power cuts, 1 states, wrong$/m)
  expect(stdout).toMatch(/^careful: power cuts, \d+ states, all right$/m)
})
