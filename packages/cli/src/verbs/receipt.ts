// Receipt: one signed document. With --json it is printed whole, as `receipt verify` takes it.

import { StoreError } from '@cenotaph/storage'
import { receiptText } from '../output/deletion-text.js'
import { defineVerb } from '../verb.js'

export const receipt = defineVerb<[string]>({
  name: 'receipt',
  summary: 'show one receipt (with --json: the document that can be verified)',
  arguments: [{ name: '<id>', description: 'its id' }],
  async run({ arguments: [receiptId], store: open, terminal }) {
    const found = await (await open()).readReceipt(receiptId)
    if (found) return { json: found, text: receiptText(found, terminal.colours) }
    throw new StoreError('RECEIPT_NOT_FOUND', `there is no receipt ${receiptId}`, {
      detail: { receiptId },
    })
  },
})
