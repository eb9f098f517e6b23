// Receipts: what was deleted or redacted, as signed documents that outlive it.

import { tableText } from '../output/table.js'
import { relativeTime, sizeText } from '../output/units.js'
import { defineVerb } from '../verb.js'

export const receipts = defineVerb<[]>({
  name: 'receipts',
  summary: 'list the receipts of deletions and redactions, and the key that signs them',
  async run({ store: open, terminal }) {
    const store = await open()
    const found = await store.listReceipts()
    const nowMs = terminal.clock.wallMs()
    const rows = found.map((receipt) => [
      terminal.colours.cyan(receipt.receiptId),
      relativeTime(receipt.erasedAt ?? receipt.committedAt, nowMs),
      receipt.redaction ? 'redaction' : 'deletion',
      String(receipt.threadIds.length),
      sizeText(receipt.bytes),
      receipt.state,
    ])
    const columns = [
      { title: 'RECEIPT' },
      { title: 'WHEN' },
      { title: 'OF' },
      { title: 'THREADS', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'STATE' },
    ] as const
    const table = rows.length === 0 ? 'no receipts' : tableText(columns, rows, terminal.colours)
    // Whoever notes the key now can pin receipts to it later, when nobody trusts this store.
    const text = `${table}\nsigning key: ${store.publicKey}`
    return { json: { receipts: found, publicKey: store.publicKey }, text }
  },
})
