/** Ids for tests: UUIDv7, ascending with `n`. */
export const testId = (n: number): string =>
  `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`

/** A message of the user to the model, which no persistence policy drops. */
export const message = (text: string) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})
