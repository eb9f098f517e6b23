import { describe, expect, it } from 'vitest'
import { threadA, threadB } from './rollout.fixture.js'
import { encodeSessionIndexLine, parseSessionIndex } from './session-index.js'

const line = (id: string, name: string, updatedAt = '2026-11-20T15:00:06Z') =>
  encodeSessionIndexLine({ id, name, updatedAt })

describe('the file of names', () => {
  it('behaviour 46: the latest name wins', () => {
    const text = line(threadA, 'one') + line(threadB, 'two') + line(threadA, 'th"ré\ne', 'later')
    const names = parseSessionIndex(Buffer.from(text))
    expect([...names]).toEqual([
      [threadA, { name: 'th"ré\ne', updatedAt: 'later' }],
      [threadB, { name: 'two', updatedAt: '2026-11-20T15:00:06Z' }],
    ])
    expect(text.split('\n')).toHaveLength(4)
  })

  it('behaviour 48: malformed lines are skipped, and empty names change nothing', () => {
    const text = `${line(threadA, 'one')}{"id":"${threadA}"\n[]\nnull\n\n{"id":7}\n${line(threadA, ' ')}${line(threadB, 'two').slice(0, -1)}`
    const names = parseSessionIndex(Buffer.from(text))
    expect(names.get(threadA)?.name).toBe('one')
    expect(names.get(threadB)?.name).toBe('two')
    expect(names.size).toBe(2)
  })

  it('is written as Codex reads it', () => {
    expect(JSON.parse(line(threadA, 'one'))).toEqual({
      id: threadA,
      thread_name: 'one',
      updated_at: '2026-11-20T15:00:06Z',
    })
  })
})
