// @ts-check
// Opens a store in a process of its own and says how that went: the code of the error, or `opened`.

import { isStoreError, openThreadStore } from '@cenotaph/core'

const root = process.argv[2] ?? ''
try {
  const store = await openThreadStore(root, { ballastBytes: 0 })
  await store.close()
  process.stdout.write('opened')
} catch (error) {
  process.stdout.write(isStoreError(error) ? error.code : String(error))
}
