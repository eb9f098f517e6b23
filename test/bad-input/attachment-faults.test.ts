// Every disk call under the erasure of an attachment fails once. The value is the old one or the new one, whole, and the
// old bytes are gone once the store has been mended.

import path from 'node:path'
import { isStoreError } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { effects, failNth } from '../support-fixtures/faulty-disk.fixture.js'
import { filesHolding, open, say, scratch } from '../traps/store.fixture.js'

const text = 'the value that has to go, wherever it was written before'
const errnos = ['EIO', 'ENOSPC', 'EPERM'] as const
const CALLS_MAX = 200

describe('the erasure of an attachment on a disk that fails', () => {
  for (const way of ['delete', 'put'] as const) {
    it(`is done in the end, by ${way}`, async () => {
      let failures = 0
      for (let index = 0; index < CALLS_MAX; index += 1) {
        const root = path.join(scratch(), 'root')
        const sound = await open(root)
        const id = await sound.createThread({ cwd: '/w' })
        await sound.appendItems(id, [say('x')], {
          attachments: [{ kind: 'k', key: 'k', value: text }],
        })
        await sound.close()
        const fault = failNth(index, { calls: effects, errno: errnos[index % errnos.length]! })
        const store = await open(root, { disk: fault.disk }).catch((error: unknown) => error)
        let failed = isStoreError(store) ? store : undefined
        if (!isStoreError(store)) {
          const attachments = (store as Awaited<ReturnType<typeof open>>).attachments(id)
          const run =
            way === 'delete'
              ? attachments.delete('k', 'k')
              : attachments.put('k', 'k', 'new', { erasePrevious: true })
          failed = await run.then(
            () => undefined,
            (error: unknown) => (isStoreError(error) ? error : Promise.reject(error)),
          )
          await (store as Awaited<ReturnType<typeof open>>).close().catch(() => {})
        }
        const again = await open(root)
        const value = await again.attachments(id).get('k', 'k')
        const done = way === 'delete' ? undefined : 'new'
        if (!failed) expect(value).toBe(done)
        expect([text, done]).toContain(value)
        if (value === done) expect(filesHolding(root, text)).toEqual([])
        expect((await again.verify()).problems).toEqual([])
        await again.close()
        if (!fault.hit()) break
        if (failed) failures += 1
      }
      expect(failures).toBeGreaterThan(0)
    }, 120_000)
  }
})
