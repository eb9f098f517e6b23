// The model must be able to fail: stores that are wrong in one thing, always or only where calls are under way at once.

import { threadStoreModel, threadStoreModelConcurrently } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { given, TIMEOUT_MS } from './given.js'
import { inMemory, onMachine } from './systems.js'
import { wrong, wrongAtOnce } from './wrong-stores.js'

describe('a store that is wrong is caught', () => {
  it.each(Object.keys(wrong))('that %s', async (name) => {
    const open = () => inMemory(wrong[name]!)
    const checked = threadStoreModel({ open }, { ...given, runs: 200, shrink: false })
    await expect(checked).rejects.toThrow('Counterexample')
  })
})

describe('a store that is wrong only when calls are under way at once is caught', () => {
  it.each(Object.keys(wrongAtOnce))(
    'that %s',
    async (name) => {
      const change = wrongAtOnce[name]!
      await threadStoreModel({ open: () => onMachine(undefined, change) }, { ...given, runs: 20 })
      const checked = threadStoreModelConcurrently(
        { open: (turns) => onMachine(turns, change) },
        { ...given, runs: 300, shrink: false },
      )
      await expect(checked).rejects.toThrow('Counterexample')
    },
    TIMEOUT_MS,
  )
})
