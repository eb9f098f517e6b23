// Loads the engine and uses none of it: the memory that every process with a store has before it opens one.

import { version } from '@cenotaph/core'

console.log(
  JSON.stringify({
    version: Number.parseInt(version, 10),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }),
)
