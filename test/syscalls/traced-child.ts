// Runs traced-child.mjs, which uses what was compiled. One process runs many jobs, until a signal ends it.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Call } from '../support/run-child.js'
import { type Injection, Strace, type Traced } from './strace.js'

export interface TracedJob {
  readonly root: string
  readonly program: readonly Call[]
  readonly options: Readonly<Record<string, unknown>>
  /** From where on calls are counted and failed. */
  readonly armed: 'open' | 'program'
}

export interface Refusal {
  /** Number of the call, `open` or `close`. */
  readonly at: string
  readonly code: string
  readonly outcome: string
}

export interface TracedRun extends Traced {
  readonly acknowledged: number
  readonly refusals: readonly Refusal[]
  /** What was thrown that is no typed error. */
  readonly untyped: readonly string[]
  /** The signal that ended the process; null where it lives. */
  readonly signal: string | null
}

const script = fileURLToPath(new URL('./traced-child.mjs', import.meta.url))

type Process = ChildProcessByStdio<Writable, Readable, Readable>

export class TracedChild {
  readonly #log: string
  #process: Process | undefined
  #lines: AsyncIterator<string> | undefined
  #signal: Promise<string | null> | undefined
  #errors = ''

  /** `log` is where strace may write. */
  constructor(log: string) {
    this.#log = log
  }

  async run(job: TracedJob, injection?: Injection): Promise<TracedRun> {
    const child = this.#process ?? this.#start()
    child.stdin.write(`${JSON.stringify(job)}\n`)
    const said: string[] = []
    let strace: Strace | undefined
    let died = false
    for (;;) {
      const { value, done } = await this.#lines!.next()
      died = done === true
      if (died || value === 'DONE') break
      if (value === 'READY') {
        strace = await Strace.attach(child.pid!, { log: this.#log, root: job.root, injection })
        child.stdin.write('\n')
      } else said.push(value)
    }
    const traced = (await strace?.stop()) ?? { counts: new Map(), injected: 0 }
    return { ...traced, ...readSaid(said), signal: died ? await this.#gone() : null }
  }

  /** The signal that ended the process. @throws where it ended in any other way */
  async #gone(): Promise<string> {
    const signal = await this.#signal!
    this.#process = undefined
    if (signal === 'SIGKILL') return signal
    throw new Error(`the process ended by itself (${signal}): ${this.#errors}`)
  }

  #start(): Process {
    const child = spawn(process.execPath, [script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // One thread does all the work of files, so that calls have an order in which they can be counted.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    })
    this.#errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    this.#signal = new Promise((resolve) => child.once('close', (_code, name) => resolve(name)))
    this.#process = child
    return child
  }

  async close(): Promise<void> {
    this.#process?.stdin.end()
    await this.#signal
    this.#process = undefined
  }
}

function readSaid(said: readonly string[]) {
  const refusals: Refusal[] = []
  const untyped: string[] = []
  let acknowledged = 0
  for (const line of said) {
    const [word, at = '', code = '', outcome = ''] = line.split(' ')
    if (word === 'ACK') acknowledged += 1
    else if (word === 'FAIL') refusals.push({ at, code, outcome })
    else untyped.push(line)
  }
  return { acknowledged, refusals, untyped }
}
