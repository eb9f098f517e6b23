// `npm run bench:report`: makes docs/performance.md and its plots of the results and of the prose in bench/performance.

import { fileURLToPath } from 'node:url'
import { writePage } from './report/page.mjs'
import { readResults } from './results.mjs'

const results = readResults()
const names = await writePage(results, fileURLToPath(new URL('../docs', import.meta.url)))
console.log(`${results.length} results: ${names.join(', ')}`)
