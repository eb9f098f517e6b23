// From an error to what the caller sees: an exit status, one line for people, one object for programs. The only
// place that knows which code means which status.

import { isStoreError } from '@cenotaph/storage'
import { CommanderError } from 'commander'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { hintFor } from './hints.js'
import { escapeText } from './output/escape.js'
import { UsageError } from './usage-error.js'

export interface Failure {
  readonly exit: ExitCode
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
}

const exitByCode: Readonly<Record<string, ExitCode>> = {
  ARGUMENT_INVALID: exitCodes.usage,
  CURSOR_INVALID: exitCodes.usage,
  ERASE_INCOMPLETE: exitCodes.partial,
  STORE_LOCKED: exitCodes.busy,
  THREAD_HAS_WRITER: exitCodes.busy,
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return usage(error.message)
  if (error instanceof CommanderError) {
    const [line] = error.message.replace(/^error: /, '').split('\n')
    return usage(`${line}; see \`cenotaph help\``)
  }
  if (isStoreError(error)) {
    const { code, message, detail } = error
    return { exit: exitByCode[code] ?? exitCodes.error, code, message, detail }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { exit: exitCodes.error, code: 'UNEXPECTED', message, detail: {} }
}

const usage = (message: string): Failure => ({
  exit: exitCodes.usage,
  code: 'ARGUMENT_INVALID',
  message,
  detail: {},
})

/** One line, newline included; or, for programs, one JSON document. */
export function failureText(failure: Failure, json: boolean): string {
  const { code, message, detail } = failure
  if (json) return `${JSON.stringify({ error: { code, message, detail } })}\n`
  const hint = hintFor(failure)
  return `cenotaph: ${escapeText(message)}${hint === undefined ? '' : escapeText(`; ${hint}`)}\n`
}
