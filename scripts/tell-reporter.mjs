// A reporter of vitest that keeps what tests print, and what they skip and why, for the table at the end of `npm test`:
// in the file that CENOTAPH_TOLD names, as JSON.

import { writeFileSync } from 'node:fs'

export default class TellReporter {
  #said = ''
  #skipped = new Set()

  onUserConsoleLog({ content }) {
    this.#said += content.endsWith('\n') ? content : `${content}\n`
  }

  onTestRunEnd(modules) {
    for (const { children } of modules) {
      for (const { name } of [...children.allSuites(), ...children.allTests()]) {
        const [, what, why] = /^(.*) \(skipped: (.*)\)$/s.exec(name) ?? []
        if (what) this.#skipped.add(`${what}: ${why.split('\n')[0]}`)
      }
    }
    for (const [, why] of this.#said.matchAll(/^skipped: (.*)$/gm)) this.#skipped.add(why)
    const told = { said: this.#said, skipped: [...this.#skipped] }
    writeFileSync(process.env.CENOTAPH_TOLD, JSON.stringify(told))
  }
}
