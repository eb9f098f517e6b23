// Head: what the event log is now, signed. Kept outside of the store, it holds every later head to it.

import type { LogPoint } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { readFile } from '../arguments/files.js'
import { UsageError } from '../usage-error.js'
import { defineVerb } from '../verb.js'

interface HeadOptions {
  readonly since?: string
}

export const head = defineVerb<[], HeadOptions>({
  name: 'head',
  summary: 'print a signed head of the event log, with a proof that it only grew',
  options: [
    { flags: '--since <file>', description: 'an earlier head or a receipt that it must continue' },
  ],
  async run({ options, store: open, terminal }) {
    const since =
      options.since === undefined ? undefined : await pointOf(options.since, terminal.cwd)
    const found = await (await open()).logHead(since)
    return { json: found, text: JSON.stringify(found, undefined, 2) }
  },
})

/** A receipt holds its head in `log`; a head is one. */
async function pointOf(file: string, cwd: string): Promise<LogPoint> {
  const bytes = await readFile(nodeDisk, cwd, file)
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>
    const point = (value.log ?? value) as LogPoint
    if (typeof point.treeSize === 'number' && typeof point.epoch === 'number') return point
  } catch {
    // Told below: it is neither.
  }
  throw new UsageError(`--since: ${file} is neither a head nor a receipt`)
}
