// Runs one verb: gives it its call, writes its answer, closes the store.

import type { ExitCode } from './exit-codes.js'
import { exitCodes } from './exit-codes.js'
import { Ticker } from './output/ticker.js'
import type { Session } from './session.js'
import type { Terminal } from './terminal.js'
import type { AnyVerb, Call } from './verb.js'

export interface ParsedCall {
  readonly arguments: readonly unknown[]
  readonly options: Readonly<Record<string, unknown>>
  readonly json: boolean
  readonly root: string
}

/** The answer is written only after the store was closed: what is reported as done is durable, and stays so. */
export async function runVerb(
  verb: AnyVerb,
  parsed: ParsedCall,
  session: Session,
  terminal: Terminal,
): Promise<ExitCode> {
  const ticker = new Ticker(terminal, verb.name)
  const quiet: Terminal = {
    ...terminal,
    confirm(question, signal) {
      ticker.stop()
      return terminal.confirm(question, signal)
    },
  }
  const call: Call<readonly unknown[], unknown> = {
    ...parsed,
    terminal: quiet,
    signal: session.signal,
    store: session.store,
    progress: (done, total) => ticker.progress(done, total),
    atEnd: (clean) => session.atEnd(clean),
  }
  try {
    const answer = await verb.run(call as Call<readonly never[], never>)
    await session.close()
    ticker.stop()
    if (!answer) return exitCodes.done
    const text = parsed.json ? JSON.stringify(answer.json) : answer.text
    await terminal.out.write(text === '' ? '' : `${text}\n`)
    return answer.exit ?? exitCodes.done
  } finally {
    ticker.stop()
    await session.close()
  }
}
