// Repair: shows what it would do, asks, does it, and names everything that it could not bring back.

import { type RepairReport, repairStore } from '@cenotaph/core'
import {
  agreedBefore,
  askFirst,
  type ConsentOptions,
  consentOptions,
  refuseWithoutConsent,
} from '../arguments/consent.js'
import { escapeText } from '../output/escape.js'
import { countText } from '../output/units.js'
import { defineVerb } from '../verb.js'

interface RepairOptions extends ConsentOptions {
  readonly dryRun?: true
}

export const repair = defineVerb<[], RepairOptions>({
  name: 'repair',
  summary: 'rebuild what can be rebuilt of a store that does not open',
  options: [{ flags: '--dry-run', description: 'tell what would be done' }, ...consentOptions],
  async run({ root, options, terminal, signal }) {
    refuseWithoutConsent(options, terminal)
    if (options.dryRun || !agreedBefore(options)) {
      const plan = await repairStore(root, {}, { dryRun: true })
      if (options.dryRun) return { json: plan, text: textOf(plan) }
      await askFirst(textOf(plan), 'Repair the store?', terminal, signal)
    }
    const report = await repairStore(root)
    return { json: report, text: textOf(report) }
  },
})

function textOf({ rebuilt, adopted, lost, setAside }: RepairReport): string {
  return [
    `${countText(rebuilt.length, 'thread')} rebuilt from the rollouts`,
    ...adopted.map(({ threadId, items }) => `${threadId} gets ${countText(items, 'item')} back`),
    ...lost.map(
      ({ what, threadId, detail }) =>
        `lost: ${what} ${threadId === null ? '' : `${threadId} `}(${escapeText(detail)})`,
    ),
    ...setAside.map((name) => `set aside: ${escapeText(name)}`),
  ].join('\n')
}
