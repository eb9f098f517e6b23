import { describe, expect, it } from 'vitest'
import { type PolicyOptions, persistencePolicy } from './policy.js'

type Mode = PolicyOptions['mode']
type HistoryMode = PolicyOptions['historyMode']

function decide(type: string, payload: unknown, mode: Mode, historyMode: HistoryMode) {
  return persistencePolicy({ type, payload: JSON.stringify(payload) }, { mode, historyMode })
}

/** The decisions in limited legacy, limited paginated, extended legacy and extended paginated: k or d. */
function row(type: string, payload: unknown): string {
  return (['limited', 'extended'] as const)
    .flatMap((mode) =>
      (['legacy', 'paginated'] as const).map((history) => decide(type, payload, mode, history)),
    )
    .map((decision) => (decision.keep ? 'k' : 'd'))
    .join('')
}

describe('behaviour 38: transient events are not written, the mode decides the rest', () => {
  it.each([
    ['session_meta', {}, 'kkkk'],
    ['turn_context', {}, 'kkkk'],
    ['compacted', { message: '' }, 'kkkk'],
    ['world_state', {}, 'kkkk'],
    ['inter_agent_communication', {}, 'kkkk'],
    ['token_usage_record', {}, 'kkkk'],
    ['something_new', {}, 'kkkk'],
    ['response_item', { type: 'message' }, 'kkkk'],
    ['response_item', { type: 'reasoning' }, 'kkkk'],
    ['response_item', { type: 'something_new' }, 'kkkk'],
    ['response_item', {}, 'kkkk'],
    ['response_item', { type: 'additional_tools' }, 'dddd'],
    ['response_item', { type: 'compaction_trigger' }, 'dddd'],
    ['response_item', { type: 'ghost_snapshot' }, 'dddd'],
    ['event_msg', { type: 'token_count' }, 'kkkk'],
    ['event_msg', { type: 'task_started' }, 'kkkk'],
    ['event_msg', { type: 'turn_complete' }, 'kkkk'],
    ['event_msg', { type: 'turn_aborted' }, 'kkkk'],
    ['event_msg', { type: 'thread_settings_applied' }, 'kkkk'],
    ['event_msg', { type: 'user_message' }, 'kdkd'],
    ['event_msg', { type: 'agent_message' }, 'kdkd'],
    ['event_msg', { type: 'mcp_tool_call_end' }, 'kdkd'],
    ['event_msg', { type: 'context_compacted' }, 'kdkd'],
    ['event_msg', { type: 'item_completed', item: { type: 'AgentMessage' } }, 'dkdk'],
    ['event_msg', { type: 'item_completed', item: { type: 'Plan' } }, 'kkkk'],
    ['event_msg', { type: 'item_completed', item: { type: 'Extension', name: 'Sleep' } }, 'kkkk'],
    ['event_msg', { type: 'item_completed', item: { type: 'Extension', name: 'x' } }, 'dkdk'],
    ['event_msg', { type: 'error' }, 'ddkk'],
    ['event_msg', { type: 'exec_command_end' }, 'ddkk'],
    ['event_msg', { type: 'guardian_assessment' }, 'ddkk'],
    ['event_msg', { type: 'view_image_tool_call' }, 'ddkk'],
    ['event_msg', { type: 'collab_agent_spawn_end' }, 'ddkk'],
    ['event_msg', { type: 'dynamic_tool_call_request' }, 'ddkk'],
    ['event_msg', { type: 'collab_agent_spawn_begin' }, 'dddd'],
    ['event_msg', { type: 'exec_command_begin' }, 'dddd'],
    ['event_msg', { type: 'agent_message_content_delta' }, 'dddd'],
    ['event_msg', { type: 'exec_approval_request' }, 'dddd'],
    ['event_msg', { type: 'warning' }, 'dddd'],
    ['event_msg', { type: 'session_configured' }, 'dddd'],
    ['event_msg', { type: 'something_new' }, 'kkkk'],
    ['event_msg', [], 'kkkk'],
  ])('%s %j: %s', (type, payload, expected) => {
    expect(row(type, payload)).toBe(expected)
  })

  it('says why', () => {
    const why = (payload: unknown, historyMode: HistoryMode) =>
      decide('event_msg', payload, 'limited', historyMode)
    expect(why({ type: 'warning' }, 'legacy')).toEqual({
      keep: false,
      why: 'policy.transient-event',
    })
    expect(why({ type: 'error' }, 'legacy')).toEqual({ keep: false, why: 'policy.extended-event' })
    expect(why({ type: 'user_message' }, 'paginated')).toEqual({
      keep: false,
      why: 'policy.legacy-event',
    })
    expect(why({ type: 'item_completed' }, 'legacy')).toEqual({
      keep: false,
      why: 'policy.paginated-event',
    })
  })

  it('refuses a payload that is no JSON', () => {
    const options = { mode: 'limited', historyMode: 'legacy' } as const
    const call = () => persistencePolicy({ type: 'event_msg', payload: '{' }, options)
    expect(call).toThrow(expect.objectContaining({ code: 'ITEM_INVALID' }))
  })
})

describe('the end of a command', () => {
  const end = (output: string, more: object = {}) => ({
    type: 'exec_command_end',
    call_id: 'c',
    stdout: output,
    stderr: '',
    aggregated_output: output,
    formatted_output: output,
    ...more,
  })

  it('up to 10,000 bytes keeps its output, once', () => {
    const output = 'é'.repeat(5000)
    const decision = decide('event_msg', end(output), 'extended', 'legacy')
    expect(decision).toMatchObject({ keep: true })
    expect(decision).not.toHaveProperty('truncatedBytes')
    const payload = JSON.parse((decision.keep && decision.payload) || '')
    expect(payload).toEqual({ ...end(''), aggregated_output: output })
  })

  it('above that keeps both ends, cut between characters', () => {
    for (const shift of ['', 'a', 'ab', 'abc']) {
      const output = `${shift}${'😀'.repeat(4000)}`
      const decision = decide('event_msg', end(output), 'extended', 'paginated')
      if (!decision.keep || !decision.payload) throw new Error('it was not kept')
      const text: string = JSON.parse(decision.payload).aggregated_output
      const [head = '', , tail = ''] = text.split('\n')
      expect(output.startsWith(head) && output.endsWith(tail)).toBe(true)
      expect(text).not.toContain('\ufffd')
      const keptBytes = Buffer.byteLength(head) + Buffer.byteLength(tail)
      expect(keptBytes).toBeGreaterThan(9990)
      expect(keptBytes).toBeLessThanOrEqual(10_000)
      expect(decision.truncatedBytes).toBe(Buffer.byteLength(output) - keptBytes)
    }
  })

  it('keeps the bytes of every other field', () => {
    const payload = `{"type":"exec_command_end","n":12345678901234567890,"stdout":"x","aggregated_output":"x","n":1.0}`
    const options = { mode: 'extended', historyMode: 'legacy' } as const
    expect(persistencePolicy({ type: 'event_msg', payload }, options)).toEqual({
      keep: true,
      payload: payload.replace('"stdout":"x"', '"stdout":""'),
    })
  })

  it('is left alone when the parts are all it has', () => {
    const payload = end('', { stdout: 'x'.repeat(20_000) })
    expect(decide('event_msg', payload, 'extended', 'legacy')).toEqual({ keep: true })
  })

  it('is the only thing that is shortened', () => {
    const output = { type: 'function_call_output', output: 'x'.repeat(50_000) }
    expect(decide('response_item', output, 'extended', 'legacy')).toEqual({ keep: true })
  })
})
