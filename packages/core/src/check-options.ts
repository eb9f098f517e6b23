// Arguments that come from outside of TypeScript: a command line, a server, another language. What has the wrong kind
// is ARGUMENT_INVALID before anything else happens, instead of a TypeError from somewhere inside.

import { StoreError } from '@cenotaph/storage'

/** Kinds by name, or the words that are allowed. */
export type Kind = 'text' | 'count' | 'flag' | 'object' | 'function' | readonly string[]

const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  count: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  flag: (value) => typeof value === 'boolean',
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  function: (value) => typeof value === 'function',
}

const wanted: Readonly<Record<string, string>> = {
  text: 'a text',
  count: 'a whole number, 0 or more',
  flag: 'true or false',
  object: 'an object',
  function: 'a function',
}

/** What is not named in `kinds` is left alone. @throws ARGUMENT_INVALID */
export function checkOptions(options: unknown, kinds: Readonly<Record<string, Kind>> = {}): void {
  if (!checks.object!(options)) throw invalid('options', 'an object')
  for (const [name, kind] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[name]
    if (value === undefined) continue
    if (typeof kind === 'string') {
      if (!checks[kind]!(value)) throw invalid(name, wanted[kind]!)
    } else if (!kind.includes(value as string)) {
      throw invalid(name, `one of ${kind.join(', ')}`)
    }
  }
}

/** @throws ARGUMENT_INVALID */
export function checkText(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalid(name, 'a text')
}

/** @throws ARGUMENT_INVALID */
export function checkTexts(values: unknown, name: string): asserts values is readonly string[] {
  if (!Array.isArray(values)) throw invalid(name, 'a list')
  for (const value of values) checkText(value, `each of ${name}`)
}

const invalid = (name: string, what: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', `${name} must be ${what}`, { detail: { argument: name } })
