import { StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { FailureLatch } from './failure.js'

describe('the failure latch', () => {
  it('knows a full disk however deep the cause tells it', () => {
    const full = [
      new StoreError('DISK_FULL', 'full'),
      Object.assign(new Error('write'), { code: 'ENOSPC' }),
      Object.assign(new Error('write'), { code: 'EDQUOT' }),
      new Error('IO error: 000003.log: No space left on device'),
      new Error('outer', { cause: new StoreError('DISK_FULL', 'full') }),
      new FailureLatch().fail(new StoreError('DISK_FULL', 'full')),
    ]
    for (const cause of full) expect(new FailureLatch().fail(cause).detail.diskFull).toBe(true)
    for (const cause of [new Error('EIO'), 'text', undefined, new StoreError('DISK_ERROR', 'x')])
      expect(new FailureLatch().fail(cause).detail.diskFull).toBe(false)
  })

  it('keeps the first cause and calls every listener once', () => {
    const latch = new FailureLatch()
    const seen: string[] = []
    latch.onFailure(() => seen.push('stopped'))()
    latch.onFailure(() => seen.push('early'))
    const first = latch.fail(new Error('first'))
    expect(latch.fail(new Error('second'))).toBe(first)
    latch.onFailure(() => seen.push('late'))
    expect(seen).toEqual(['early', 'late'])
    expect(latch.errorFor('absent')).toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'absent',
      cause: first.cause,
    })
  })
})
