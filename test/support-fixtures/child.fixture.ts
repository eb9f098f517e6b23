// Child processes that run what `tsc -b` built. Each is ended by its own handle when its test ends.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

export interface Child {
  readonly process: ChildProcessWithoutNullStreams
  /** Lines of its stdout, in order, as they come. */
  readonly lines: AsyncIterator<string>
  /** Kills it without a chance to clean up, and waits for its end. */
  kill(): Promise<void>
  /** Ends its stdin and waits for its end. */
  end(): Promise<void>
}

export function children(): (script: string, args: readonly string[]) => Child {
  const started: Child[] = []
  afterEach(async () => {
    for (const child of started.splice(0)) await child.kill()
  })
  return (script, args) => {
    const file = fileURLToPath(new URL(script, import.meta.url))
    const child = spawn(process.execPath, [file, ...args])
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const self: Child = {
      process: child,
      lines,
      async kill() {
        child.kill('SIGKILL')
        await ended
      },
      async end() {
        child.stdin.end()
        await ended
      },
    }
    started.push(self)
    return self
  }
}

/** The next line as JSON; throws where the child has ended. */
export async function nextJson(child: Child): Promise<Record<string, unknown>> {
  const { value, done } = await child.lines.next()
  if (done) throw new Error('the child ended without a word')
  return JSON.parse(value) as Record<string, unknown>
}
