// The floor: one file, every group written and synced before the next. No index, no recovery, no engine could do with
// less and still be durable.

import fs from 'node:fs/promises'
import path from 'node:path'
import { plainItem } from '../harness/items.mjs'

/** @type {import('./peer.mjs').Peer} */
export const bareJsonl = {
  name: 'bare JSONL',
  settings: 'one file; write and fdatasync of node:fs/promises, each awaited',
  reclaiming: 'the file is written anew without the removed lines, and renamed',
  versions: {},

  async open(folder) {
    const file = await fs.open(path.join(folder, 'bare.jsonl'), 'a')
    return {
      async append({ joined }) {
        await file.write(joined)
        await file.datasync()
      },
      async remove() {
        throw new Error('a bare file knows no threads')
      },
      async reclaim() {},
      close: () => file.close(),
    }
  },
}

/** The same floor for who has items and no lines yet: each is made into its line before the group is written. */
export const builtJsonl = {
  ...bareJsonl,
  name: 'bare JSONL, built',
  settings: 'as bare JSONL; each line of the group is made by JSON.stringify first',

  /** @param {string} folder */
  async open(folder) {
    const file = await bareJsonl.open(folder)
    let ordinal = 0
    return {
      ...file,
      /** @param {import('./peer.mjs').Group} group */
      append(group) {
        const timestamp = new Date().toISOString()
        let text = ''
        for (const _ of group.lines) {
          ordinal += 1
          text += `${JSON.stringify({ timestamp, ordinal, ...plainItem })}\n`
        }
        return file.append({ ...group, joined: Buffer.from(text) })
      },
    }
  },
}
