import type { DeleteResult } from '@cenotaph/core'
import { deletionDocument } from './documents.js'
import { exitCodes } from './exit-codes.js'
import type { Colours } from './output/colours.js'
import { deletionText } from './output/deletion-text.js'
import type { Answer } from './verb.js'

/** A deletion that is committed but has steps left is no success yet: status 3. */
export const deletionAnswer = (result: DeleteResult, colours: Colours): Answer => ({
  json: deletionDocument(result),
  text: deletionText(result, colours),
  exit: result.state === 'erasing' ? exitCodes.partial : exitCodes.done,
})
