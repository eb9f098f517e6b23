// The one shape of all verbs: what a verb is called, what it takes, and what it answers, as a document for programs
// and as text for people. Parsing, the store's life, output and errors are the runner's.

import type { ThreadStore } from '@cenotaph/core'
import type { ExitCode } from './exit-codes.js'
import type { Terminal } from './terminal.js'

export interface VerbArgument {
  /** In commander's notation: `<file>`, `[thread...]`. */
  readonly name: string
  readonly description: string
}

export interface VerbOption {
  /** In commander's notation: `-n <count>`, `--limit <count>`. */
  readonly flags: string
  readonly description: string
  /** @throws UsageError */
  readonly parse?: (text: string) => unknown
  readonly choices?: readonly string[]
  readonly required?: boolean
  /** The contract knows it and this version does not offer it: naming it is a usage error that says so. */
  readonly later?: boolean
}

export interface Call<Arguments extends readonly unknown[], Options> {
  readonly arguments: Arguments
  readonly options: Options
  readonly json: boolean
  /** Absolute path. */
  readonly root: string
  readonly terminal: Terminal
  /** Aborts with SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** Opens the store at the first call; the runner closes it. */
  store(): Promise<ThreadStore>
  /** Tells whoever waits how far things are; shown on stderr when the verb takes longer than a second. */
  progress(done: number, total: number): void
  /** Runs when the verb ends, however it ends, behind the closing of the store. */
  atEnd(clean: () => Promise<void>): void
}

export interface Answer {
  /** The document of `--json`. */
  readonly json: unknown
  readonly text: string
  /** Default 0. */
  readonly exit?: ExitCode
}

/** A verb that streams writes its output itself and answers nothing. */
export interface Verb<Arguments extends readonly unknown[], Options> {
  /** A second word makes it a verb below another one: `receipt verify`. */
  readonly name: string
  readonly summary: string
  readonly arguments?: readonly VerbArgument[]
  readonly options?: readonly VerbOption[]
  run(call: Call<Arguments, Options>): Promise<Answer | undefined>
}

/** A verb whose argument types are between it and the parser. */
export type AnyVerb = Verb<readonly never[], never>

export const defineVerb = <Arguments extends readonly unknown[], Options = object>(
  verb: Verb<Arguments, Options>,
): AnyVerb => verb as unknown as AnyVerb
