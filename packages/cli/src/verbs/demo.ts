// The demo: the story told on a store of its own in a temporary folder, which goes with it.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeDisk, nodeEntropy } from '@cenotaph/storage'
import { Report } from '../demo/report.js'
import { tellStory } from '../demo/story.js'
import { makeTemporaryFolder, removeTree } from '../demo/temporary-folder.js'
import { exitCodes } from '../exit-codes.js'
import { countText } from '../output/units.js'
import { defineVerb } from '../verb.js'

interface DemoOptions {
  readonly keep?: true
}

const home = fileURLToPath(new URL('../../fixtures/codex-home', import.meta.url))

export const demo = defineVerb<[], DemoOptions>({
  name: 'demo',
  summary: 'show, on a store of its own, that a delete is real',
  options: [{ flags: '--keep', description: 'leave the store there to look at' }],
  async run({ options, json, terminal, atEnd }) {
    const folder = await makeTemporaryFolder(nodeDisk, nodeEntropy)
    const root = path.join(folder, 'root')
    if (!options.keep) atEnd(() => removeTree(nodeDisk, folder))
    const report = new Report(terminal, { silent: json })
    await report.say('Cenotaph keeps the sessions of coding agents. A delete is real: watch.', '')
    await tellStory({ root, home, report, terminal })
    const { claims, holds } = report
    return {
      json: { ok: holds, claims, root: options.keep ? root : null },
      text: summary(claims.length, holds, options.keep ? root : undefined),
      exit: holds ? exitCodes.done : exitCodes.error,
    }
  },
})

function summary(claims: number, holds: boolean, root: string | undefined): string {
  const kept = root === undefined ? [] : [`The store is still at ${root}`]
  if (!holds) return ['', 'Not everything held: see the lines marked ✗.', ...kept].join('\n')
  return [
    '',
    `All ${countText(claims, 'claim')} held. Just now, on this machine, one delete of three threads`,
    '  - was killed twice with kill -9 and finished by itself, all of it',
    '  - left no text, name or path of theirs in any file of the store, LevelDB’s included',
    '  - left a signed receipt that anybody can verify without the store',
    '  - kept every text of the other threads, and cannot be undone by importing them again',
    ...kept,
    'Next: `cenotaph import ~/.codex`, `cenotaph list`, `cenotaph delete THREAD --dry-run`.',
  ].join('\n')
}
