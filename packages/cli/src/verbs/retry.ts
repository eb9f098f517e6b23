// Retry: what a committed delete or redaction has still to do, now instead of at its next try. Begins neither.

import type { RedactResult } from '@cenotaph/core'
import { deletionAnswer } from '../deletion-answer.js'
import { redactionAnswer } from '../redaction-answer.js'
import { defineVerb } from '../verb.js'

export const retry = defineVerb<[string]>({
  name: 'retry',
  summary: 'try what is pending for a deleted or redacted thread now',
  arguments: [{ name: '<thread>', description: 'id or prefix' }],
  async run({ arguments: [text], store: open, terminal }) {
    const store = await open()
    const result = await store.retry(await store.resolveThread(text))
    return 'redacted' in result
      ? redactionAnswer(result as RedactResult, terminal.colours)
      : deletionAnswer(result, terminal.colours)
  },
})
