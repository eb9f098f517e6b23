// A terminal that a test sits at: what is written is kept, questions are answered from a list.

import { PassThrough } from 'node:stream'
import { nodeClock } from '@cenotaph/storage'
import { coloursFor } from './output/colours.js'
import { Sink } from './output/sink.js'
import type { Terminal } from './terminal.js'

export interface TestTerminal extends Terminal {
  stdout(): string
  stderr(): string
  readonly questions: string[]
}

export interface TestTerminalOptions {
  readonly root: string
  /** Given: somebody sits there, and says this. */
  readonly answer?: boolean
  readonly input?: string
  readonly colours?: boolean
}

export function testTerminal(options: TestTerminalOptions): TestTerminal {
  const [stdout, stderr] = [keeping(), keeping()]
  const questions: string[] = []
  return {
    out: stdout.sink,
    err: stderr.sink,
    colours: coloursFor(options.colours === true, {}),
    interactive: options.answer !== undefined,
    showsProgress: false,
    cwd: options.root,
    clock: nodeClock,
    environment: { CENOTAPH_ROOT: options.root },
    readInput: async () => Buffer.from(options.input ?? ''),
    async confirm(question) {
      questions.push(question)
      return options.answer === true
    },
    stdout: stdout.text,
    stderr: stderr.text,
    questions,
  }
}

function keeping(): { readonly sink: Sink; readonly text: () => string } {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { sink: new Sink(stream), text: () => Buffer.concat(chunks).toString() }
}
