// A database whose write fails: the first failure ends every mutation of the handle, reads go on, and the next open finds
// what failed whole or absent.

import assert from 'node:assert/strict'
import type { Sequence } from '@cenotaph/journal'
import { StoreError } from '@cenotaph/storage'
import type { Check } from '../journal-suite.js'
import { checkpointOf, type JournalRig, line, put, textOf } from './journal-rig.js'

const failed = (outcome: 'absent' | 'unknown', diskFull?: boolean) => (error: unknown) => {
  const { code, outcome: told, detail } = error as StoreError
  assert.deepEqual([code, told], ['STORE_FAILED', outcome])
  if (diskFull !== undefined) assert.equal(detail.diskFull, diskFull)
  return true
}

const disk = new StoreError('DISK_FULL', 'the disk is full')
const batch = [put('t/1', 'one'), put('t/2', 'two'), { type: 'del', key: 't/0' } as const]

/** Fails the batch that has a key, before or after it is written. */
async function failing(
  rig: JournalRig,
  key: string,
  { after, error = disk }: { readonly after: boolean; readonly error?: unknown },
) {
  const journal = await rig.make()
  await journal.commit(() => ({ operations: [put('t/0', 'before')] }))
  await journal.close()
  const opened = await rig.open({
    around: async (write, operations) => {
      const isMeant = operations.some((operation) => operation.key === key)
      if (!isMeant || after) await write()
      if (isMeant) throw error
    },
  })
  return opened.journal
}

export function testFaults(check: Check): void {
  for (const after of [false, true]) {
    const when = after ? 'after it was written' : 'before it was written'

    check(`a batch that fails ${when} is whole or absent at the next open`, async (rig) => {
      const journal = await failing(rig, 't/2', { after })
      await assert.rejects(
        journal.commit(() => ({ operations: batch })),
        failed('unknown'),
      )
      await journal.close()
      const { journal: again } = await rig.open()
      const rows = (await again.getMany(['t/0', 't/1', 't/2'])).map(textOf)
      assert.deepEqual(rows, after ? [undefined, 'one', 'two'] : ['before', undefined, undefined])
      await again.close()
    })

    check(`a group that fails ${when} is whole or absent, rows and all`, async (rig) => {
      const journal = await failing(rig, 't/2', { after })
      const results = await Promise.allSettled([
        journal.append(line('a', 'one')),
        journal.append(line('b', 'two'), undefined, [put('t/2', 'with two')]),
      ])
      for (const result of results) {
        assert.equal(result.status, 'rejected')
        failed('unknown')(result.reason)
      }
      await journal.close()
      const { journal: again, recovered } = await rig.open()
      const subjects = recovered.groups.flatMap(({ sections }) => sections.map((s) => s.subject))
      assert.deepEqual(subjects, after ? ['a', 'b'] : [])
      assert.equal(textOf(await again.get('t/2')), after ? 'with two' : undefined)
      assert.equal(await again.append(line('c', 'three')), after ? 2 : 1)
      await again.close()
    })
  }

  check(
    'one failure ends every mutation, though later writes would succeed; reads go on',
    async (rig) => {
      const journal = await failing(rig, 't/2', { after: false })
      const seen: unknown[] = []
      journal.onFailure((failure) => seen.push(failure))
      const [lost, queued] = await Promise.allSettled([
        journal.commit(() => ({ operations: batch })),
        journal.append(line('a', 'queued')),
      ])
      failed('unknown')(lost.status === 'rejected' && lost.reason)
      failed('absent')(queued.status === 'rejected' && queued.reason)
      const later = [
        () => journal.append(line('a', 'late')),
        () => journal.commit(() => ({ operations: [] })),
        () => journal.checkpoint(0 as Sequence, checkpointOf),
        () => journal.eraseTrimmed(true),
      ]
      for (const call of later) await assert.rejects(call, failed('absent', true))
      assert.deepEqual(seen, [journal.failure])
      assert.equal(textOf(await journal.get('t/0')), 'before')
      await journal.close()
      const { journal: again } = await rig.open()
      await again.commit(() => ({ operations: [put('t/3', 'fine')] }))
      await again.close()
    },
  )

  check('a failure that is no full disk says so', async (rig) => {
    const journal = await failing(rig, 't/2', { after: false, error: new Error('IO error') })
    await assert.rejects(
      journal.commit(() => ({ operations: batch })),
      failed('unknown', false),
    )
    assert.equal(journal.failure?.detail.diskFull, false)
    await journal.close()
  })

  check(
    'a checkpoint whose anchor cannot be written stands, and the journal has failed',
    async (rig) => {
      const journal = await rig.make()
      await journal.append(line('a', 'one'))
      // A folder in the anchor's place: no file can be put there.
      await rig.disk.unlink(rig.anchorPath)
      await rig.disk.makeFolder(`${rig.anchorPath}/in-the-way`)
      await assert.rejects(journal.checkpoint(1 as Sequence, checkpointOf), failed('unknown'))
      await assert.rejects(journal.append(line('a', 'two')), failed('absent'))
      await journal.close()
    },
  )
}
