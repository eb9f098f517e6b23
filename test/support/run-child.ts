// Runs support/child.mjs, which uses what was compiled, and tells how it ended.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A method of the store and its arguments, as JSON; `attachments.put` takes the thread's id first. */
export type Call = readonly [method: string, ...args: unknown[]]

export interface ChildJob {
  readonly root: string
  readonly program: readonly Call[]
  /** Options of the store, as JSON. */
  readonly options: Readonly<Record<string, unknown>>
  /** Where crash points begin to count: before the store opens, or once it is open (default). */
  readonly armed?: 'open' | 'program'
  /** The process kills itself at the given hit, from 1, of a crash point. */
  readonly kill?: { readonly point: string; readonly hit: number } | undefined
  /** The process kills itself this long after the instant from which crash points count. */
  readonly killAfterMs?: number
  /** Leaves every fsync out, LevelDB's included: what a test of power loss must catch. */
  readonly unsynced?: boolean
  /** Copies of a block device's image, `<place in at>.img`, made at instants: `<point> <hit>` or `ACK <call>`. */
  readonly cuts?: {
    readonly image: string
    readonly folder: string
    readonly at: readonly string[]
  }
  /** A file that gets one byte for every call that was acknowledged. */
  readonly progress?: string
}

export interface ChildRun {
  /** Calls that were acknowledged. */
  readonly acknowledged: number
  /** Crash points in the order in which they were met, with the calls acknowledged before. */
  readonly instants: readonly { readonly point: string; readonly acknowledged: number }[]
  /** Milliseconds from the same instant to the end of the program; undefined where it was cut short. */
  readonly programMs: number | undefined
}

const script = fileURLToPath(new URL('./child.mjs', import.meta.url))

/**
 * `onPoint` is told of each instant that the child has said it passed, with the child's process id; it goes on meanwhile.
 * @throws where the child did not end by SIGKILL: it failed instead of being stopped.
 */
export async function runChild(
  job: ChildJob,
  onPoint?: (nth: number, pid: number) => void,
): Promise<ChildRun> {
  const child = spawn(process.execPath, [script, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  let points = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    for (const _ of text.matchAll(/^POINT /gm)) {
      points += 1
      onPoint?.(points, child.pid!)
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const signal = await new Promise<string | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (_code, name) => resolve(name))
  })
  if (signal !== 'SIGKILL') {
    throw new Error(`a child failed: ${errors}\nits job: ${JSON.stringify(job)}`)
  }
  return readOutput(output)
}

function readOutput(output: string): ChildRun {
  const instants: { point: string; acknowledged: number }[] = []
  let acknowledged = 0
  let programMs: number | undefined
  for (const line of output.split('\n')) {
    const [word, value = ''] = line.split(' ')
    if (word === 'ACK') acknowledged += 1
    if (word === 'POINT') instants.push({ point: value, acknowledged })
    if (word === 'MS') programMs = Number(value)
  }
  return { acknowledged, instants, programMs }
}

/** Runs tasks, a few at a time, in order of their places in the list. */
export async function inParallel<T>(
  tasks: readonly T[],
  workers: number,
  run: (task: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < tasks.length) {
      const index = next
      next += 1
      await run(tasks[index]!, index)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
}
