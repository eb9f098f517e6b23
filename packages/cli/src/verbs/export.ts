// Export: threads as files that need no store. Never writes over a file.

import path from 'node:path'
import { given } from '../arguments/parse.js'
import { type LastOptions, lastOptions, threadsOf } from '../arguments/threads.js'
import { escapeText } from '../output/escape.js'
import { sizeText } from '../output/units.js'
import { defineVerb } from '../verb.js'

interface ExportOptions extends LastOptions {
  readonly to: string
  readonly format?: 'jsonl' | 'markdown'
  readonly layout?: 'flat' | 'codex'
}

export const exportVerb = defineVerb<[threads: string[]], ExportOptions>({
  name: 'export',
  summary: 'write threads to files that need no store to be read',
  arguments: [{ name: '[thread...]', description: 'ids, prefixes or names' }],
  options: [
    ...lastOptions,
    { flags: '--to <dir>', description: 'where the files go', required: true },
    { flags: '--format <format>', description: 'default jsonl', choices: ['jsonl', 'markdown'] },
    {
      flags: '--layout <layout>',
      description: 'codex makes a home that Codex can open',
      choices: ['flat', 'codex'],
    },
  ],
  async run(call) {
    const { to, format, layout } = call.options
    const threadIds = await threadsOf(call, call.arguments[0])
    const store = await call.store()
    const exported = await store.exportThreads(threadIds, {
      to: path.resolve(call.terminal.cwd, to),
      ...given({ format, layout }),
    })
    const lines = exported.map((file) => `${sizeText(file.bytes)}  ${escapeText(file.path)}`)
    return { json: { exported }, text: lines.join('\n') }
  },
})
