// Attachments: what a host keeps with a thread beside its lines. The list reads no values; `get` prints one as it is
// stored.

import type { AttachmentInfo, ThreadStore } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { readFile } from '../arguments/files.js'
import { type LastOptions, lastOptions, oneThread } from '../arguments/threads.js'
import { exitCodes } from '../exit-codes.js'
import { escapeText } from '../output/escape.js'
import { tableText } from '../output/table.js'
import { relativeTime, sizeText } from '../output/units.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import { type AnyVerb, defineVerb } from '../verb.js'

interface ListOptions extends LastOptions {
  readonly kind?: string
}

interface PutOptions {
  readonly valueJson?: true
  readonly erasePrevious?: true
}

const named = [
  { name: '<thread>', description: 'id, prefix or name' },
  { name: '<kind>', description: 'its kind' },
  { name: '<key>', description: 'its key' },
]

const attachments = defineVerb<[string | undefined], ListOptions>({
  name: 'attachments',
  summary: 'list what a host keeps with a thread beside its lines',
  arguments: [{ name: '[thread]', description: 'id, prefix or name' }],
  options: [...lastOptions, { flags: '--kind <kind>', description: 'those of one kind' }],
  async run(call) {
    const threadId = await oneThread(call, call.arguments[0])
    const found = await allOf(await call.store(), threadId, call.options.kind)
    return {
      json: { attachments: found },
      text: found.length === 0 ? 'the thread has no attachments' : listText(found, call.terminal),
    }
  },
})

const attachmentsGet = defineVerb<[thread: string, kind: string, key: string]>({
  name: 'attachments get',
  summary: 'print the value of an attachment as it is stored',
  arguments: named,
  async run({ arguments: [thread, kind, key], store: open, terminal, json }) {
    const store = await open()
    const value = await store.attachments(await store.resolveThread(thread)).get(kind, key)
    const exit = value === undefined ? exitCodes.error : exitCodes.done
    const isBytes = value instanceof Uint8Array
    if (json) {
      const encoded = isBytes
        ? { base64: Buffer.from(value).toString('base64') }
        : { value: value ?? null }
      return { json: { kind, key, found: value !== undefined, ...encoded }, text: '', exit }
    }
    if (value === undefined) return { json: null, text: 'there is no such attachment', exit }
    await terminal.out.write(isBytes ? value : Buffer.from(`${JSON.stringify(value)}\n`))
    return undefined
  },
})

const attachmentsPut = defineVerb<
  [thread: string, kind: string, key: string, file: string],
  PutOptions
>({
  name: 'attachments put',
  summary: 'store the bytes of a file under a kind and a key; what was there is replaced',
  arguments: [...named, { name: '<file>', description: 'whose bytes are the value' }],
  options: [
    { flags: '--value-json', description: 'the file is JSON, and is given back as such' },
    { flags: '--erase-previous', description: 'erase the replaced bytes physically' },
  ],
  async run({ arguments: [thread, kind, key, file], options, store: open, terminal }) {
    const bytes = await readFile(nodeDisk, terminal.cwd, file)
    const value = options.valueJson ? parsed(bytes, file) : bytes
    const store = await open()
    const threadId = await store.resolveThread(thread)
    const erasePrevious = options.erasePrevious === true
    await store.attachments(threadId).put(kind, key, value, { erasePrevious })
    return { json: { threadId, kind, key }, text: 'stored' }
  },
})

const attachmentsDelete = defineVerb<[thread: string, kind: string, key: string]>({
  name: 'attachments delete',
  summary: 'take an attachment away and erase its bytes',
  arguments: named,
  async run({ arguments: [thread, kind, key], store: open }) {
    const store = await open()
    const threadId = await store.resolveThread(thread)
    const deleted = await store.attachments(threadId).delete(kind, key)
    return { json: { threadId, kind, key, deleted }, text: deleted ? 'erased' : 'it was not there' }
  },
})

export const attachmentVerbs: readonly AnyVerb[] = [
  attachments,
  attachmentsGet,
  attachmentsPut,
  attachmentsDelete,
]

async function allOf(
  store: ThreadStore,
  threadId: string,
  kind: string | undefined,
): Promise<readonly AttachmentInfo[]> {
  const found: AttachmentInfo[] = []
  let cursor: string | undefined
  do {
    const page = await store.attachments(threadId).list({
      limit: 1000,
      ...(kind === undefined ? {} : { kind }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    found.push(...page.attachments)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}

const listText = (found: readonly AttachmentInfo[], { colours, clock }: Terminal): string =>
  tableText(
    [{ title: 'KIND' }, { title: 'KEY' }, { title: 'SIZE', align: 'right' }, { title: 'UPDATED' }],
    found.map(({ kind, key, bytes, updatedAt }) => [
      escapeText(kind),
      escapeText(key),
      sizeText(bytes),
      relativeTime(updatedAt, clock.wallMs()),
    ]),
    colours,
  )

/** @throws UsageError */
function parsed(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw new UsageError(`${file} is not JSON`)
  }
}
