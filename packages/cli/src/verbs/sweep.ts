// Sweep: does now what is pending or due, and says what is left.

import { deletionDocument } from '../documents.js'
import { exitCodes } from '../exit-codes.js'
import { sweepText } from '../output/sweep-text.js'
import { defineVerb } from '../verb.js'

interface SweepOptions {
  readonly confirmClock?: true
}

export const sweep = defineVerb<[], SweepOptions>({
  name: 'sweep',
  summary: 'finish what is pending, delete what is due, now; once a week, search every file',
  options: [
    {
      flags: '--confirm-clock',
      description: 'the clock of this machine is right: what it makes due may be deleted',
    },
  ],
  async run({ options, store: open, terminal }) {
    const result = await (await open()).sweep(options)
    const { receipts, unconfirmed, residue } = result
    const found = residue !== null && residue.problems.length > 0
    return {
      json: { ...deletionDocument(result), receipts, unconfirmed, residue },
      text: sweepText(result, terminal.colours),
      exit: found
        ? exitCodes.error
        : result.pending.length > 0
          ? exitCodes.partial
          : exitCodes.done,
    }
  },
})
