// Read: stored lines byte for byte, in memory one line at a time. What is damaged is told on stderr, never
// left out in silence.

import { given, wholeNumber } from '../arguments/parse.js'
import { type LastOptions, lastOptions, oneThread } from '../arguments/threads.js'
import { defineVerb } from '../verb.js'

interface ReadOptions extends LastOptions {
  readonly from?: number
  readonly limit?: number
  readonly reverse?: true
}

const newline = Buffer.from('\n')

export const read = defineVerb<[string | undefined], ReadOptions>({
  name: 'read',
  summary: 'print the lines of a thread as they are stored, its lineage followed',
  arguments: [{ name: '[thread]', description: 'id, prefix or name' }],
  options: [
    ...lastOptions,
    { flags: '--from <ordinal>', description: 'the first line', parse: wholeNumber },
    { flags: '-n, --limit <count>', description: 'how many lines', parse: wholeNumber },
    { flags: '--reverse', description: 'backwards, from the end or from --from' },
  ],
  async run(call) {
    const { terminal, signal } = call
    const { from, limit, reverse } = call.options
    const threadId = await oneThread(call, call.arguments[0])
    const damages: string[] = []
    const store = await call.store()
    const items = store.listItems(threadId, {
      ...given({ from, limit, reverse }),
      signal,
      onDamage: ({ kind, offset, length }) =>
        damages.push(`cenotaph: damaged: ${kind} at byte ${offset}, ${length} bytes\n`),
    })
    for await (const { line } of items) await terminal.out.write(Buffer.concat([line, newline]))
    // Every complete line was printed; that something is missing must be seen all the same.
    for (const damage of damages) await terminal.err.write(damage)
    return undefined
  },
})
