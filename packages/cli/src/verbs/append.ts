// Append: reads all of the input and checks it before the store is opened, then appends it as one batch, all or none.

import { nodeDisk } from '@cenotaph/storage'
import { readFile } from '../arguments/files.js'
import { aboutLine, itemLines } from '../arguments/item-lines.js'
import { given, wholeNumber } from '../arguments/parse.js'
import {
  checkSelection,
  type LastOptions,
  lastOptions,
  oneThread,
  threadAndWord,
} from '../arguments/threads.js'
import { escapeText } from '../output/escape.js'
import { countText, sizeText } from '../output/units.js'
import { type Answer, defineVerb } from '../verb.js'

interface AppendOptions extends LastOptions {
  readonly expectedOrdinal?: number
  readonly idempotencyKey?: string
}

export const append = defineVerb<[string | undefined, string | undefined], AppendOptions>({
  name: 'append',
  summary: 'append items to a thread, all or none: one {"type","payload"} a line',
  arguments: [
    { name: '[thread]', description: 'id, prefix or name' },
    { name: '[file]', description: 'where the items are (default: standard input)' },
  ],
  options: [
    ...lastOptions,
    {
      flags: '--expected-ordinal <n>',
      description: 'the ordinal that the first item must get',
      parse: wholeNumber,
    },
    { flags: '--idempotency-key <key>', description: 'a repeat with this key writes nothing' },
  ],
  async run(call) {
    const { options, terminal } = call
    const { thread, word: file } = threadAndWord(options, call.arguments)
    checkSelection(options, thread === undefined ? [] : [thread])
    // Whoever writes the input may take his time: the store is locked only once all of it is there and sound.
    const input =
      file === undefined || file === '-'
        ? await terminal.readInput()
        : await readFile(nodeDisk, terminal.cwd, file)
    const lines = itemLines(input)
    const threadId = await oneThread(call, thread)
    const store = await call.store()
    try {
      const { expectedOrdinal, idempotencyKey } = options
      const items = lines.map((line) => line.item)
      const result = await store.appendItems(
        threadId,
        items,
        given({ expectedOrdinal, idempotencyKey }),
      )
      return { json: result, text: textOf(result) }
    } catch (error) {
      throw aboutLine(error, lines)
    }
  },
})

interface Appended {
  readonly firstOrdinal: number | null
  readonly lastOrdinal: number | null
  readonly written: number
  readonly dropped: readonly { readonly index: number; readonly why: string }[]
  readonly bytes: number
}

function textOf({ firstOrdinal, lastOrdinal, written, dropped, bytes }: Appended): Answer['text'] {
  const place = firstOrdinal === null ? '' : `, ordinals ${firstOrdinal} to ${lastOrdinal}`
  return [
    `${countText(written, 'item')} written (${sizeText(bytes)})${place}`,
    ...dropped.map(({ index, why }) => `item ${index} dropped: ${escapeText(why)}`),
  ].join('\n')
}
