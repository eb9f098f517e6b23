// The registry of participants: names that every delete of this store waits for, whoever runs it. A name is durable,
// `p/<random handle>`; its code is memory of this process. A forgotten name stays, and says so in later receipts.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { Entropy } from '@cenotaph/storage'
import { rowsUnder } from '../rows-under.js'
import type { ParticipantCode } from './participant.js'

export const participantsPrefix = 'p/'

export interface Registration {
  readonly name: string
  /** Store time. */
  readonly registeredAtMs: number
  readonly forgotten?: { readonly atMs: number; readonly reason: string }
}

interface Row {
  readonly handle: string
  readonly registration: Registration
}

export class Participants {
  readonly #rows = new Map<string, Row>()
  readonly #entropy: Entropy
  readonly code: ParticipantCode

  private constructor(entropy: Entropy, code: ParticipantCode) {
    this.#entropy = entropy
    this.code = code
  }

  static async load(
    journal: Journal,
    entropy: Entropy,
    code: ParticipantCode,
  ): Promise<Participants> {
    const participants = new Participants(entropy, code)
    for await (const [key, body] of rowsUnder(journal, participantsPrefix)) {
      const registration = decodeRegistration(body)
      const handle = key.slice(participantsPrefix.length)
      participants.#rows.set(registration.name, { handle, registration })
    }
    return participants
  }

  get(name: string): Registration | undefined {
    return this.#rows.get(name)?.registration
  }

  /** Active and forgotten, in the order of their names. */
  all(): readonly Registration[] {
    return [...this.#rows.values()]
      .map(({ registration }) => registration)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  names(): readonly string[] {
    return this.all().map(({ name }) => name)
  }

  /** What a batch must hold so that the registration stands, and what follows in memory. */
  put(registration: Registration): { operations: BatchOperation[]; applied: () => void } {
    const handle =
      this.#rows.get(registration.name)?.handle ??
      Buffer.from(this.#entropy.bytes(8)).toString('hex')
    const body = Buffer.from(JSON.stringify(registration))
    return {
      operations: [{ type: 'put', key: `${participantsPrefix}${handle}`, body }],
      applied: () => {
        this.#rows.set(registration.name, { handle, registration })
      },
    }
  }
}

export const decodeRegistration = (body: Uint8Array): Registration =>
  JSON.parse(Buffer.from(body).toString()) as Registration
