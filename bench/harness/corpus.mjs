// Rollouts as a coding agent leaves them: what the user asks, what the model answers, calls of tools and their output, in
// lines of very different lengths. The text is made from a vocabulary of which few words make up most of the text, from
// code, listings and numbers, so that it compresses about as real sessions do. One seed makes the same text everywhere.

import { pick, seededRandom } from '@cenotaph/testing'

/** @typedef {import('@cenotaph/testing').Random} Random */
/** @typedef {{ readonly type: string, readonly payload: Readonly<Record<string, unknown>> }} Item */

const SYLLABLES = 'an ba cor de en fi gra ho in ka lo mer ni or pa qua re sta tu ver xi zo'.split(
  ' ',
)
const CODE = [
  '  const WORD = await WORD.WORD(WORD, { WORD: NUMBER })',
  '  if (WORD.WORD === undefined) return WORD(NUMBER)',
  '  for (const [WORD, WORD] of WORD.entries()) WORD.push(WORD + NUMBER)',
  "  expect(WORD.WORD).toEqual(['WORD', 'WORD', NUMBER])",
  '  /** WORD WORD WORD, WORD WORD. */',
  "  throw new WORD('WORD WORD WORD', { cause: WORD })",
]
const LISTING = [
  'src/WORD/WORD-WORD.ts:NUMBER:NUMBER - WORD WORD WORD',
  '-rw-r--r-- 1 dev dev NUMBER Mar NUMBER 09:NUMBER WORD.ts',
  ' PASS  test/WORD/WORD.test.ts (NUMBER tests) NUMBERms',
  'commit HEXHEXHEXHEXHEX WORD WORD',
]

/** After so many items (about 9 MiB) they come again: further apart than zstd looks back, and made once. */
const POOL_ITEMS = 8_192

/**
 * A generator of items.
 *
 * @param {number} seed
 * @returns {() => Item}
 */
export function corpus(seed) {
  const make = maker(seed)
  /** @type {Item[]} */
  const pool = []
  let count = 0
  return () => {
    const place = count % POOL_ITEMS
    count += 1
    const item = pool[place] ?? make()
    pool[place] = item
    return item
  }
}

/**
 * @param {number} seed
 * @returns {() => Item}
 */
function maker(seed) {
  const random = seededRandom(seed)
  const vocabulary = Array.from({ length: 3_000 }, () => madeWord(random))
  const word = () => vocabulary[Math.floor(3_000 ** random()) - 1] ?? ''
  const filled = (/** @type {readonly string[]} */ templates, /** @type {number} */ lines) =>
    Array.from({ length: lines }, () => filledLine(random, word, templates)).join('\n')
  const prose = (/** @type {number} */ words) => Array.from({ length: words }, word).join(' ')
  let count = 0
  return () => {
    count += 1
    const callId = `call_${hex(random, 24)}`
    switch (count % 8) {
      case 1:
        return event({
          type: 'task_started',
          turn_id: hex(random, 32),
          model_context_window: 272_000,
        })
      case 2:
        return message('user', 'input_text', prose(8 + pick(random, 60)))
      case 3:
        return response({ type: 'reasoning', summary: [], encrypted_content: hex(random, 600) })
      case 4:
      case 6:
        return response({
          type: 'function_call',
          name: 'shell',
          arguments: JSON.stringify({
            command: ['bash', '-lc', filled(LISTING, 1)],
            workdir: `/home/dev/${word()}`,
          }),
          call_id: callId,
        })
      case 5:
        return response({
          type: 'function_call_output',
          call_id: callId,
          output: filled(LISTING, 5 + pick(random, 60)),
        })
      case 7:
        return response({
          type: 'function_call_output',
          call_id: callId,
          output: filled(CODE, 5 + pick(random, 120)),
        })
      default:
        return message('assistant', 'output_text', prose(20 + pick(random, 160)))
    }
  }
}

/** @param {Random} random */
const madeWord = (random) =>
  Array.from({ length: 1 + pick(random, 4) }, () => SYLLABLES[pick(random, SYLLABLES.length)]).join(
    '',
  )

/**
 * @param {Random} random
 * @param {() => string} word
 * @param {readonly string[]} templates
 */
const filledLine = (random, word, templates) =>
  (templates[pick(random, templates.length)] ?? '').replace(/WORD|NUMBER|(HEX)+/g, (match) => {
    if (match === 'WORD') return word()
    return match === 'NUMBER' ? String(pick(random, 2_000)) : hex(random, 40)
  })

/**
 * @param {Random} random
 * @param {number} digits
 */
const hex = (random, digits) =>
  Array.from({ length: Math.ceil(digits / 8) }, () =>
    pick(random, 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  )
    .join('')
    .slice(0, digits)

/**
 * @param {Item['payload']} payload
 * @returns {Item}
 */
const event = (payload) => ({ type: 'event_msg', payload })

/**
 * @param {Item['payload']} payload
 * @returns {Item}
 */
const response = (payload) => ({ type: 'response_item', payload })

/**
 * @param {string} role
 * @param {string} type
 * @param {string} text
 */
export const message = (role, type, text) =>
  response({ type: 'message', role, content: [{ type, text }] })
