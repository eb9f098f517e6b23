// The command: from the words on the command line to an exit status. Whatever happens, the store is closed, stdout
// holds the answer alone, and stderr one line or one JSON document about what went wrong.

import { CommanderError } from 'commander'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { failureOf, failureText } from './failure.js'
import { keepAlive } from './keep-alive.js'
import { OutputClosed } from './output/sink.js'
import { buildProgram, type Dispatch } from './program.js'
import { rootFolder } from './root-folder.js'
import { runVerb } from './run-verb.js'
import { Session } from './session.js'
import { processTerminal, type Terminal } from './terminal.js'
import { verbsIn } from './verbs/index.js'

/** Resolves with the exit status. Ends the process itself only when it is interrupted. */
export async function main(
  words: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<ExitCode> {
  let exit: ExitCode = exitCodes.done
  let help = ''
  const dispatch: Dispatch = async (verb, { arguments: given, options, globals }) => {
    const root = rootFolder(globals.root, terminal.environment, terminal.cwd)
    const session = new Session(root)
    const [ignoreSignals, letGo] = [onInterrupt(session), keepAlive()]
    try {
      const json = globals.json === true
      exit = await runVerb(verb, { arguments: given, options, json, root }, session, terminal)
    } finally {
      ignoreSignals()
      letGo()
    }
  }
  const takeHelp = (text: string): void => {
    help += text
  }
  try {
    const program = buildProgram(await verbsIn(words), dispatch, takeHelp)
    await program.parseAsync(words, { from: 'user' })
    return exit
  } catch (error) {
    return await reported(error, words, help, terminal)
  }
}

async function reported(
  error: unknown,
  words: readonly string[],
  help: string,
  terminal: Terminal,
): Promise<ExitCode> {
  if (error instanceof OutputClosed) return exitCodes.done
  if (error instanceof CommanderError && error.exitCode === 0) {
    await terminal.out.write(help).catch(() => undefined)
    return exitCodes.done
  }
  const failure = failureOf(error)
  // Whoever is gone cannot be told; the status still says it.
  await terminal.err.write(failureText(failure, wantsJson(words))).catch(() => undefined)
  return failure.exit
}

/** Asked of the words themselves, because a command line that cannot be parsed has no options. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return words.slice(0, end === -1 ? undefined : end).includes('--json')
}

const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const

/** The first signal closes the store and ends the process; a second one ends it at once. */
function onInterrupt(session: Session): () => void {
  let stopping = false
  const handlers = Object.entries(signals).map(([signal, status]) => {
    const handler = (): void => {
      if (stopping) process.exit(status)
      stopping = true
      session.abort()
      session
        .close()
        .catch(() => undefined)
        .finally(() => process.exit(status))
    }
    process.on(signal, handler)
    return () => process.off(signal, handler)
  })
  return () => {
    if (!stopping) for (const remove of handlers) remove()
  }
}
