import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { foundAgain } from './found-again.mjs'

/** @param {string} name */
const textOf = (name) => name.padEnd(64, 'z').repeat(8)

/** @type {string} */
let folder
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-bench-test-'))
})
afterEach(() => fs.rm(folder, { recursive: true }))

it('finds a text whole, cut, and in files below; a copy counts once', async () => {
  await fs.mkdir(path.join(folder, 'below'))
  await fs.writeFile(path.join(folder, 'whole'), `x${textOf('one')}x${textOf('one')}`)
  await fs.writeFile(path.join(folder, 'below', 'cut'), textOf('two').slice(300))
  await fs.writeFile(path.join(folder, 'LOCK'), textOf('three'))
  const texts = ['one', 'two', 'three', 'four'].map(textOf)
  expect(await foundAgain(folder, texts)).toEqual({ records: 2, copies: 3 })
})
