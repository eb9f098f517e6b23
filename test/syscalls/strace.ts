// strace, attached to the threads of a process that work for it: they make the system calls of files, its main thread
// does not. Calls are counted from the moment of the attaching on, by call and by thread. A thread that is made later is
// not traced: with `-f` strace would take the main thread too, and fail what the process says.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

/** By what they do; a platform has some of each. */
export const families = {
  write: ['write', 'pwrite64', 'writev', 'pwritev'],
  sync: ['fsync', 'fdatasync'],
  unlink: ['unlink', 'unlinkat'],
  rename: ['rename', 'renameat', 'renameat2'],
  open: ['openat'],
  link: ['link', 'linkat'],
  truncate: ['ftruncate'],
} as const

export type Family = keyof typeof families

export const familyNames = Object.keys(families) as Family[]

const calls: readonly string[] = Object.values(families).flat()

export interface Injection {
  readonly call: string
  /** An errno, or the signal that ends the process as it enters the call. */
  readonly fault: string
  /** From 1. */
  readonly nth: number
  /** Fails that call and all later ones of its kind. */
  readonly forGood: boolean
}

export const injectionText = ({ call, fault, nth, forGood }: Injection): string =>
  `${fault} at ${call} ${nth}${forGood ? ' and after' : ''}`

const expressionOf = ({ call, fault, nth, forGood }: Injection): string => {
  const what = fault.startsWith('SIG') ? `signal=${fault}` : `error=${fault}`
  return `inject=${call}:${what}:when=${nth}${forGood ? '+' : ''}`
}

export interface Traced {
  /** Calls of each kind, of the thread that made the most of them. */
  readonly counts: ReadonlyMap<string, number>
  /** Calls that were failed. */
  readonly injected: number
}

export interface AttachOptions {
  /** Where strace writes. */
  readonly log: string
  /** Of the store. */
  readonly root: string
  readonly injection?: Injection | undefined
}

/** Threads of a process without its first one. */
const workersOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/task`).filter((id) => id !== String(pid))

export class Strace {
  readonly #process: ChildProcess
  readonly #log: string
  readonly #root: string
  readonly #ended: Promise<unknown>

  private constructor(process: ChildProcess, log: string, root: string) {
    this.#process = process
    this.#log = log
    this.#root = root
    this.#ended = once(process, 'close')
  }

  /** Resolves once all threads are traced. @throws where strace refuses */
  static async attach(pid: number, { log, root, injection }: AttachOptions): Promise<Strace> {
    const workers = workersOf(pid)
    // `write` is also how threads wake each other; only LevelDB's files are meant.
    const isWrite = injection?.call === 'write'
    const traced = isWrite ? ['write'] : calls
    const paths = isWrite ? levelPaths(root) : []
    const child = spawn(
      'strace',
      [
        ...['-y', '-o', log],
        ...['-e', `trace=${traced.map((call) => `?${call}`).join(',')}`],
        ...paths.flatMap((name) => ['-P', name]),
        ...['-e', 'signal=none'],
        ...(injection ? ['-e', expressionOf(injection)] : []),
        ...workers.flatMap((id) => ['-p', id]),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const self = new Strace(child, log, root)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', () => reject(new Error(`strace ended: ${said}`)))
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if ((said.match(/attached/g) ?? []).length >= workers.length) resolve()
      })
    })
    return self
  }

  /** Lets the process go on alone, where it still lives. */
  async stop(): Promise<Traced> {
    if (this.#process.exitCode === null) this.#process.kill('SIGINT')
    await this.#ended
    const lines = readFileSync(this.#log, 'utf8').split('\n')
    rmSync(this.#log)
    return tracedOf(lines, this.#root)
  }
}

const LOG_NAMES_MAX = 60

/** LevelDB's files, those included that it may make next. Not its LOG, whose writes it does not look after. */
function levelPaths(root: string): string[] {
  const folder = path.join(root, '.cenotaph', 'level')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const present = names.filter((name) => /\d/.test(name))
  const newest = Math.max(0, ...present.map((name) => Number(/\d+/.exec(name)![0])))
  const coming = Array.from({ length: LOG_NAMES_MAX }, (_, n) => {
    const number = String(newest + 1 + n).padStart(6, '0')
    return [`${number}.log`, `${number}.ldb`, `${number}.dbtmp`, `MANIFEST-${number}`]
  })
  return [...present, ...coming.flat()].map((name) => path.join(folder, name))
}

function tracedOf(lines: readonly string[], root: string): Traced {
  const byThread = new Map<string, number>()
  const counts = new Map<string, number>()
  let injected = 0
  for (const line of lines) {
    if (line.includes('(INJECTED)')) injected += 1
    const [, thread, call] = /^(\d+)\s+(\w+)\(/.exec(line) ?? []
    if (thread === undefined || call === undefined) continue
    if (call === 'write' && (!line.includes(`<${root}/`) || line.includes('/LOG>'))) continue
    const count = (byThread.get(`${thread} ${call}`) ?? 0) + 1
    byThread.set(`${thread} ${call}`, count)
    counts.set(call, Math.max(counts.get(call) ?? 0, count))
  }
  return { counts, injected }
}

/** Whether this machine has strace and lets it attach; undefined where it does, else why not. */
export async function whyNotTraceable(log: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (spawnSync('strace', ['-V'], { stdio: 'ignore' }).error) return 'there is no strace'
  const idle = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    await once(idle.stdout!, 'data')
    const strace = await Strace.attach(idle.pid!, { log, root: '/' })
    await strace.stop()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error)
  } finally {
    idle.kill('SIGKILL')
  }
}
