// Loaded before the command by a test: no rollout can be unlinked, as if a folder were read-only.

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { unlink } = fs.promises

fs.promises.unlink = async (name) => {
  if (!String(name).endsWith('.jsonl')) return unlink(name)
  throw Object.assign(new Error('EPERM: operation not permitted'), {
    code: 'EPERM',
    syscall: 'unlink',
  })
}
syncBuiltinESMExports()
