// Which threads a call is about: by id, prefix or name, or `--last`.

import type { ThreadId, ThreadStore } from '@cenotaph/core'
import { StoreError } from '@cenotaph/storage'
import { UsageError } from '../usage-error.js'
import type { Call, VerbOption } from '../verb.js'

export interface LastOptions {
  readonly last?: true
  readonly allDirs?: true
}

export const lastOptions: readonly VerbOption[] = [
  { flags: '--last', description: 'the thread active last in this directory' },
  { flags: '--all-dirs', description: 'with --last: in any directory' },
]

type AnyCall = Pick<Call<readonly unknown[], LastOptions>, 'options' | 'store' | 'terminal'>

/** The one thread that a call is about. @throws UsageError, THREAD_NOT_FOUND, THREAD_AMBIGUOUS */
export async function oneThread(call: AnyCall, text: string | undefined): Promise<ThreadId> {
  const [id, ...others] = await threadsOf(call, text === undefined ? [] : [text])
  if (others.length > 0) throw new UsageError('name one thread')
  return id!
}

/** At least one thread, none twice. @throws as `oneThread` */
export async function threadsOf(
  call: AnyCall,
  texts: readonly string[],
  { archived = false }: { readonly archived?: boolean } = {},
): Promise<readonly ThreadId[]> {
  checkSelection(call.options, texts)
  const { last, allDirs } = call.options
  const store = await call.store()
  if (last) {
    const cwd = allDirs ? undefined : call.terminal.cwd
    return [await activeLast(store, cwd, archived)]
  }
  const ids = new Set<ThreadId>()
  for (const text of texts) ids.add(await store.resolveThread(text))
  return [...ids]
}

/** What can be said without a store. @throws UsageError */
export function checkSelection({ last, allDirs }: LastOptions, texts: readonly string[]): void {
  if (allDirs && !last) throw new UsageError('--all-dirs goes with --last')
  if (last && texts.length > 0) throw new UsageError('name a thread or use --last, not both')
  if (!last && texts.length === 0) throw new UsageError('name a thread, or use --last')
}

/** With `--last` the first word is not a thread: the words move up by one. @throws UsageError */
export function threadAndWord(
  options: LastOptions,
  [first, second]: readonly (string | undefined)[],
): { readonly thread: string | undefined; readonly word: string | undefined } {
  if (!options.last) return { thread: first, word: second }
  if (second !== undefined) throw new UsageError('name a thread or use --last, not both')
  return { thread: undefined, word: first }
}

async function activeLast(
  store: ThreadStore,
  cwd: string | undefined,
  archived: boolean,
): Promise<ThreadId> {
  const place = cwd === undefined ? {} : { cwd }
  const { threads } = await store.listThreads({ sort: 'updated', limit: 1, archived, ...place })
  if (threads[0]) return threads[0].threadId
  const where = cwd === undefined ? '' : ' in this directory'
  throw new StoreError('THREAD_NOT_FOUND', `there is no thread${where}`)
}
