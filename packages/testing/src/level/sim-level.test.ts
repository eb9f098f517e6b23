import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SimLevel } from './sim-level.js'
import { levelCrashStates, SimLevelFolder } from './sim-level-folder.js'

const CANARY = 'canary-of-a-deleted-value'
const view = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const
const synced = { sync: true } as object

const open = (folder = new SimLevelFolder(), logBytesMax?: number) =>
  new SimLevel<string, string>(folder, {
    ...view,
    ...(logBytesMax === undefined ? {} : { logBytesMax }),
  })

const holdsCanary = (folder: SimLevelFolder): boolean =>
  [...folder.physical()].some(({ value }) => Buffer.from(value).includes(CANARY))

const keysOf = (folder: SimLevelFolder): string[] => [...folder.snapshot().keys()]

describe('abstract-level’s published suite', () => {
  it('passes', () => {
    const script = fileURLToPath(new URL('./abstract-level-suite.fixture.mjs', import.meta.url))
    const { stdout, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
    const count = (word: string): number =>
      Number(new RegExp(`^# ${word} +(\\d+)$`, 'm').exec(stdout)?.[1] ?? 0)
    expect(stdout.split('\n').filter((line) => line.startsWith('not ok'))).toEqual([])
    expect(status).toBe(0)
    expect(count('tests')).toBeGreaterThan(5_000)
    expect(count('pass')).toBe(count('tests'))
  })
})

describe('durability', () => {
  it('keeps what was synced and what came before it in the log, and may lose the rest from the end', async () => {
    const folder = new SimLevelFolder()
    const level = open(folder)
    await level.batch([{ type: 'put', key: 'a', value: '1' }])
    await level.batch([{ type: 'put', key: 'b', value: '2' }], synced)
    await level.batch([
      { type: 'put', key: 'c', value: '3' },
      { type: 'put', key: 'd', value: '4' },
    ])
    await level.batch([{ type: 'put', key: 'e', value: '5' }])
    const states = [...levelCrashStates(folder)].map((state) => keysOf(state).join(''))
    expect(states.sort()).toEqual(['ab', 'abcd', 'abcde'])
  })

  it('may leave a hole: the old log’s end lost, a later synced batch there', async () => {
    const folder = new SimLevelFolder()
    const level = open(folder, 8)
    await level.batch([{ type: 'put', key: 'a', value: 'more than eight bytes' }])
    await level.batch([{ type: 'put', key: 'b', value: '2' }], synced)
    const states = [...levelCrashStates(folder)].map((state) => keysOf(state).join(''))
    expect(states).toContain('b')
    // The table of the old log is written behind that, and then nothing of it can be lost.
    await level.batch([{ type: 'put', key: 'c', value: '3' }], synced)
    const later = [...levelCrashStates(folder)].map((state) => keysOf(state).join(''))
    expect(later.every((keys) => keys.startsWith('ab'))).toBe(true)
  })

  it('reopens with what was there, and lets one handle in at a time', async () => {
    const folder = new SimLevelFolder()
    const level = open(folder)
    await level.put('a', '1')
    await expect(open(folder).open()).rejects.toMatchObject({ cause: { code: 'LEVEL_LOCKED' } })
    await level.close()
    const again = open(folder)
    expect(await again.get('a')).toBe('1')
    const [crashed] = levelCrashStates(folder, { limit: 1 })
    expect(crashed!.locked).toBe(false)
  })

  it('loses what it acknowledges behind a torn record', async () => {
    const folder = new SimLevelFolder()
    const level = open(folder)
    await level.batch([{ type: 'put', key: 'a', value: '1' }], synced)
    folder.tearLog()
    await level.batch([{ type: 'put', key: 'b', value: '2' }], synced)
    expect(await level.get('b')).toBe('2')
    await level.batch([{ type: 'put', key: 'c', value: 'x'.repeat(40_000) }], synced)
    // The next block of the log is read again.
    await level.batch([{ type: 'put', key: 'd', value: '4' }], synced)
    await level.close()
    const again = open(folder)
    expect(await again.keys().all()).toEqual(['a', 'd'])
  })
})

describe('what is deleted', () => {
  it('stays on disk, is found there, and goes by the recipe in its order alone', async () => {
    const recipe = async (steps: string): Promise<boolean> => {
      const folder = new SimLevelFolder()
      const level = open(folder)
      await level.put('t/1/a', CANARY)
      await level.del('t/1/a')
      const iterator = steps.includes('i') ? level.iterator() : undefined
      await iterator?.next()
      for (const step of steps) {
        if (step === 'c') await level.compactRange('t/1/', 't/10')
        if (step === 'b') await level.batch([{ type: 'del', key: 't/1/a' }], synced)
      }
      expect(await level.get('t/1/a')).toBeUndefined()
      const found = holdsCanary(folder)
      await iterator?.close()
      return found
    }
    expect(await recipe('')).toBe(true)
    expect(await recipe('c')).toBe(true)
    expect(await recipe('bc')).toBe(true)
    expect(await recipe('cbc')).toBe(false)
    expect(await recipe('icbc')).toBe(true)
  })

  it('is on disk where LevelDB has it, after the same random history', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.nat(5) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('del' as const), key: fc.nat(5) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('compact' as const),
          from: fc.nat(5),
          to: fc.nat(5),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
    )
    const outcomes = { both: 0, neither: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
        const root = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-level-'))
        const folder = new SimLevelFolder()
        const real = () => new ClassicLevel<string, string>(root, { ...view, compression: false })
        let levels = { sim: open(folder), real: real() }
        try {
          await Promise.all([levels.sim.open(), levels.real.open()])
          let writes = 0
          for (const one of steps) {
            if (one.do === 'reopen') {
              await Promise.all([levels.sim.close(), levels.real.close()])
              levels = { sim: open(folder), real: real() }
              await Promise.all([levels.sim.open(), levels.real.open()])
              continue
            }
            for (const level of [levels.sim, levels.real]) {
              if (one.do === 'put') await level.put(`k${one.key}`, `${CANARY}-${writes}-end`)
              else if (one.do === 'del') await level.del(`k${one.key}`)
              else {
                const [from, to] = [one.from, one.to].sort()
                await level.compactRange(`k${from}`, `k${to}`)
              }
            }
            writes += 1
          }
          expect(await levels.sim.iterator().all()).toEqual(await levels.real.iterator().all())
          // Closing waits for what LevelDB does in the background.
          await Promise.all([levels.sim.close(), levels.real.close()])
          const onDisk = readdirSync(root)
            .filter((name) => /^\d+\.(log|ldb)$/.test(name))
            .map((name) => readFileSync(path.join(root, name)).toString('latin1'))
            .join('')
          for (let write = 0; write < writes; write += 1) {
            const text = `${CANARY}-${write}-end`
            const simulated = [...folder.physical()].some(({ value }) =>
              Buffer.from(value).includes(text),
            )
            expect({ write, found: simulated }).toEqual({ write, found: onDisk.includes(text) })
            outcomes[simulated ? 'both' : 'neither'] += 1
          }
        } finally {
          await Promise.all([levels.sim.close(), levels.real.close()])
          rmSync(root, { recursive: true })
        }
      }),
      { numRuns: 150 },
    )
    // Both answers were asked for often enough to mean something.
    expect(outcomes.both).toBeGreaterThan(200)
    expect(outcomes.neither).toBeGreaterThan(200)
  })
})
