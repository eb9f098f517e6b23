// Create: a new thread, durable when its id is printed.

import path from 'node:path'
import { given, jsonObject } from '../arguments/parse.js'
import { defineVerb } from '../verb.js'

interface CreateOptions {
  readonly cwd?: string
  readonly name?: string
  readonly parent?: string
  readonly modelProvider?: string
  readonly source?: string
  readonly meta?: Readonly<Record<string, unknown>>
}

export const create = defineVerb<[], CreateOptions>({
  name: 'create',
  summary: 'make a new thread',
  options: [
    { flags: '--cwd <dir>', description: 'its working directory (default: this one)' },
    { flags: '--name <name>', description: 'its name' },
    { flags: '--parent <thread>', description: 'the thread that spawns it' },
    { flags: '--model-provider <provider>', description: 'recorded in its first line' },
    { flags: '--source <source>', description: 'recorded in its first line (default: cli)' },
    { flags: '--meta <json>', description: 'more members of its first line', parse: jsonObject },
  ],
  async run({ options: { cwd, parent, ...options }, terminal, store: open }) {
    const store = await open()
    const threadId = await store.createThread(
      given({
        ...options,
        cwd: cwd === undefined ? undefined : path.resolve(terminal.cwd, cwd),
        parentThreadId: parent === undefined ? undefined : await store.resolveThread(parent),
      }),
    )
    return { json: { threadId }, text: threadId }
  },
})
