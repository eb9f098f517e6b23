// Import: rollouts become threads, each one whole or not at all. The source is only read, and what is left out
// is said.

import type { ImportReport } from '@cenotaph/core'
import { escapeText } from '../output/escape.js'
import { countText, sizeText } from '../output/units.js'
import { defineVerb } from '../verb.js'

export const importVerb = defineVerb<[paths: string[]]>({
  name: 'import',
  summary: 'import rollout files, folders of them, or a whole Codex home',
  arguments: [{ name: '<path...>', description: 'what to import; it is only read' }],
  async run({ arguments: [paths], store: open, progress, signal }) {
    const store = await open()
    const report = await store.importRollouts(paths, { onProgress: progress, signal })
    return { json: report, text: textOf(report) }
  },
})

function textOf({ imported, skipped, damaged }: ImportReport): string {
  const bytes = imported.reduce((sum, thread) => sum + thread.bytes, 0)
  const items = imported.reduce((sum, thread) => sum + thread.items, 0)
  return [
    `${countText(imported.length, 'thread')} imported: ${countText(items, 'item')}, ${sizeText(bytes)}`,
    ...skipped.map(({ source, reason }) => `skipped ${escapeText(source)}: ${reason}`),
    ...damaged.map(
      ({ source, offset, bytes: length, kind }) =>
        `damaged ${escapeText(source)}: ${kind} at byte ${offset}, ${countText(length, 'byte')}`,
    ),
  ].join('\n')
}
