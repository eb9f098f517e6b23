// `node examples/naive-jsonl/dist/main.js`: what suite, model and power cuts say of the store, written in either way.
// `--replay 4.3` looks at one state alone, as the program itself prints it.

import { parseArgs } from 'node:util'
import { askModel, askPowerCuts, askSuite, Bug } from './rig.js'
import { careful, naive } from './writing.js'

const { values } = parseArgs({ options: { replay: { type: 'string' } } })

for (const [name, writing] of Object.entries({ naive, careful })) {
  if (values.replay === undefined) {
    const { passed, failed } = await askSuite(writing)
    console.log(`${name}: suite, ${passed.length} tests passed, ${failed.length} failed`)
    const { runs, commands } = await askModel(writing)
    console.log(`${name}: model, ${runs} programs of ${commands} commands, no difference`)
  }
  const { states, failures } = await askPowerCuts(writing, values.replay)
  const [first] = failures
  console.log(`${name}: power cuts, ${states} states, ${first ? 'wrong' : 'all right'}`)
  if (!first) continue
  const { error, at, acknowledged, replay } = first
  const what = error instanceof Bug ? error.code : String(error)
  console.log(`${name}: ${what}, with the power gone ${at}, after ${acknowledged} calls`)
  console.log(`${name}: again: node examples/naive-jsonl/dist/main.js --replay ${replay}`)
}
