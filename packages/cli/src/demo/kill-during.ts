import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./killed-child.js', import.meta.url))

/** Runs the child that kills itself at `instant`. True when it died of that. */
export async function killDuring(
  root: string,
  instant: string,
  threadIds: readonly string[] = [],
): Promise<boolean> {
  const child = spawn(process.execPath, [program, root, instant, ...threadIds], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (_code, signal) => resolve(signal === 'SIGKILL'))
  })
}
