import { defineVerb } from '../verb.js'

export const demo = defineVerb<[]>({
  name: 'demo',
  summary: 'show on a store of its own that a delete is real',
  async run() {
    return undefined
  },
})
