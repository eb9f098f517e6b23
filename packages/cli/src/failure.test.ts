import { errorCodes, StoreError } from '@cenotaph/storage'
import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { failureOf, failureText } from './failure.js'
import { UsageError } from './usage-error.js'

describe('failureOf', () => {
  it.each([
    [new UsageError('no'), 2, 'ARGUMENT_INVALID'],
    [new CommanderError(1, 'commander.unknownOption', 'error: no'), 2, 'ARGUMENT_INVALID'],
    [new StoreError('ARGUMENT_INVALID', 'no'), 2, 'ARGUMENT_INVALID'],
    [new StoreError('ERASE_INCOMPLETE', 'no'), 3, 'ERASE_INCOMPLETE'],
    [new StoreError('STORE_LOCKED', 'no'), 4, 'STORE_LOCKED'],
    [new StoreError('THREAD_HAS_WRITER', 'no'), 4, 'THREAD_HAS_WRITER'],
    [new StoreError('DISK_FULL', 'no'), 1, 'DISK_FULL'],
    [new TypeError('no'), 1, 'UNEXPECTED'],
    ['no', 1, 'UNEXPECTED'],
  ])('%s has status %d and code %s', (error, exit, code) => {
    expect(failureOf(error)).toMatchObject({ exit, code })
  })
})

describe('failureText', () => {
  it('is one line for every code, whatever the message holds', () => {
    for (const code of errorCodes) {
      const text = failureText(failureOf(new StoreError(code, 'two\nlines \u001b[2J')), false)
      expect(text).toMatch(/^cenotaph: two\\nlines \\u\{001b\}\[2J[^\n]*\n$/)
    }
  })

  it('is one document for programs', () => {
    const error = new StoreError('THREAD_AMBIGUOUS', 'two', { detail: { candidates: ['a', 'b'] } })
    expect(JSON.parse(failureText(failureOf(error), true))).toEqual({
      error: { code: 'THREAD_AMBIGUOUS', message: 'two', detail: { candidates: ['a', 'b'] } },
    })
    expect(failureText(failureOf(error), false)).toContain('a, b')
  })
})
