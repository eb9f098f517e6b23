// Events: the log as it is stored, one document a line; with --follow until interrupted.

import { given, positionNumber, wholeNumber } from '../arguments/parse.js'
import { defineVerb } from '../verb.js'

interface EventsOptions {
  readonly after?: number
  readonly limit?: number
  readonly follow?: true
}

export const events = defineVerb<[], EventsOptions>({
  name: 'events',
  summary: 'print the event log, one event a line',
  options: [
    { flags: '--after <position>', description: 'those behind it', parse: positionNumber },
    { flags: '-n, --limit <count>', description: 'how many', parse: wholeNumber },
    { flags: '--follow', description: 'go on with each new one, until interrupted' },
  ],
  async run({ options: { after, limit, follow }, store: open, terminal, signal }) {
    if (limit === 0) return undefined
    const store = await open()
    const source = follow
      ? store.watch({ ...given({ after }), signal })
      : store.events(given({ after, limit }))
    let count = 0
    for await (const event of source) {
      await terminal.out.write(`${JSON.stringify(event)}\n`)
      count += 1
      if (count === limit) break
    }
    return undefined
  },
})
