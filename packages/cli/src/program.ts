// The command line as commander sees it, made from the verbs. Options of the whole command may stand before or
// behind the verb.

import { version } from '@cenotaph/core'
import { Argument, Command, Option } from 'commander'
import { UsageError } from './usage-error.js'
import type { AnyVerb, VerbOption } from './verb.js'

export interface GlobalOptions {
  readonly root?: string
  readonly json?: true
}

export type Dispatch = (
  verb: AnyVerb,
  given: {
    readonly arguments: readonly unknown[]
    readonly options: Readonly<Record<string, unknown>>
    readonly globals: GlobalOptions
  },
) => Promise<void>

/** Throws CommanderError or UsageError where the command line is wrong, and writes nothing about it. */
export function buildProgram(
  verbs: readonly AnyVerb[],
  dispatch: Dispatch,
  write: (text: string) => void,
): Command {
  const program = new Command('cenotaph')
    .description('Keeps the sessions of coding agents. What is deleted is gone, with a receipt.')
    .version(version, '-V, --version', 'the version')
    .helpOption('-h, --help', 'help')
    .helpCommand('help [verb]', 'help for a verb')
    .option('--root <dir>', 'where the store is (else CENOTAPH_ROOT, else ~/.cenotaph)')
    .option('--json', 'one JSON document on stdout; errors as JSON on stderr')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: write, writeErr: () => {}, outputError: () => {} })
    .exitOverride()
    .allowExcessArguments(true)
    .action(() => {
      const [word] = program.args
      if (word === undefined) throw new UsageError('name a verb; `cenotaph help` lists them')
      throw new UsageError(`there is no verb ${JSON.stringify(word)}; \`cenotaph help\` lists them`)
    })
  for (const verb of verbs) addVerb(program, verb, dispatch)
  return program
}

function addVerb(program: Command, verb: AnyVerb, dispatch: Dispatch): void {
  const words = verb.name.split(' ')
  const name = words.pop()!
  const parent = words.length > 0 ? program.commands.find((c) => c.name() === words[0])! : program
  const command = parent
    .command(name)
    .description(verb.summary)
    .allowExcessArguments(false)
    .action(async () => {
      await dispatch(verb, {
        arguments: command.processedArgs,
        options: checkedOptions(command, verb.options ?? []),
        globals: program.opts<GlobalOptions>(),
      })
    })
  for (const argument of verb.arguments ?? []) {
    command.addArgument(new Argument(argument.name, argument.description))
  }
  for (const option of verb.options ?? []) command.addOption(commanderOption(option))
}

function commanderOption(option: VerbOption): Option {
  const { flags, description, choices, required, later } = option
  const made = new Option(flags, description)
  if (choices) made.choices(choices)
  if (required) made.makeOptionMandatory()
  if (later) made.hideHelp()
  return made
}

function checkedOptions(
  command: Command,
  options: readonly VerbOption[],
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = { ...command.opts() }
  for (const option of options) {
    const { long, name } = commanderName(option)
    const value = values[name]
    if (value === undefined) continue
    if (option.later) throw new UsageError(`${long} is not offered by this version`)
    if (option.parse && typeof value === 'string') {
      values[name] = parsed(long, value, option.parse)
    }
  }
  return values
}

function commanderName(option: VerbOption): { readonly long: string; readonly name: string } {
  const made = new Option(option.flags)
  return { long: made.long ?? option.flags, name: made.attributeName() }
}

function parsed(long: string, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`${long}: ${error.message}`)
  }
}
