// The floor: one file, every group written and synced before the next. No index, no recovery, no engine could do with
// less and still be durable.

import fs from 'node:fs/promises'
import path from 'node:path'

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
