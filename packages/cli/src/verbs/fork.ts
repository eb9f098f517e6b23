// Fork: a new thread that continues another one, which stays untouched.

import { given, wholeNumber } from '../arguments/parse.js'
import { type LastOptions, lastOptions, oneThread } from '../arguments/threads.js'
import { defineVerb } from '../verb.js'

interface ForkOptions extends LastOptions {
  readonly through?: number
  readonly beforeTurn?: string
  readonly afterTurn?: string
  readonly copy?: true
  readonly name?: string
}

export const fork = defineVerb<[string | undefined], ForkOptions>({
  name: 'fork',
  summary: 'make a new thread that continues another one',
  arguments: [{ name: '[thread]', description: 'id, prefix or name' }],
  options: [
    ...lastOptions,
    { flags: '--through <ordinal>', description: 'the last line to inherit', parse: wholeNumber },
    { flags: '--before-turn <id>', description: 'inherit what is before this turn' },
    { flags: '--after-turn <id>', description: 'inherit what is up to the end of this turn' },
    { flags: '--copy', description: 'hold the inherited lines instead of referring to them' },
    { flags: '--name <name>', description: 'its name' },
  ],
  async run(call) {
    const { through, beforeTurn, afterTurn, copy, name } = call.options
    const threadId = await oneThread(call, call.arguments[0])
    const store = await call.store()
    const { kind, ...forked } = await store.forkThread(
      threadId,
      given({ throughOrdinal: through, beforeTurn, afterTurn, copy, name }),
    )
    const how = kind === 'copy' ? 'copies' : 'refers to'
    return {
      json: forked,
      text: `${forked.threadId} ${how} ${forked.forkedFromId} through ordinal ${forked.throughOrdinal}`,
    }
  },
})
