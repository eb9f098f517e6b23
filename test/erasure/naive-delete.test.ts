// The rig itself: a delete that only deletes the keys and compacts their range leaves text in LevelDB's files, and the
// scan that the erasure suite trusts must find it.

import path from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Canaries, seededRandom } from '../support/canary.js'
import { scanRoot } from '../support/scan-root.js'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'

const HISTORIES = 60

let folder: string
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

/** Records under keys that only grow, like those of threads, with other threads' records behind them. */
async function naiveHistory(seed: number): Promise<{ planted: number; left: number }> {
  const random = seededRandom(seed)
  const canaries = new Canaries(random)
  const place = path.join(folder, String(seed))
  const level = new ClassicLevel(place, { compression: false })
  await level.open()
  const doomed: string[] = []
  const key = (n: number): string => `t/${String(n).padStart(10, '0')}`
  const deadTokens = new Set<string>()
  let n = 0
  for (const _ of Array.from({ length: 3 + Math.floor(random() * 20) })) {
    const canary = canaries.next()
    const dies = random() < 0.4
    n += 1
    await level.put(key(n), `${canary} ${'x'.repeat(Math.floor(random() * 2_000))}`)
    if (dies) {
      doomed.push(key(n))
      deadTokens.add(canary.slice(0, 16))
    }
    if (random() < 0.1) await level.compactRange(key(0), key(n))
  }
  await level.batch(
    doomed.map((dead) => ({ type: 'del' as const, key: dead })),
    { sync: true },
  )
  if (doomed.length > 0) await level.compactRange(doomed[0]!, doomed.at(-1)!)
  const { found } = await scanRoot(place)
  await level.close()
  return {
    planted: deadTokens.size,
    left: [...deadTokens].filter((token) => found.has(token)).length,
  }
}

describe('a naive delete', () => {
  it('is caught by the scan', async () => {
    let caught = 0
    let clean = 0
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const { planted, left } = await naiveHistory(seed)
      if (left > 0) caught += 1
      else if (planted > 0) clean += 1
    }
    console.info(`naive delete: residue in ${caught} of ${HISTORIES} histories`)
    expect(caught + clean).toBeGreaterThanOrEqual(HISTORIES / 2)
    expect(caught).toBeGreaterThan(0)
    // A scan that cried wolf would find something in every history.
    expect(clean).toBeGreaterThan(0)
  })

  it('is seen in a log whose blocks cut the text in two', async () => {
    const canaries = new Canaries(seededRandom(7))
    const place = path.join(folder, 'blocks')
    const level = new ClassicLevel(place, { compression: false })
    await level.open()
    const canary = canaries.next()
    // Three blocks of 32 KiB with the canary laid over their ends, wherever the header puts it.
    await level.put('k', canary.repeat(2_100))
    const { found } = await scanRoot(place)
    await level.close()
    expect([...(found.get(canary.slice(0, 16)) ?? [])].join(' ')).toMatch(/\.log/)
  })
})
