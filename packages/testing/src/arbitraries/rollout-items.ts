// What agents say, call and are told, in the shapes that rollouts know, and in shapes that no version of them has known
// yet. Texts are of any script, with quotes, braces, escapes, line ends and what looks like a record.

import fc from 'fast-check'
import type { ItemLike } from '../store/thread-store-like.js'

/** Strings that are hard on whoever cuts a file into lines and records. */
const awkward = fc.constantFrom(
  '"',
  '\\',
  '{',
  '}',
  '\n',
  '\r\n',
  '\u2028',
  '\0',
  '\ufeff',
  'é',
  '🪦',
  '{"type":"response_item","payload":{}}',
  '{"timestamp":"2026-01-01T00:00:00.000Z","ordinal":3,"type":"event_msg","payload":{"type":"x"}}',
)

export interface TextOptions {
  /** In code points, nearly. Default 60. */
  readonly maxLength?: number
}

export const rolloutTexts = ({ maxLength = 60 }: TextOptions = {}): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.lorem({ maxCount: 4 }), awkward),
      {
        maxLength: 8,
      },
    )
    .map((pieces) => [...pieces.join('')].slice(0, maxLength).join(''))

const item = (type: string, payload: unknown): ItemLike => ({ type, payload })

const callIds = fc.nat(99).map((n) => `call_${n}`)

/** Items that the model reads. */
export const responseItems = (options?: TextOptions): fc.Arbitrary<ItemLike> => {
  const text = rolloutTexts(options)
  const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'developer'), text })
  return fc.oneof(
    message.map(({ role, text }) =>
      item('response_item', {
        type: 'message',
        role,
        content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
      }),
    ),
    fc.record({ call_id: callIds, text }).map(({ call_id, text }) =>
      item('response_item', {
        type: 'function_call',
        name: 'shell',
        call_id,
        // JSON within JSON, as calls have it.
        arguments: JSON.stringify({ command: ['sh', '-c', text] }),
      }),
    ),
    fc
      .record({ call_id: callIds, output: text })
      .map((output) => item('response_item', { type: 'function_call_output', ...output })),
    fc.record({ text }).map(({ text }) =>
      item('response_item', {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text }],
        encrypted_content: null,
      }),
    ),
  )
}

/** Every kind of line that a rollout has behind its first. Some stores keep no events of some types. */
export const rolloutItems = (options?: TextOptions): fc.Arbitrary<ItemLike> => {
  const text = rolloutTexts(options)
  const number = fc.nat(1_000_000)
  return fc.oneof(
    { arbitrary: responseItems(options), weight: 5 },
    {
      arbitrary: fc
        .record({ type: fc.constantFrom('user_message', 'agent_message', 'error'), message: text })
        .map((payload) => item('event_msg', payload)),
      weight: 2,
    },
    {
      arbitrary: number.map((total) =>
        item('event_msg', { type: 'token_count', info: { total_tokens: total } }),
      ),
      weight: 1,
    },
    {
      arbitrary: fc
        .record({ cwd: text, model: fc.constantFrom('small', 'large') })
        .map((payload) => item('turn_context', payload)),
      weight: 1,
    },
    { arbitrary: text.map((message) => item('compacted', { message })), weight: 1 },
    {
      arbitrary: fc
        .record({ word: fc.nat(9), payload: fc.jsonValue({ maxDepth: 3 }) })
        .map(({ word, payload }) => item(`later_${word}`, { type: 'later', payload })),
      weight: 1,
    },
  )
}
