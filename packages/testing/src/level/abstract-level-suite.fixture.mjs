// abstract-level's own published suite, over SimLevel. It speaks tape; the test beside it reads the result.

import suite from 'abstract-level/test/index.js'
import test from 'tape'
import { SimLevel, SimLevelFolder } from '../../dist/index.js'

suite({
  test,
  factory: (options) =>
    new SimLevel(new SimLevelFolder(), {
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
      logBytesMax: 256,
      ...options,
    }),
})
