// The disk on which bits rot is a disk like any other.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { diskSuite } from '@cenotaph/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { hurriedDisk } from '../support/hurried-disk.js'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'

const TESTS_MIN = 15

describe('the hurried disk', () => {
  const root = temporaryFolder()
  afterAll(() => removeFolder(root))
  let places = 0
  const tests = diskSuite({
    test: it,
    async factory() {
      places += 1
      const folder = path.join(root, String(places))
      mkdirSync(folder)
      return { value: { disk: hurriedDisk, folder } }
    },
  })

  it('is asked enough', () => {
    expect(tests).toBeGreaterThanOrEqual(TESTS_MIN)
  })
})
