// Verify: reads everything and believes nothing. Status 1 where anything does not fit.

import type { Problem, VerifyReport } from '@cenotaph/core'
import { exitCodes } from '../exit-codes.js'
import { escapeText } from '../output/escape.js'
import { countText, sizeText } from '../output/units.js'
import { defineVerb } from '../verb.js'

interface VerifyVerbOptions {
  readonly residue?: true
}

export const verify = defineVerb<[], VerifyVerbOptions>({
  name: 'verify',
  summary: 'read everything and report what does not fit; changes nothing',
  options: [
    { flags: '--residue', description: 'also search every file for what deleted threads left' },
  ],
  async run({ store: open, options }) {
    const report = await (await open()).verify({ residue: options.residue === true })
    return {
      json: report,
      text: textOf(report),
      exit: report.ok ? exitCodes.done : exitCodes.error,
    }
  },
})

function textOf({ ok, threads, bytes, problems, residue }: VerifyReport): string {
  const searched = residue ? `; ${residue.files} files (${sizeText(residue.bytes)}) searched` : ''
  const read = `${countText(threads, 'thread')}, ${sizeText(bytes)} read${searched}`
  if (ok) return `all is well: ${read}`
  return [`${countText(problems.length, 'problem')}: ${read}`, ...problems.map(line)].join('\n')
}

const line = ({ code, threadId, detail }: Problem): string =>
  `  ${code} ${threadId === null ? '' : `${threadId} `}${escapeText(detail)}`
