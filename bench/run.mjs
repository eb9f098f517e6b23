// `npm run bench`: every benchmark; `npm run bench -- NAME [options]`: one of them. Each runs in a process of its own.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, setUp } from '../scripts/setup.mjs'
import { benchmarkNames } from './benchmarks/index.mjs'
import { installPeers } from './peers/install.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const [first = '', ...rest] = process.argv.slice(2)
const one = first !== '' && !first.startsWith('--')
if (one && !benchmarkNames.includes(first)) {
  console.error(`there is no benchmark ${first}; there are: ${benchmarkNames.join(', ')}`)
  process.exit(2)
}
setUp()
installPeers()
for (const name of one ? [first] : benchmarkNames) {
  const options = one ? rest : process.argv.slice(2)
  run('node', [path.join(folder, 'one.mjs'), name, ...options], { loud: true })
}
