// What the demo tells and what it holds to be true: numbered steps as they happen, and a list of checked claims.

import type { Terminal } from '../terminal.js'

export interface Claim {
  readonly claim: string
  readonly holds: boolean
}

export class Report {
  readonly #terminal: Terminal
  readonly #silent: boolean
  readonly claims: Claim[] = []
  #steps = 0

  constructor(terminal: Terminal, { silent }: { readonly silent: boolean }) {
    this.#terminal = terminal
    this.#silent = silent
  }

  async step(title: string): Promise<void> {
    this.#steps += 1
    await this.say(`\n${this.#terminal.colours.bold(`${this.#steps}. ${title}`)}`, '')
  }

  async say(text: string, indent = '   '): Promise<void> {
    if (this.#silent) return
    const lines = text.split('\n').map((line) => (line === '' ? '' : indent + line))
    await this.#terminal.out.write(`${lines.join('\n')}\n`)
  }

  /** Said as it is; one claim that does not hold fails the demo. */
  async check(claim: string, holds: boolean): Promise<void> {
    this.claims.push({ claim, holds })
    await this.say(this.#marked({ claim, holds }))
  }

  get holds(): boolean {
    return this.claims.every((claim) => claim.holds)
  }

  #marked({ claim, holds }: Claim): string {
    const { colours } = this.#terminal
    return holds ? `${colours.green('✓')} ${claim}` : `${colours.red('✗ NOT SO:')} ${claim}`
  }
}
