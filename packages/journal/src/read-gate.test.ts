import { describe, expect, it } from 'vitest'
import { intercept, line, Rig } from './journal.fixture.js'
import type { Level } from './level.js'
import { ReadGate } from './read-gate.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

describe('the gate between reads and erasures', () => {
  it('lets an erasure wait for reads, holds new reads, and runs erasures one by one', async () => {
    const gate = new ReadGate()
    const log: string[] = []
    const step = (name: string, end: Promise<void>) => async () => {
      log.push(`${name} begins`)
      await end
      log.push(`${name} ends`)
    }
    const [one, two, first, second] = [deferred(), deferred(), deferred(), deferred()]
    const all = [
      gate.read(step('read 1', one.promise)),
      gate.read(step('read 2', two.promise)),
      gate.erase(step('erase 1', first.promise)),
      gate.erase(step('erase 2', second.promise)),
      gate.read(step('read 3', Promise.resolve())),
    ]
    await turn()
    expect(log).toEqual(['read 1 begins', 'read 2 begins'])
    one.resolve()
    await turn()
    expect(log.at(-1)).toBe('read 1 ends')
    two.resolve()
    await turn()
    expect(log.slice(3)).toEqual(['read 2 ends', 'erase 1 begins'])
    first.resolve()
    second.resolve()
    await Promise.all(all)
    const rest = log.slice(5)
    const overlap = rest.findIndex(
      (entry, index) => entry.endsWith('begins') && !rest[index + 1]?.endsWith('ends'),
    )
    expect(overlap).toBe(-1)
    expect(rest.filter((entry) => entry.startsWith('erase 2'))).toHaveLength(2)
  })

  it('opens again after a read or an erasure that failed', async () => {
    const gate = new ReadGate()
    const fail = () => Promise.reject(new Error('failed'))
    await expect(gate.read(fail)).rejects.toThrow()
    await expect(gate.erase(fail)).rejects.toThrow()
    expect(await gate.erase(async () => await 1)).toBe(1)
    expect(await gate.read(async () => 2)).toBe(2)
  })
})

describe('an erasure of the journal', () => {
  it('waits for a page in flight, holds the next one, and lets appends pass', async () => {
    const rig = new Rig()
    await (await rig.make()).close()
    const rein: Rein = { log: [], page: Promise.resolve(), compaction: Promise.resolve() }
    const { journal } = await rig.open({ wrap: (level) => slow(level, rein) })
    const page = deferred()
    const compaction = deferred()
    const log: string[] = []
    Object.assign(rein, { log, page: page.promise, compaction: compaction.promise })
    const reading = journal.page({ gt: 't/' })
    const erasing = journal.eraseRanges([{ from: 't/a', to: 't/b' }])
    await turn()
    expect(log).toEqual(['page'])
    page.resolve()
    await reading
    // The erasure looks itself whether a key is left in its range, and then compacts.
    while (log.length < 3) await turn()
    expect(log).toEqual(['page', 'keys', 'compact'])
    const held = journal.page({ gt: 't/' })
    expect(await journal.append(line('a', 'not held'))).toBe(1)
    expect(log).toHaveLength(3)
    compaction.resolve()
    await erasing
    await held
    expect(log.at(-1)).toBe('page')
    await journal.close()
  })
})

interface Rein {
  log: string[]
  page: Promise<void>
  compaction: Promise<void>
}

/** A database whose pages and compactions say when they begin, and end when the test says so. */
function slow(level: Level, rein: Rein): Level {
  return new Proxy(
    intercept(level, (write) => write()),
    {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (name === 'iterator' || name === 'keys')
          return (options: object) => {
            const iterator = value(options)
            let begun: Promise<void> | undefined
            const begin = (): Promise<void> => {
              if (!begun) rein.log.push(name === 'keys' ? 'keys' : 'page')
              begun ??= rein.page
              return begun
            }
            return {
              all: () => begin().then(() => iterator.all()),
              nextv: (rows: number) => begin().then(() => iterator.nextv(rows)),
              close: () => iterator.close(),
            }
          }
        if (name === 'compactRange')
          return async (from: string, to: string) => {
            rein.log.push('compact')
            await rein.compaction
            return value(from, to)
          }
        return value
      },
    },
  )
}
