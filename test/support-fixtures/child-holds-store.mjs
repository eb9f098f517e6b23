// @ts-check
// Opens a store and holds it until its stdin ends. Says `open` once it has it, or the error's code.
import { openThreadStore } from '@cenotaph/core'

const [root = ''] = process.argv.slice(2)
try {
  const store = await openThreadStore(root, { ballastBytes: 4096 })
  console.log(JSON.stringify({ open: true, pid: process.pid }))
  process.stdin.resume()
  process.stdin.on('end', async () => {
    await store.close()
    process.exit(0)
  })
} catch (error) {
  const { code, detail } = /** @type {{ code?: string, detail?: unknown }} */ (error)
  console.log(JSON.stringify({ open: false, code: code ?? String(error), detail }))
}
