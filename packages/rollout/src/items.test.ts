import { describe, expect, it } from 'vitest'
import { sessionMetaOf, viewItem } from './items.js'
import type { RolloutLine } from './line.js'
import { fallbackUserTextOf, userTextOf } from './user-text.js'

function line(type: string, payload: unknown): RolloutLine {
  const payloadType = (payload as { type?: unknown } | null)?.type
  const value = { timestamp: 't', type, payload }
  return { type, value, payloadType } as unknown as RolloutLine
}

describe('viewItem', () => {
  it.each([
    ['session_meta', { id: 'x' }],
    ['response_item', { type: 'message', role: 'user' }],
    ['event_msg', { type: 'task_started' }],
    ['turn_context', { cwd: '/' }],
    ['compacted', { message: '' }],
    ['world_state', { full: true, state: {} }],
    ['inter_agent_communication', {}],
    ['inter_agent_communication_metadata', { trigger_turn: true }],
    ['token_usage_record', { usage: {} }],
    ['security_risk_score', {}],
  ])('knows %s', (type, payload) => {
    expect(viewItem(line(type, payload))).toEqual({ known: true, type, payload })
  })

  it.each([
    ['session_meta', {}],
    ['event_msg', null],
    ['event_msg', { type: 7 }],
    ['compacted', []],
    ['something_new', { a: 1 }],
    ['toString', {}],
  ])('keeps %s %j as it is', (type, payload) => {
    expect(viewItem(line(type, payload))).toEqual({ known: false, type, payload })
  })
})

describe('sessionMetaOf', () => {
  const history_base = { thread_id: 'p', end_ordinal_exclusive: 3, end_byte_offset: 9 }

  it('is the payload, unknown fields included', () => {
    const payload = { id: 'x', zz: 1, history_base }
    expect(sessionMetaOf(line('session_meta', payload))).toEqual(payload)
    expect(sessionMetaOf(line('session_meta', { cwd: '/' }))).toBeUndefined()
    expect(sessionMetaOf(line('event_msg', payload))).toBeUndefined()
  })

  it('leaves out a base that names no part of a rollout', () => {
    for (const wrong of [null, {}, { ...history_base, end_ordinal_exclusive: -1 }]) {
      const payload = { id: 'x', history_base: wrong }
      expect(sessionMetaOf(line('session_meta', payload))).toEqual({ id: 'x' })
    }
  })
})

describe('what the user wrote', () => {
  const completed = (item: unknown) => line('event_msg', { type: 'item_completed', item })
  const message = (role: string, text: string) =>
    line('response_item', { type: 'message', role, content: [{ type: 'input_text', text }] })

  it('stands in an event', () => {
    expect(userTextOf(line('event_msg', { type: 'user_message', message: 'hi' }))).toBe('hi')
    const content = [
      { type: 'text', text: 'one' },
      { type: 'image' },
      { type: 'text', text: 'two' },
    ]
    expect(userTextOf(completed({ type: 'UserMessage', content }))).toBe('one\ntwo')
    expect(userTextOf(completed({ type: 'AgentMessage', content }))).toBeUndefined()
    expect(userTextOf(completed(null))).toBeUndefined()
    expect(userTextOf(message('user', 'hi'))).toBeUndefined()
    expect(userTextOf(line('event_msg', { type: 'user_message', message: ' ' }))).toBeUndefined()
  })

  it('or else in what the model was sent, where it is not the harness speaking', () => {
    expect(fallbackUserTextOf(message('user', 'hi'))).toBe('hi')
    expect(fallbackUserTextOf(message('user', 'a < b'))).toBe('a < b')
    expect(fallbackUserTextOf(message('assistant', 'hi'))).toBeUndefined()
    expect(fallbackUserTextOf(message('user', '<environment_context>\n'))).toBeUndefined()
    expect(fallbackUserTextOf(message('user', '# AGENTS.md instructions for /x'))).toBeUndefined()
  })
})
