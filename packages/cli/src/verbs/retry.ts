// Retry: what a committed delete has still to do, now instead of at its next try. Never begins a delete.

import { deletionAnswer } from '../deletion-answer.js'
import { defineVerb } from '../verb.js'

export const retry = defineVerb<[string]>({
  name: 'retry',
  summary: 'try what is pending for a deleted thread now',
  arguments: [{ name: '<thread>', description: 'id or prefix' }],
  async run({ arguments: [text], store: open, terminal }) {
    const store = await open()
    const result = await store.retry(await store.resolveThread(text))
    return deletionAnswer(result, terminal.colours)
  },
})
