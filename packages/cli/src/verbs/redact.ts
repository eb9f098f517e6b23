// Redact: shows which lines it takes the text out of, asks, acts on exactly that plan, prints the receipt.

import type { OrdinalRange } from '@cenotaph/core'
import {
  agreedBefore,
  askFirst,
  type ConsentOptions,
  consentOptions,
  refuseWithoutConsent,
} from '../arguments/consent.js'
import { ordinalRanges } from '../arguments/ordinals.js'
import { given } from '../arguments/parse.js'
import { type LastOptions, lastOptions, oneThread } from '../arguments/threads.js'
import { redactionDocument } from '../documents.js'
import { lineCount, redactionPlanText } from '../output/redaction-text.js'
import { countText } from '../output/units.js'
import { redactionAnswer } from '../redaction-answer.js'
import { UsageError } from '../usage-error.js'
import { defineVerb } from '../verb.js'

interface RedactOptions extends LastOptions, ConsentOptions {
  readonly ordinals?: readonly OrdinalRange[]
  readonly reason?: string
  readonly dryRun?: true
  readonly expectPlan?: string
}

export const redact = defineVerb<[string | undefined], RedactOptions>({
  name: 'redact',
  summary: 'take the text out of lines of a thread that lives on, and print the receipt',
  arguments: [{ name: '[thread]', description: 'id, prefix or name' }],
  options: [
    ...lastOptions,
    {
      flags: '--ordinals <list>',
      description: 'which lines, such as 3 or 3,7-9',
      parse: ordinalRanges,
    },
    { flags: '--reason <text>', description: 'kept in the receipt for ever' },
    { flags: '--dry-run', description: 'stop after the plan' },
    { flags: '--expect-plan <id>', description: 'refuse any plan but this one' },
    ...consentOptions,
  ],
  async run(call) {
    const { options, terminal, signal } = call
    const { ordinals, reason, dryRun } = options
    if (!ordinals) throw new UsageError('name the lines with --ordinals')
    if (reason === undefined) throw new UsageError('say why with --reason')
    refuseWithoutConsent(options, terminal)
    const threadId = await oneThread(call, call.arguments[0])
    const store = await call.store()
    const choices = given({ expectPlan: options.expectPlan })
    const plan = await store.redactItems(threadId, ordinals, reason, { ...choices, dryRun: true })
    const shown = redactionPlanText(plan, terminal.colours)
    if (dryRun) return { json: redactionDocument(plan), text: shown }
    const asked = !agreedBefore(options)
    if (asked) {
      const count = countText(lineCount(plan), 'line')
      await askFirst(shown, `Redact ${count} for good?`, terminal, signal)
    }
    const result = await store.redactItems(
      threadId,
      ordinals,
      reason,
      given({ expectPlan: plan.planId ?? undefined }),
    )
    const answer = redactionAnswer(result, terminal.colours)
    // Who was asked has seen the plan already.
    return asked ? answer : { ...answer, text: `${shown}\n\n${answer.text}` }
  },
})
