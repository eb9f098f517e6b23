/** Indexes that are marked with 1, ascending. */
export function marked(marks: Uint8Array): readonly number[] {
  const indexes: number[] = []
  for (let at = marks.indexOf(1); at >= 0; at = marks.indexOf(1, at + 1)) indexes.push(at)
  return indexes
}
