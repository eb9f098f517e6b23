// Runs the built command as its users do: a process of its own, against a root of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/cenotaph.js', import.meta.url))

export const codexHome = fileURLToPath(new URL('../../fixtures/codex-home', import.meta.url))

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export class Command {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-cli-'))
  readonly root = path.join(this.folder, 'root')

  start(words: readonly string[], { env = {}, cwd = this.folder }: RunOptions = {}): ChildProcess {
    const { NO_COLOR: _noColor, FORCE_COLOR: _forceColor, ...inherited } = process.env
    return spawn(process.execPath, [program, ...words], {
      cwd,
      env: { ...inherited, CENOTAPH_ROOT: this.root, ...env },
    })
  }

  async run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const child = this.start(words, options)
    const ended = endOf(child)
    // A command that refuses before it reads closes its input.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
    return ended
  }

  /** Status 0 and exactly one JSON document on stdout, nothing on stderr. */
  async json<T>(words: readonly string[], options: RunOptions = {}): Promise<T> {
    const ran = await this.run([...words, '--json'], options)
    if (ran.status !== 0 || ran.stderr !== '') {
      throw new Error(`${words.join(' ')}: status ${ran.status}\n${ran.stderr}`)
    }
    return JSON.parse(ran.stdout) as T
  }

  /** The code of the one JSON document on stderr; stdout must be empty. */
  async failure(
    words: readonly string[],
    options: RunOptions = {},
  ): Promise<{ status: number | null; code: string; detail: Record<string, unknown> }> {
    const ran = await this.run([...words, '--json'], options)
    if (ran.stdout !== '') throw new Error(`${words.join(' ')}: stdout holds ${ran.stdout}`)
    const { error } = JSON.parse(ran.stderr) as {
      error: { code: string; message: string; detail: Record<string, unknown> }
    }
    if (typeof error.message !== 'string') throw new Error('the error has no message')
    return { status: ran.status, code: error.code, detail: error.detail }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export async function endOf(child: ChildProcess): Promise<Ran> {
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  child.stdout?.on('data', (chunk: Uint8Array) => out.push(chunk))
  child.stderr?.on('data', (chunk: Uint8Array) => err.push(chunk))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return {
    status,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  }
}

export const threadKeys = [
  'threadId',
  'state',
  'name',
  'preview',
  'cwd',
  'modelProvider',
  'source',
  'createdAt',
  'updatedAt',
  'archivedAt',
  'deleteAfter',
  'items',
  'bytes',
  'compressed',
  'forkedFromId',
  'parentThreadId',
  'forks',
  'children',
  'held',
  'holdReason',
  'pinned',
  'persistence',
  'damaged',
]

/** An item of `append`, as a line. */
export const itemLine = (text: string): string =>
  `${JSON.stringify({
    type: 'response_item',
    payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  })}\n`
