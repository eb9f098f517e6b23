// A checkpoint is a batch, perhaps more deletes, and the anchor. These tests end the process (as far as
// the disk can tell) before and after each effect, and open again.

import { type Disk, nodeDisk, StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { readAnchor } from './anchor.js'
import { checkpointOf, intercept, line, Rig, text } from './journal.fixture.js'
import { groupKey, type Sequence } from './keys.js'

class Crash extends Error {}

/** Lets `left` effects happen; the next one and all later ones do not. */
class Fuse {
  left: number
  constructor(left: number) {
    this.left = left
  }
  effect<T>(run: () => Promise<T>): Promise<T> {
    if (this.left === 0) return Promise.reject(new Crash())
    this.left--
    return run()
  }
}

const fused = (fuse: Fuse): Disk => ({
  ...nodeDisk,
  create: (path) => fuse.effect(() => nodeDisk.create(path)),
  unlink: (path) => fuse.effect(() => nodeDisk.unlink(path)),
  rename: (from, to) => fuse.effect(() => nodeDisk.rename(from, to)),
  syncFolder: (path) => fuse.effect(() => nodeDisk.syncFolder(path)),
})

const subjects = (groups: readonly { sections: readonly { subject: string }[] }[]) =>
  groups.flatMap(({ sections }) => sections.map(({ subject }) => subject))

async function makeStore(): Promise<Rig> {
  const rig = new Rig()
  const journal = await rig.make()
  for (const name of ['a', 'b', 'c']) await journal.append(line(name, name))
  await journal.close()
  return rig
}

describe('a checkpoint', () => {
  it('is whole or absent at every crash, and the store opens after each', async () => {
    const outcomes = new Set<string>()
    let finished = false
    for (let effects = 0; !finished; effects++) {
      const rig = await makeStore()
      const fuse = new Fuse(effects)
      const { journal } = await rig.open({
        disk: fused(fuse),
        wrap: (level) => intercept(level, (write) => fuse.effect(write)),
      })
      const row = { type: 'put', key: 't/a', body: Buffer.from('row') } as const
      const result = await journal
        .checkpoint(2 as Sequence, () => ({ ...checkpointOf(), operations: [row] }))
        .then(
          () => 'done',
          (error: unknown) => (error instanceof StoreError ? error.code : 'other'),
        )
      finished = result === 'done'
      expect(result).toBe(finished ? 'done' : 'STORE_FAILED')
      expect(journal.failure?.code).toBe(finished ? undefined : 'STORE_FAILED')
      await journal.close()

      const { journal: again, recovered } = await rig.open()
      const trimmed = text(await again.get('t/a')) === 'row'
      expect(subjects(recovered.groups)).toEqual(trimmed ? ['c'] : ['a', 'b', 'c'])
      expect(recovered.meta?.trimmed).toBe(trimmed ? 2 : 0)
      outcomes.add(`${trimmed} ${recovered.anchor?.sequence}`)
      expect(await again.append(line('d', 'd'))).toBe(4)
      await again.checkpoint(4 as Sequence, checkpointOf)
      expect(again.journaledBytes).toBe(0)
      await again.close()
      expect(await readAnchor(nodeDisk, rig.anchorPath)).toMatchObject({ sequence: 4 })
    }
    // Absent; the batch without its anchor; both.
    expect([...outcomes].sort()).toEqual(['false 0', 'true 0', 'true 2'])
  })

  it('deletes a long journal in steps, and a crash between them leaves nothing to replay', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    for (let n = 0; n < 1_100; n++) await journal.append(line('a', 'x', n))
    await journal.close()
    const fuse = new Fuse(1)
    const { journal: cut } = await rig.open({
      wrap: (level) => intercept(level, (write) => fuse.effect(write)),
    })
    await expect(cut.checkpoint(1_100 as Sequence, checkpointOf)).rejects.toMatchObject({
      code: 'STORE_FAILED',
    })
    await cut.close()
    await rig.tamper(async (level) => {
      expect(await level.get(groupKey(1_000))).toBeUndefined()
      expect(await level.get(groupKey(1_001))).toBeDefined()
    })
    const { journal: again, recovered } = await rig.open()
    expect(recovered.groups).toEqual([])
    await again.checkpoint(1_100 as Sequence, checkpointOf)
    expect((await again.page({ gt: 'j/', lt: 'j0' })).entries).toEqual([])
    await again.close()
  })

  it('keeps appends that came while it ran', async () => {
    const rig = await makeStore()
    const { journal } = await rig.open()
    await Promise.all([
      journal.append(line('d', 'd')),
      journal.checkpoint(3 as Sequence, checkpointOf),
      journal.append(line('e', 'e')),
      journal.checkpoint(3 as Sequence, checkpointOf),
    ])
    await journal.close()
    const { journal: again, recovered } = await rig.open()
    expect(subjects(recovered.groups)).toEqual(['d', 'e'])
    await again.close()
  })
})
