// A host with data of its own: it counts how it is asked, and hangs, throws or lies when told to.

import type { ThreadId } from '@cenotaph/rollout'
import type { Clock } from '@cenotaph/storage'
import type { Participant, ParticipantContext } from './participant.js'

export class Host implements Participant {
  readonly name: string
  readonly kept = new Set<string>()
  readonly erasures: (readonly ThreadId[])[] = []
  readonly calls: ParticipantContext[] = []
  behaviour: 'honest' | 'hangs' | 'throws' | 'throws-in-verify' | 'lies' | 'talks' = 'honest'
  signal: AbortSignal | undefined

  constructor(name: string) {
    this.name = name
  }

  async erase(threadIds: readonly ThreadId[], context: ParticipantContext): Promise<void> {
    this.erasures.push(threadIds)
    this.calls.push(context)
    this.signal = context.signal
    if (this.behaviour === 'hangs') await new Promise(() => {})
    if (this.behaviour === 'throws') throw new Error('the words of a host')
    if (this.behaviour === 'lies') return
    for (const id of threadIds) this.kept.delete(id)
  }

  async verify(threadIds: readonly ThreadId[]): Promise<readonly string[]> {
    if (this.behaviour === 'throws-in-verify') throw new Error('the words of a host')
    if (this.behaviour === 'talks') return 'nothing left' as unknown as string[]
    return threadIds.filter((id) => this.kept.has(id))
  }
}

/** Time passes when a test says so. */
export class ManualClock implements Clock {
  #nowMs = Date.UTC(2030, 0, 1)
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  wallMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  pass(ms: number): void {
    this.#nowMs += ms
    for (const timer of [...this.#timers].sort((a, b) => a.atMs - b.atMs)) {
      if (timer.atMs > this.#nowMs || !this.#timers.delete(timer)) continue
      timer.callback()
    }
  }
}

/** Lets everything happen that waits for the disk or for a turn, until the condition holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 5_000; turn += 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error('it never came about')
}
