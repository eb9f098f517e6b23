// Codex's file of thread names: one `{"id","thread_name","updated_at"}` a line, appended to; the last line of
// an id counts. A damaged line costs that line only.

export interface SessionName {
  readonly name: string
  /** RFC 3339, as written. */
  readonly updatedAt: string
}

/** The newest name of each id (in lower case). Malformed lines are skipped, empty names change nothing. */
export function parseSessionIndex(bytes: Uint8Array): ReadonlyMap<string, SessionName> {
  const names = new Map<string, SessionName>()
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  for (const line of text.split('\n')) {
    const entry = parseEntry(line)
    if (entry) names.set(entry.id, { name: entry.name, updatedAt: entry.updatedAt })
  }
  return names
}

/** One line, newline included. */
export function encodeSessionIndexLine(entry: {
  id: string
  name: string
  updatedAt: string
}): string {
  const { id, name, updatedAt } = entry
  return `${JSON.stringify({ id, thread_name: name, updated_at: updatedAt })}\n`
}

function parseEntry(line: string): { id: string; name: string; updatedAt: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { id, thread_name: name, updated_at: updatedAt } = value as Record<string, unknown>
  if (typeof id !== 'string' || typeof name !== 'string' || name.trim() === '') return undefined
  return {
    id: id.toLowerCase(),
    name,
    updatedAt: typeof updatedAt === 'string' ? updatedAt : '',
  }
}
