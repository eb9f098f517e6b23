// The world around the command: its streams, its folder, its clock. One object, so that a verb reads nothing else.

import { createInterface } from 'node:readline/promises'
import { type Clock, nodeClock } from '@cenotaph/storage'
import { type Colours, coloursFor } from './output/colours.js'
import { Sink } from './output/sink.js'

export interface Terminal {
  readonly out: Sink
  readonly err: Sink
  /** For text on `out`. */
  readonly colours: Colours
  /** Somebody sits there who can be asked. */
  readonly interactive: boolean
  /** Progress can be shown on `err`. */
  readonly showsProgress: boolean
  readonly cwd: string
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  /** All of standard input. */
  readInput(): Promise<Uint8Array>
  /** True only for a plain yes. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process
  return {
    out: new Sink(stdout),
    err: new Sink(stderr),
    colours: coloursFor(stdout.isTTY === true, env),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    showsProgress: stderr.isTTY === true,
    cwd: process.cwd(),
    clock: nodeClock,
    environment: env,
    async readInput() {
      const chunks: Uint8Array[] = []
      for await (const chunk of stdin) chunks.push(chunk as Uint8Array)
      return Buffer.concat(chunks)
    },
    confirm: askYesOrNo,
  }
}

async function askYesOrNo(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  // While it reads lines, Ctrl-C comes as a key; it means here what it means everywhere.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  // The end of the input (Ctrl-D) closes it, and leaves the question without an answer.
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), ended])
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
