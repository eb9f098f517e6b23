// Compress: makes cold threads small. Reversible: the next append makes a thread plain again.

import type { CompressedThread, CompressResult, UncompressedThread } from '@cenotaph/core'
import { durationOption } from '../arguments/parse.js'
import { type LastOptions, lastOptions, threadsOf } from '../arguments/threads.js'
import { countText, sizeText } from '../output/units.js'
import { UsageError } from '../usage-error.js'
import { type Answer, defineVerb } from '../verb.js'

interface CompressVerbOptions extends LastOptions {
  readonly olderThan?: string
}

export const compress = defineVerb<[threads: string[]], CompressVerbOptions>({
  name: 'compress',
  summary: 'make threads small that are not in use; an append makes them plain again',
  arguments: [{ name: '[thread...]', description: 'ids, prefixes or names' }],
  options: [
    ...lastOptions,
    {
      flags: '--older-than <duration>',
      description: 'instead of names: what was not active for so long (45m, 12h, 30d, 8w, 6mo)',
      parse: durationOption,
    },
  ],
  async run(call) {
    const [texts] = call.arguments
    const { olderThan, last } = call.options
    if (olderThan !== undefined && (texts.length > 0 || last))
      throw new UsageError('name threads or give --older-than, not both')
    const threads = olderThan === undefined ? await threadsOf(call, texts) : { olderThan }
    const result = await (await call.store()).compressThreads(threads, {
      signal: call.signal,
      onProgress: ({ done, total }) => call.progress(done, total),
    })
    return answerOf(result)
  },
})

function answerOf({ compressed, skipped }: CompressResult): Answer {
  const sum = (of: 'before' | 'after') => compressed.reduce((total, one) => total + one[of], 0)
  const total = `${countText(compressed.length, 'thread')} compressed: ${sizeText(sum('before'))} to ${sizeText(sum('after'))}`
  return {
    json: { compressed, skipped },
    text: [...compressed.map(line), ...skipped.map(skippedLine), total].join('\n'),
  }
}

const line = ({ threadId, before, after }: CompressedThread): string =>
  `  ${threadId}  ${sizeText(before)} to ${sizeText(after)}`

const reasons: Readonly<Record<string, string>> = {
  compressed: 'it is compressed already',
  live: 'a writer has it',
  busy: 'it is in use',
  incompressible: 'nothing would be saved',
  ephemeral: 'it is in memory',
}

const skippedLine = ({ threadId, reason }: UncompressedThread): string =>
  `  ${threadId}  left alone: ${reasons[reason] ?? reason}`
