// Forks of a long thread, by reference and by copy, against a bare copy of its file with a sync of the file and of its
// folder. A fork by reference copies nothing; the floor shows what that saves.

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { corpus } from '../harness/corpus.mjs'
import { writeRollout } from '../harness/rollout-file.mjs'
import { timed } from '../harness/rounds.mjs'
import { syncFile, syncFolder } from '../harness/syncs.mjs'

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'fork',
  about: 'forks of a long thread by reference and by copy, against a bare copy of its file',
  options: {
    rounds: { default: '9', smoke: '1', about: 'rounds, every side once in each' },
    mebibytes: { default: '64', smoke: '1', about: 'MiB of the thread' },
  },

  async measure(run) {
    const bytes = run.number('mebibytes') * 1024 * 1024
    const home = path.join(run.folder, 'home')
    const { threadId, file } = await writeRollout(home, { number: 1, next: corpus(1), bytes })
    const store = await openThreadStore(path.join(run.folder, 'root'))
    await store.importRollouts([home])
    const copies = path.join(run.folder, 'copies')
    await fs.mkdir(copies)
    const bare = async (/** @type {string} */ name) => {
      const target = path.join(copies, name)
      const ms = await timed(async () => {
        await fs.copyFile(file, target)
        await syncFile(target)
        await syncFolder(copies)
      })
      await fs.unlink(target)
      return ms
    }
    const forked = async (/** @type {boolean} */ copy) => {
      const begin = performance.now()
      const { threadId: fork } = await store.forkThread(threadId, { copy })
      const ms = performance.now() - begin
      await store.deleteThread(fork)
      return ms
    }
    for (const [kind, copy] of /** @type {const} */ ([
      ['reference', false],
      ['copy', true],
    ])) {
      await run.compare(
        {
          name: kind,
          title: `fork by ${kind}, ${run.number('mebibytes')} MiB`,
          unit: 'ms',
          better: 'less',
        },
        [
          { name: 'cenotaph', measure: () => forked(copy) },
          {
            name: 'bare copy',
            settings: 'copyFile, fsync of the file and of its folder',
            measure: (round) => bare(`${kind}-${round}`),
          },
        ],
      )
    }
    await store.close()
  },
}
