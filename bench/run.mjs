// `npm run bench`: every benchmark; `npm run bench -- NAME [options]`: one of them.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, setUp } from '../scripts/setup.mjs'

const benchmarks = ['append', 'delete']
const folder = fileURLToPath(new URL('.', import.meta.url))
const [name, ...options] = process.argv.slice(2)
if (name !== undefined && !benchmarks.includes(name)) {
  console.error(`there is no benchmark ${name}; there are: ${benchmarks.join(', ')}`)
  process.exit(2)
}
setUp()
for (const one of name === undefined ? benchmarks : [name]) {
  run('node', [path.join(folder, `${one}.mjs`), ...options], { loud: true })
}
