// Verify: reads everything and believes nothing. Status 1 where anything does not fit.

import type { Problem, VerifyReport } from '@cenotaph/core'
import { exitCodes } from '../exit-codes.js'
import { escapeText } from '../output/escape.js'
import { countText, sizeText } from '../output/units.js'
import { defineVerb } from '../verb.js'

export const verify = defineVerb<[]>({
  name: 'verify',
  summary: 'read everything and report what does not fit; changes nothing',
  async run({ store: open }) {
    const report = await (await open()).verify()
    return {
      json: report,
      text: textOf(report),
      exit: report.ok ? exitCodes.done : exitCodes.error,
    }
  },
})

function textOf({ ok, threads, bytes, problems }: VerifyReport): string {
  const read = `${countText(threads, 'thread')}, ${sizeText(bytes)} read`
  if (ok) return `all is well: ${read}`
  return [`${countText(problems.length, 'problem')}: ${read}`, ...problems.map(line)].join('\n')
}

const line = ({ code, threadId, detail }: Problem): string =>
  `  ${code} ${threadId === null ? '' : `${threadId} `}${escapeText(detail)}`
