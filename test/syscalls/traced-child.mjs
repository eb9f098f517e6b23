// @ts-check
// A process that runs programs on stores, one job after the other, and waits before each until whoever traces it is
// ready. It says what it was promised and what it was refused:
//
//   READY          the store is open (or, armed from the open on, nothing is yet); it goes on with the next line of input
//   ACK 0          the call resolved
//   FAIL 1 CODE OUTCOME   the call rejected with a typed error, and nothing more is called
//   UNTYPED text   anything else, which nobody may ever see
//   DONE           the store is closed, or could not be, with a typed error

import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { isStoreError, openThreadStore } from '@cenotaph/core'
import { callStore, participant } from '../support/call-store.mjs'

/** @param {string} line */
const say = (line) => {
  writeSync(1, `${line}\n`)
}

/** @param {string} name @param {unknown} error */
function sayError(name, error) {
  if (isStoreError(error)) say(`FAIL ${name} ${error.code} ${error.outcome ?? 'none'}`)
  else
    say(
      `UNTYPED ${name} ${error instanceof Error ? error.stack : String(error)}`.replaceAll(
        '\n',
        ' ',
      ),
    )
}

/**
 * @param {import('./traced-child.js').TracedJob} job
 * @param {() => Promise<void>} traced
 */
async function run({ root, program, options, armed }, traced) {
  const { participants = [], ...rest } = options
  const open = () =>
    openThreadStore(root, {
      ...rest,
      participants: /** @type {string[]} */ (participants).map(participant),
    })
  if (armed === 'open') await traced()
  /** @type {import('@cenotaph/core').ThreadStore} */
  let store
  try {
    store = await open()
  } catch (error) {
    return sayError('open', error)
  }
  if (armed === 'program') await traced()
  for (const [index, call] of program.entries()) {
    try {
      const result = await callStore(store, call)
      if (result?.skipped?.length > 0) {
        // An import tells of what it could not read, and does the rest.
        say(`FAIL ${index} SKIPPED none`)
        break
      }
      say(`ACK ${index}`)
    } catch (error) {
      sayError(String(index), error)
      break
    }
  }
  await store.close().catch((error) => sayError('close', error))
}

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
for (;;) {
  const { value, done } = await input.next()
  if (done) break
  await run(JSON.parse(value), async () => {
    say('READY')
    await input.next()
  })
  say('DONE')
}
