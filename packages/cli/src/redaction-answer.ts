import type { RedactResult } from '@cenotaph/core'
import { redactionDocument } from './documents.js'
import { exitCodes } from './exit-codes.js'
import type { Colours } from './output/colours.js'
import { redactionText } from './output/redaction-text.js'
import type { Answer } from './verb.js'

/** A redaction that is committed but has steps left is no success yet: status 3. */
export const redactionAnswer = (result: RedactResult, colours: Colours): Answer => ({
  json: redactionDocument(result),
  text: redactionText(result, colours),
  exit: result.state === 'erasing' ? exitCodes.partial : exitCodes.done,
})
