// Several processes want one store at the same moment. One has it; the others are told STORE_LOCKED, and who has it, and
// get it once it is free: by a close, or by a kill. Nobody's acknowledged lines are lost, and nobody writes between those
// of another.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { repairStore } from '@cenotaph/core'
import { afterAll, describe, expect, it } from 'vitest'
import { removeFolder } from '../support/temporary-folder.js'
import { testId } from '../support/thread-ids.js'
import { type Child, children, nextJson } from '../support-fixtures/child.fixture.js'
import { open, refusal, textsOf } from '../traps/store.fixture.js'

const CONTENDERS = 5
const ROUNDS = Number(process.env.CENOTAPH_RACES ?? 4)
const TIMEOUT_MS = 24 * 3_600_000
const TIMES = 3
const LINES = 4
const thread = testId(1)

const folder = mkdtempSync(
  path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cenotaph-processes-'),
)
afterAll(() => removeFolder(folder))
const child = children()

interface Told {
  readonly lines: string[]
  readonly refused: Record<string, unknown>[]
  has: number
  left: number
}

/** Everything that a contender tells until it ends. `onHas` is told at once. */
async function listen(contender: Child, onHas: () => void = () => {}): Promise<Told> {
  const told: Told = { lines: [], refused: [], has: 0, left: 0 }
  for (;;) {
    const { value, done } = await contender.lines.next()
    if (done) return told
    const fact = JSON.parse(value) as Record<string, unknown>
    if (typeof fact.line === 'string') told.lines.push(fact.line)
    if (fact.refused !== undefined) told.refused.push(fact)
    if (fact.left !== undefined) told.left += 1
    if (fact.has !== undefined) {
      told.has += 1
      onHas()
    }
  }
}

/** Starts them all, and lets them go at once when all are ready. */
async function race(root: string, count: number, ...words: readonly string[]): Promise<Child[]> {
  const contenders = Array.from({ length: count }, (_, n) =>
    child('../processes/contender.mjs', [root, thread, String(n), ...words]),
  )
  for (const one of contenders) expect(await one.lines.next()).toMatchObject({ done: false })
  for (const one of contenders) one.process.stdin.write('\n')
  return contenders
}

/** Tenures in the order of their lines: who, and which time. */
function tenuresOf(texts: readonly string[]): string[] {
  const tenures: string[] = []
  for (const text of texts) {
    const tenure = text.split(' ').slice(0, 2).join(' ')
    if (tenures.at(-1) !== tenure) tenures.push(tenure)
  }
  return tenures
}

describe('processes that race for one store', () => {
  it(
    'one makes it, the others are refused and told who has it',
    async () => {
      let refused = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        const root = path.join(folder, `fresh-${round}`)
        // Each has it once, and stays: nobody else may come in before it is killed.
        const contenders = await race(root, CONTENDERS, '1', '2', 'kill')
        const told = await Promise.all(contenders.map((one) => listen(one)))
        const pids = contenders.map((one) => one.process.pid)
        for (const one of told.flatMap((each) => each.refused)) {
          refused += 1
          expect(one).toMatchObject({ refused: 'STORE_LOCKED', retryable: true })
          // Where the owner had not written down who it is, nobody is named.
          if (one.pid !== undefined) {
            expect(pids).toContain(one.pid)
            expect(one.host).toBe(hostname())
          }
        }
        expect(told.map(({ has }) => has)).toEqual(contenders.map(() => 1))
        const store = await open(root)
        const texts = await textsOf(store, thread)
        expect([...texts].sort()).toEqual(told.flatMap(({ lines }) => lines).sort())
        expect(tenuresOf(texts)).toHaveLength(CONTENDERS)
        expect((await store.verify()).problems).toEqual([])
        await store.close()
      }
      console.info(
        `races: ${ROUNDS} of ${CONTENDERS} processes for a new store, ${refused} refusals`,
      )
      expect(refused).toBeGreaterThanOrEqual(CONTENDERS)
    },
    TIMEOUT_MS,
  )

  it('have it one after the other, by closes and by kills, and lose no line', async () => {
    const root = path.join(folder, 'relay')
    let holders = 0
    const closing = await race(root, CONTENDERS, String(TIMES), String(LINES))
    const told = await Promise.all(closing.map((one) => listen(one)))
    const killed = await race(root, CONTENDERS, String(TIMES), String(LINES), 'kill')
    told.push(...(await Promise.all(killed.map((one) => listen(one)))))
    for (const { has } of told) holders += has
    expect(holders).toBe(2 * CONTENDERS * TIMES)
    const store = await open(root)
    const texts = await textsOf(store, thread)
    expect([...texts].sort()).toEqual(told.flatMap(({ lines }) => lines).sort())
    expect(texts).toHaveLength(holders * LINES)
    // Both races have the same names, so each stands there twice, and in one piece each time.
    expect(tenuresOf(texts)).toHaveLength(holders)
    for (let at = 0; at < texts.length; at += LINES)
      expect(texts.slice(at, at + LINES).map((text) => text.split(' ')[2])).toEqual([
        '0',
        '1',
        '2',
        '3',
      ])
    expect((await store.verify()).problems).toEqual([])
    expect(told.flatMap(({ refused }) => refused).length).toBeGreaterThan(0)
  })
})

describe('a process that waits for a store', () => {
  it('has it as soon as its owner is killed, and everything that the owner was promised', async () => {
    const root = path.join(folder, 'takeover')
    const owner = child('./child-appends.mjs', [root, testId(2)])
    expect((await owner.lines.next()).value).toBe('0')
    const [waiting] = await race(root, 1, '1', String(LINES))
    // It is refused for as long as the owner lives.
    let refused = 0
    for (; refused < 3; refused += 1) {
      const { value } = await waiting!.lines.next()
      expect(JSON.parse(value)).toMatchObject({
        refused: 'STORE_LOCKED',
        pid: owner.process.pid,
        host: hostname(),
      })
    }
    await owner.kill()
    let promised = 0
    for (;;) {
      const { value, done } = await owner.lines.next()
      if (done) break
      promised = Number(value)
    }
    const told = await listen(waiting!)
    expect(told).toMatchObject({ has: 1, left: 1 })
    const store = await open(root)
    const texts = await textsOf(store, testId(2))
    expect(texts.length).toBeGreaterThan(promised)
    expect(texts).toEqual(texts.map((_, n) => `${n}`))
    expect(await textsOf(store, thread)).toEqual(told.lines)
    expect((await store.verify()).problems).toEqual([])
  })
})

describe('owner.json of another host, from before', () => {
  const stale = { pid: 1, host: 'another-host', since: '2026-01-01T00:00:00.000Z' }

  it('keeps nobody out of a store whose lock is free, a repair included', async () => {
    const root = path.join(folder, 'stale')
    const store = await open(root)
    await store.createThread({ threadId: thread, cwd: '/work' })
    await store.close()
    const owner = path.join(root, '.cenotaph', 'owner.json')
    writeFileSync(owner, JSON.stringify(stale))
    const again = await open(root)
    const second = child('./child-holds-store.mjs', [root])
    expect(await nextJson(second)).toMatchObject({
      open: false,
      code: 'STORE_LOCKED',
      detail: { pid: process.pid, host: hostname() },
    })
    await again.close()
    writeFileSync(owner, JSON.stringify(stale))
    expect(await repairStore(root, { ballastBytes: 4096 })).toMatchObject({ lost: [] })
  })

  it('keeps a repair out of a store that does not open, until somebody takes it away', async () => {
    const root = path.join(folder, 'stale-and-damaged')
    const store = await open(root)
    await store.createThread({ threadId: thread, cwd: '/work' })
    await store.close()
    const inside = path.join(root, '.cenotaph')
    writeFileSync(path.join(inside, 'level', 'CURRENT'), 'nonsense\n')
    writeFileSync(path.join(inside, 'owner.json'), JSON.stringify(stale))
    const before = readdirSync(inside)
    const error = await refusal(repairStore(root, { ballastBytes: 4096 }), 'STORE_LOCKED')
    expect(error.detail).toMatchObject({ pid: 1, host: 'another-host' })
    expect(readdirSync(inside)).toEqual(before)
    rmSync(path.join(inside, 'owner.json'))
    expect((await repairStore(root, { ballastBytes: 4096 })).rebuilt).toEqual([thread])
  })
})
