// Backup: a consistent copy while the store is in use. The command has the store to itself, so a host that has it open
// makes its own backups.

import path from 'node:path'
import type { BackupResult } from '@cenotaph/core'
import { exitCodes } from '../exit-codes.js'
import { escapeText } from '../output/escape.js'
import { countText, sizeText } from '../output/units.js'
import { defineVerb } from '../verb.js'

export const backup = defineVerb<[string]>({
  name: 'backup',
  summary: 'copy the store into a new folder, with checksums and a signature',
  arguments: [{ name: '<dir>', description: 'new or empty, and outside of the store' }],
  async run({ arguments: [dir], store: open, terminal, progress, signal }) {
    const store = await open()
    const made = await store.backup(path.resolve(terminal.cwd, dir), {
      onProgress: (done) => progress(done, done),
      signal,
    })
    return {
      json: made,
      text: textOf(made),
      // A backup that has not got everything must not pass for one that has.
      exit: made.problems.length === 0 ? exitCodes.done : exitCodes.error,
    }
  },
})

function textOf({ backupId, path: dir, threads, bytes, problems }: BackupResult): string {
  return [
    `backup ${backupId}: ${countText(threads, 'thread')}, ${sizeText(bytes)} in ${escapeText(dir)}`,
    ...problems.map(({ threadId, code, detail }) => `${threadId}: ${code}, ${escapeText(detail)}`),
  ].join('\n')
}
