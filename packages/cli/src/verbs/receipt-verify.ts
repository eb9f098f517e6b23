// Verifies a receipt offline: no store is opened, so it also works where there is none.

import { type ReceiptVerdict, verifyReceipt } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { readFile } from '../arguments/files.js'
import { publicKeyOf } from '../arguments/public-key.js'
import { exitCodes } from '../exit-codes.js'
import { escapeText } from '../output/escape.js'
import { defineVerb } from '../verb.js'

interface VerifyOptions {
  readonly key?: string
  readonly head?: string
}

export const receiptVerify = defineVerb<[string], VerifyOptions>({
  name: 'receipt verify',
  summary: 'check a receipt offline, against a key you trust or the one in it',
  arguments: [{ name: '<file>', description: 'the receipt as JSON' }],
  options: [
    { flags: '--key <key>', description: 'public key in base64, or a file that holds it' },
    { flags: '--head <file>', description: 'a later head (`head --since`) that must continue it' },
  ],
  async run({ arguments: [file], options, terminal }) {
    const bytes = await readFile(nodeDisk, terminal.cwd, file)
    const key = options.key === undefined ? undefined : await publicKeyOf(options.key, terminal.cwd)
    const later =
      options.head === undefined
        ? undefined
        : (parse(await readFile(nodeDisk, terminal.cwd, options.head)) ?? null)
    const verdict = verifyReceipt(parse(bytes), key, later)
    return {
      json: verdict,
      text: textOf(verdict),
      exit: verdict.ok ? exitCodes.done : exitCodes.error,
    }
  },
})

/** What is no JSON is no receipt either, which is for the verdict to say. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}

function textOf({ ok, problems, trust }: ReceiptVerdict): string {
  if (!ok) return ['not valid:', ...problems.map((line) => `  ${escapeText(line)}`)].join('\n')
  return trust === 'pinned'
    ? 'valid: signed by the key that you gave'
    : 'valid: signed by the key in it; give --key to know whose key that is'
}
