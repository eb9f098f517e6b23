import { describe, expect, it } from 'vitest'
import { verbModules, verbsIn } from './index.js'

const named = async (commandLine: readonly string[]) =>
  (await verbsIn(commandLine)).map(({ name }) => name)

describe('the verbs that a command line loads', () => {
  it('are those of the words under which they are listed', async () => {
    let verbs = 0
    for (const { words, load } of verbModules) {
      const names = (await load()).map(({ name }) => name)
      expect([...new Set(names.map((name) => name.split(' ')[0]))]).toEqual(words)
      verbs += names.length
    }
    expect(verbs).toBeGreaterThan(45)
    expect(await named([])).toHaveLength(verbs)
  })

  it('are those that it may name, wherever the name stands', async () => {
    expect(await named(['--root', 'show', 'list'])).toEqual(['list', 'show'])
    expect(await named(['receipt', 'verify', 'file'])).toEqual([
      'receipt',
      'receipt verify',
      'verify',
    ])
    expect(await named(['unarchive', '--help'])).toEqual(['archive', 'unarchive'])
  })

  it('are all of them for help, and where no verb is named', async () => {
    const all = await named([])
    for (const words of [['help', 'list'], ['--help'], ['unheard-of']])
      expect(await named(words)).toEqual(all)
  })
})
