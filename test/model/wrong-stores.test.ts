// The model must be able to fail: stores that are wrong in one thing, always or only where calls are under way at once.

import { threadStoreModel, threadStoreModelConcurrently } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { seed, TIMEOUT_MS } from './given.js'
import { inMemory, onMachine, supportsAtOnce, supportsInMemory } from './systems.js'
import { wrong, wrongAtOnce, wrongOnMachine } from './wrong-stores.js'

describe('a store that is wrong is caught', () => {
  it.each(Object.keys(wrong))('that %s', async (name) => {
    const open = () => inMemory(wrong[name]!)
    const supports = supportsInMemory
    const checked = threadStoreModel({ open, supports }, { seed, runs: 300, shrink: false })
    await expect(checked).rejects.toThrow('Counterexample')
  })

  it.each(Object.keys(wrongOnMachine))('that, on a machine, %s', async (name) => {
    const open = () => wrongOnMachine[name]!()
    await expect(threadStoreModel({ open }, { seed, runs: 300, shrink: false })).rejects.toThrow(
      'Counterexample',
    )
  })
})

describe('a store that is wrong only when calls are under way at once is caught', () => {
  it.each(Object.keys(wrongAtOnce))(
    'that %s',
    async (name) => {
      const change = wrongAtOnce[name]!
      await threadStoreModel({ open: () => onMachine({ change }) }, { seed, runs: 20 })
      const checked = threadStoreModelConcurrently(
        { open: (turns) => onMachine({ turns, change }), supports: supportsAtOnce },
        { seed, runs: 300, shrink: false },
      )
      await expect(checked).rejects.toThrow('Counterexample')
    },
    TIMEOUT_MS,
  )
})
