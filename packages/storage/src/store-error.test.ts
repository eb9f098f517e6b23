import { describe, expect, it } from 'vitest'
import { errorCodes } from './error-codes.js'
import { isStoreError, StoreError } from './store-error.js'

describe('StoreError', () => {
  it('carries code, cause, detail, and says nothing is there unless told otherwise', () => {
    const cause = new Error('why')
    const error = new StoreError('DISK_FULL', 'full', { cause, detail: { path: 'p' } })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 'DISK_FULL', outcome: 'absent', retryable: false, cause })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'DISK_FULL',
      message: 'full',
      detail: { path: 'p' },
    })
  })

  it('is recognised across installed copies, and nothing else is', () => {
    const foreign = { [Symbol.for('cenotaph.StoreError')]: true, code: 'DISK_FULL' }
    expect(isStoreError(foreign)).toBe(true)
    expect(isStoreError(foreign, 'DISK_FULL')).toBe(true)
    expect(isStoreError(foreign, 'DISK_ERROR')).toBe(false)
    for (const other of [
      undefined,
      null,
      'DISK_FULL',
      1,
      {},
      new Error('x'),
      { code: 'DISK_FULL' },
    ]) {
      expect(isStoreError(other)).toBe(false)
    }
  })

  it('has codes of one form, each once', () => {
    expect(new Set(errorCodes).size).toBe(errorCodes.length)
    for (const code of errorCodes) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)+$/)
  })
})
