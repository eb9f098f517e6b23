// Restore a backup: into the store, or into a root that is empty. It deletes nothing and writes over nothing, so it does
// not ask; who is dead it has to be told where no store knows.

import path from 'node:path'
import { type RestoreReport, restoreBackup } from '@cenotaph/core'
import { given } from '../arguments/parse.js'
import { publicKeyOf } from '../arguments/public-key.js'
import { shownMax } from '../output/deletion-text.js'
import { escapeText } from '../output/escape.js'
import { countText, sizeText } from '../output/units.js'
import { UsageError } from '../usage-error.js'
import { defineVerb } from '../verb.js'

interface RestoreOptions {
  /** False for `--no-tombstones`. */
  readonly tombstones?: string | false
  readonly key?: string
}

export const restoreBackupVerb = defineVerb<[string], RestoreOptions>({
  name: 'restore-backup',
  summary: 'bring threads back from a backup; the deleted stay deleted',
  arguments: [{ name: '<dir>', description: 'the backup; it is only read' }],
  options: [
    {
      flags: '--tombstones <file>',
      description: "who is dead: the store's `.cenotaph/tombstones`, or that of a newer backup",
    },
    { flags: '--no-tombstones', description: 'there is no such file; the deleted may come back' },
    { flags: '--key <key>', description: 'public key that must have signed it, or its file' },
  ],
  async run({ arguments: [dir], options, root, terminal, progress, signal }) {
    const { cwd } = terminal
    if (options.tombstones === '') throw new UsageError('--tombstones: name a file')
    const tombstones =
      options.tombstones === false
        ? 'none'
        : options.tombstones && path.resolve(cwd, options.tombstones)
    const publicKey = options.key === undefined ? undefined : await publicKeyOf(options.key, cwd)
    const report = await restoreBackup(path.resolve(cwd, dir), root, {
      ...given({ tombstones, publicKey }),
      onProgress: progress,
      signal,
    })
    return { json: report, text: textOf(report) }
  },
})

const skippedText: Readonly<Record<string, string>> = {
  present: 'the store has it already',
  diverged: 'the store has another history of it',
  scheduled: 'it waits for its deletion',
}

function textOf({ restored, extended, skipped, lost, bytes }: RestoreReport): string {
  return [
    `${countText(restored.length, 'thread')} restored, ${sizeText(bytes)}`,
    ...(extended.length > 0 ? [`${countText(extended.length, 'thread')} extended`] : []),
    ...skipped
      .slice(0, shownMax)
      .map(({ threadId, reason }) => `skipped ${threadId}: ${skippedText[reason] ?? reason}`),
    ...(skipped.length > shownMax ? [`and ${skipped.length - shownMax} more`] : []),
    ...lost.map(
      ({ what, threadId, detail }) =>
        `lost: ${what} ${threadId === null ? '' : `${threadId} `}(${escapeText(detail)})`,
    ),
  ].join('\n')
}
