import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readForward } from '../reader.js'
import { gather, lineBytes, metaBytes } from '../rollout.fixture.js'
import { memorySource, type RolloutSource } from '../source.js'
import { searchRollout } from './search-rollout.js'
import { seenTexts } from './seen-texts.js'
import { textPattern } from './text-pattern.js'

const message = (text: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
})

/** What reading and parsing all of it finds. */
async function byParsing(source: RolloutSource, wanted: string) {
  const lines = await gather(readForward(source))
  return lines.flatMap((line) => {
    const text = [...seenTexts(line)].find((one) => one.toLowerCase().includes(wanted))
    return text === undefined
      ? []
      : [{ offset: line.offset, ordinal: line.ordinal as number, text }]
  })
}

async function bySearch(source: RolloutSource, wanted: string, explicitOrdinals: boolean) {
  const found = searchRollout(source, textPattern(wanted), { explicitOrdinals })
  return (await gather(found)).map(({ line, text }) => ({
    offset: line.offset,
    ordinal: line.ordinal as number,
    text,
  }))
}

describe('searching a rollout', () => {
  it('finds what parsing all of it finds, through damage and lines of any length', async () => {
    let hits = 0
    const part = fc.record({
      kind: fc.constantFrom('line', 'line', 'line', 'torn', 'zeros', 'spliced', 'blank', 'long'),
      text: fc.constantFrom('nothing here', 'a Needle', 'needle and NEEDLE', '\u001b[1mneedle'),
      asEscapes: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 25 }),
        fc.boolean(),
        async (parts, explicitOrdinals) => {
          let ordinal = 0
          const pieces = parts.map(({ kind, text, asEscapes }) => {
            ordinal += 1
            const length = kind === 'long' ? 300_000 : 10
            const padded = `${'x'.repeat(length)} ${text} ${'y'.repeat(length)}`
            const payload = message(padded)
            const whole = lineBytes({
              ordinal: explicitOrdinals ? ordinal : null,
              type: 'response_item',
              payload,
            })
            // Another writer, who escapes what need not be escaped.
            const line = asEscapes
              ? Buffer.from(whole.toString().replace(/(?<=[Nn])ee/g, '\\u0065\\u0065'))
              : whole
            if (kind === 'torn') return Buffer.concat([line.subarray(0, 60), Buffer.from('\n')])
            if (kind === 'zeros') return Buffer.concat([Buffer.alloc(70_000), line])
            if (kind === 'spliced') return Buffer.concat([line.subarray(0, 40), line])
            return kind === 'blank' ? Buffer.from('\n') : line
          })
          const meta = metaBytes(explicitOrdinals ? 0 : null, { cwd: '/needle' })
          const source = memorySource(Buffer.concat([meta, ...pieces]))
          const expected = await byParsing(source, 'needle')
          expect(await bySearch(source, 'needle', explicitOrdinals)).toEqual(expected)
          hits += expected.length
        },
      ),
      { numRuns: 150 },
    )
    expect(hits).toBeGreaterThan(300)
  })

  it('stays within its range, and ends with the signal', async () => {
    const lines = [1, 2, 3].map((ordinal) =>
      lineBytes({ ordinal, type: 'response_item', payload: message(`needle ${ordinal}`) }),
    )
    const meta = metaBytes(0)
    const source = memorySource(Buffer.concat([meta, ...lines]))
    const from = meta.length + lines[0]!.length
    const range = { fromOffset: from, endOffset: from + lines[1]!.length, explicitOrdinals: true }
    const found = await gather(searchRollout(source, textPattern('needle'), range))
    expect(found.map(({ line }) => line.ordinal)).toEqual([2])
    const signal = AbortSignal.abort(new Error('enough'))
    const stopped = gather(searchRollout(source, textPattern('x'), { ...range, signal }))
    await expect(stopped).rejects.toThrow('enough')
  })

  it('refuses a line above the limit as a reader does', async () => {
    const line = lineBytes({ ordinal: 1, payload: message('x'.repeat(2_000_000)) })
    const source = memorySource(Buffer.concat([metaBytes(0), line]))
    const search = searchRollout(source, textPattern('q'), {
      explicitOrdinals: true,
      maxLineBytes: 1_000_000,
    })
    await expect(gather(search)).rejects.toMatchObject({ code: 'ROLLOUT_LINE_TOO_LONG' })
  })
})

describe('the texts that people see', () => {
  const texts = (type: string, payload: unknown) => [...seenTexts({ type, value: { payload } })]

  it('are those of messages, calls and their output, in their order', () => {
    expect(texts('response_item', message('hello'))).toEqual(['hello'])
    expect(
      texts('response_item', {
        type: 'function_call',
        name: 'shell',
        arguments: '{"command":["ls"]}',
        call_id: 'call_1',
      }),
    ).toEqual(['shell', '{"command":["ls"]}'])
    expect(texts('event_msg', { type: 'user_message', message: 'hi', images: [] })).toEqual(['hi'])
    expect(texts('heard_of_nowhere', { deep: [{ er: ['one'] }, 'two'], n: 1 })).toEqual([
      'one',
      'two',
    ])
    expect(texts('heard_of_nowhere', 'a text alone')).toEqual(['a text alone'])
  })

  it('are not settings, instructions, ids, what only the model reads, pictures, nor copies', () => {
    expect(texts('session_meta', { id: 'x', base_instructions: { text: 'be good' } })).toEqual([])
    expect(texts('turn_context', { cwd: '/w' })).toEqual([])
    expect(
      texts('response_item', { type: 'reasoning', summary: [], encrypted_content: 'abc' }),
    ).toEqual([])
    expect(texts('compacted', { message: 'sum', replacement_history: ['old'] })).toEqual(['sum'])
    expect(texts('event_msg', { image_url: 'data:image/png;base64,AAAA' })).toEqual([])
  })

  it('are found however deep they lie', () => {
    const depth = 200_000
    const payload: unknown = JSON.parse(`${'['.repeat(depth)}"deep"${']'.repeat(depth)}`)
    expect(texts('heard_of_nowhere', payload)).toEqual(['deep'])
  })
})
