import { isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { checkPolicy, isWithin, type RetentionPolicy, rulesOf } from './policy.js'

const day = 24 * 60 * 60 * 1000

function isRefused(given: unknown): boolean {
  try {
    checkPolicy(given as RetentionPolicy)
    return false
  } catch (error) {
    return isStoreError(error, 'ARGUMENT_INVALID')
  }
}

describe('a policy', () => {
  it('is filled in with what holds where it is silent', () => {
    expect(checkPolicy({ deleteAfter: '90d' })).toEqual({
      deleteAfter: '90d',
      grace: '7d',
      exclude: { cwd: [], names: [], pinned: true },
      forks: 'refuse',
    })
    expect(rulesOf({ archiveAfter: '4w', deleteAfter: 90 * day, grace: 0 })).toMatchObject({
      archiveAfterMs: 28 * day,
      deleteAfterMs: 90 * day,
      graceMs: 0,
    })
    expect(rulesOf({ maxTotalBytes: 5, grace: '0d' })).toMatchObject({ graceMs: 0 })
  })

  it.each([
    [undefined],
    [null],
    [[]],
    ['30d'],
    [{}],
    [{ grace: '1d' }],
    [{ deleteAfter: 0 }],
    [{ deleteAfter: -1 }],
    [{ deleteAfter: '0d' }],
    [{ deleteAfter: '-3d' }],
    [{ deleteAfter: '3' }],
    [{ deleteAfter: Number.NaN }],
    [{ deleteAfter: Number.POSITIVE_INFINITY }],
    [{ deleteAfter: null }],
    [{ archiveAfter: 0 }],
    [{ archiveAfter: '30d', deleteAfter: '29d' }],
    [{ deleteAfter: '1d', grace: -1 }],
    [{ deleteAfter: '1d', grace: 'soon' }],
    [{ deleteAfter: '1d', grace: '999999mo' }],
    [{ maxTotalBytes: 0 }],
    [{ maxTotalBytes: -5 }],
    [{ maxTotalBytes: 1.5 }],
    [{ maxTotalBytes: '5' }],
    [{ deleteAfter: '1d', forks: 'keep' }],
    [{ deleteAfter: '1d', deletAfter: '1d' }],
    [{ deleteAfter: '1d', exclude: [] }],
    [{ deleteAfter: '1d', exclude: { cwd: '/work' } }],
    [{ deleteAfter: '1d', exclude: { cwd: ['work'] } }],
    [{ deleteAfter: '1d', exclude: { cwd: [''] } }],
    [{ deleteAfter: '1d', exclude: { cwd: [7] } }],
    [{ deleteAfter: '1d', exclude: { names: [''] } }],
    [{ deleteAfter: '1d', exclude: { names: Array.from({ length: 1_001 }, String) } }],
    [{ deleteAfter: '1d', exclude: { pinned: 'yes' } }],
    [{ deleteAfter: '1d', exclude: { archived: true } }],
  ])('is refused where it is %j', (given) => {
    expect(isRefused(given)).toBe(true)
  })
})

describe('an excluded directory', () => {
  it.each([
    ['/work', '/work', true],
    ['/work', '/work/app', true],
    ['/work', '/work/', true],
    ['/work', '/workshop', false],
    ['/work', '/', false],
    ['/work/', '/work/app', true],
    ['/home/./x/..', '/home/app', true],
    ['/', '/anything', true],
    ['/work', '/a/../home', false],
    ['/work', null, false],
    ['/work', 'work', false],
    ['C:\\work', 'C:\\work\\app', true],
    ['C:\\work', 'C:\\workshop', false],
  ])('%s and the directory %s: %s', (directory, cwd, expected) => {
    const policy = checkPolicy({ deleteAfter: '1d', exclude: { cwd: [directory] } })
    const [only] = rulesOf(policy).directories
    expect(isWithin(cwd, only!)).toBe(expected)
  })
})
