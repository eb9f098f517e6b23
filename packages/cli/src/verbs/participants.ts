// Participants: who takes part in every delete of this store, and the recorded way out for one that never comes back.

import type { ParticipantView } from '@cenotaph/core'
import { escapeText } from '../output/escape.js'
import { tableText } from '../output/table.js'
import { relativeTime } from '../output/units.js'
import type { Terminal } from '../terminal.js'
import { type Answer, defineVerb } from '../verb.js'

export const participants = defineVerb<[]>({
  name: 'participants',
  summary: 'list the hosts that take part in every delete',
  async run({ store: open, terminal }) {
    return answerOf(await (await open()).participants(), terminal)
  },
})

export const participantsForget = defineVerb<[string], { readonly reason: string }>({
  name: 'participants forget',
  summary: 'no delete waits for this host any longer; its data is not erased',
  arguments: [{ name: '<name>', description: 'as `participants` lists it' }],
  options: [
    {
      flags: '--reason <text>',
      description: 'why; kept in the event log for ever',
      required: true,
    },
  ],
  async run({ arguments: [name], options, store: open, terminal }) {
    const store = await open()
    await store.forgetParticipant(name, options.reason)
    return answerOf(await store.participants(), terminal)
  },
})

function answerOf(found: readonly ParticipantView[], terminal: Terminal): Answer {
  const nowMs = terminal.clock.wallMs()
  const rows = found.map(({ name, registered, forgotten }) => [
    escapeText(name),
    relativeTime(registered, nowMs),
    forgotten ? `forgotten ${relativeTime(forgotten.at, nowMs)}` : 'active',
    escapeText(forgotten?.reason ?? ''),
  ])
  const columns = [
    { title: 'NAME' },
    { title: 'REGISTERED' },
    { title: 'STATE' },
    { title: 'REASON' },
  ] as const
  const text = rows.length === 0 ? 'no participants' : tableText(columns, rows, terminal.colours)
  return { json: { participants: found }, text }
}
