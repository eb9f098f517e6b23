// `npm start`: sets up and runs the main job on real-shaped rollouts.

import path from 'node:path'
import { run, setUp, top } from './setup.mjs'

setUp()
run('node', [path.join(top, 'packages/cli/bin/cenotaph.js'), 'demo', ...process.argv.slice(2)], {
  loud: true,
})
