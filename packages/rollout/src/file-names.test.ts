import { afterEach, describe, expect, it } from 'vitest'
import {
  dateFolderOf,
  isTemporaryName,
  localTimeOf,
  parseRolloutFileName,
  rolloutFileName,
} from './file-names.js'
import { ordinal, parseRolloutId, parseThreadId, type RolloutId, type ThreadId } from './ids.js'
import { threadA, threadB } from './rollout.fixture.js'

const threadId = threadA as ThreadId
const rolloutId = threadB as RolloutId
const localTime = '2026-11-20T15-00-06'

describe('ids', () => {
  it('accepts any uuid, in lower case', () => {
    expect(parseThreadId(threadA.toUpperCase())).toBe(threadA)
    expect(parseRolloutId('00000000-0000-4000-8000-000000000000')).toBeDefined()
    for (const text of ['', 'x', `${threadA} `, `{${threadA}}`, threadA.replaceAll('-', '')]) {
      expect(parseThreadId(text)).toBeUndefined()
    }
  })

  it('refuses what is no ordinal', () => {
    expect(ordinal(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER)
    for (const n of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => ordinal(n)).toThrow(expect.objectContaining({ code: 'ORDINAL_OVERFLOW' }))
    }
  })
})

describe('file names', () => {
  it('names a rollout, with its own id only where it differs', () => {
    const plain = `rollout-${localTime}-${threadA}.jsonl`
    expect(rolloutFileName({ localTime, threadId })).toBe(plain)
    expect(rolloutFileName({ localTime, threadId, rolloutId: threadA as RolloutId })).toBe(plain)
    const later = `rollout-${localTime}-${threadA}_${threadB}.jsonl`
    expect(rolloutFileName({ localTime, threadId, rolloutId })).toBe(later)
  })

  it('reads back what it named, and the compressed form', () => {
    const plainName = rolloutFileName({ localTime, threadId, rolloutId })
    const parts = { localTime, threadId, rolloutId, plainName }
    expect(parseRolloutFileName(plainName)).toEqual({ ...parts, compressed: false })
    expect(parseRolloutFileName(`${plainName}.zst`)).toEqual({ ...parts, compressed: true })
    const first = parseRolloutFileName(rolloutFileName({ localTime, threadId }))
    expect(first?.rolloutId).toBe(threadA)
  })

  it('knows no other name', () => {
    const name = rolloutFileName({ localTime, threadId })
    for (const other of [
      `rollout-${threadA}.jsonl`,
      `x${name}`,
      `${name}.tmp`,
      `${name}.zst.zst`,
      `.${name}.paginated.tmp`,
      name.replace('T15', 'T25'),
      name.replace('-11-', '-13-'),
      name.replace('.jsonl', '_.jsonl'),
      `../${name}`,
      `${name}\n`,
    ]) {
      expect(parseRolloutFileName(other), other).toBeUndefined()
    }
  })

  it('knows temporary names', () => {
    const name = rolloutFileName({ localTime, threadId })
    for (const temporary of [
      'rollout-compress-a1B2.tmp',
      `${name}.decompress.12.3.tmp`,
      `.${name}.paginated.tmp`,
    ]) {
      expect(isTemporaryName(temporary)).toBe(true)
    }
    expect(isTemporaryName(name)).toBe(false)
  })
})

describe('local time', () => {
  const zone = process.env.TZ
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })

  it.each([
    ['UTC', '2026-01-01T01-02-03', '2026/01/01'],
    ['America/New_York', '2025-12-31T20-02-03', '2025/12/31'],
    ['Asia/Kathmandu', '2026-01-01T06-47-03', '2026/01/01'],
    ['Pacific/Kiritimati', '2026-01-01T15-02-03', '2026/01/01'],
  ])('is that of the zone %s', (name, time, folder) => {
    process.env.TZ = name
    expect(localTimeOf(Date.UTC(2026, 0, 1, 1, 2, 3, 999))).toBe(time)
    expect(dateFolderOf(time)).toBe(folder)
  })
})
