import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./second-process.mjs', import.meta.url))

/** What another process says that tries to open the store: `STORE_LOCKED`, as long as this one has it. */
export function secondProcess(root: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, root], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
    child.once('error', reject)
    child.once('close', () => resolve(output))
  })
}
