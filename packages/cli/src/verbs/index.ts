// All verbs, in the order in which the help lists them. A new verb is listed here and nowhere else.

import type { AnyVerb } from '../verb.js'
import { append } from './append.js'
import { archive, unarchive } from './archive.js'
import { attachmentVerbs } from './attachments.js'
import { backup } from './backup.js'
import { backups, backupsForget, backupsVerify } from './backups.js'
import { compress } from './compress.js'
import { create } from './create.js'
import { deleteVerb } from './delete.js'
import { demo } from './demo.js'
import { du } from './du.js'
import { events } from './events.js'
import { exportVerb } from './export.js'
import { fork } from './fork.js'
import { head } from './head.js'
import { hold, holds, pin, unhold, unpin } from './hold.js'
import { importVerb } from './import.js'
import { list } from './list.js'
import { participants, participantsForget } from './participants.js'
import { read } from './read.js'
import { receipt } from './receipt.js'
import { receiptVerify } from './receipt-verify.js'
import { receipts } from './receipts.js'
import { redact } from './redact.js'
import { rename } from './rename.js'
import { repair } from './repair.js'
import { restore } from './restore.js'
import { restoreBackupVerb } from './restore-backup.js'
import { retentionVerbs } from './retention.js'
import { retry } from './retry.js'
import { show } from './show.js'
import { status } from './status.js'
import { sweep } from './sweep.js'
import { verify } from './verify.js'

export const verbs: readonly AnyVerb[] = [
  demo,
  create,
  append,
  importVerb,
  exportVerb,
  list,
  show,
  read,
  fork,
  rename,
  archive,
  unarchive,
  hold,
  unhold,
  holds,
  pin,
  unpin,
  deleteVerb,
  restore,
  redact,
  retry,
  sweep,
  ...retentionVerbs,
  ...attachmentVerbs,
  compress,
  du,
  participants,
  participantsForget,
  status,
  receipts,
  receipt,
  receiptVerify,
  head,
  events,
  verify,
  repair,
  backup,
  restoreBackupVerb,
  backups,
  backupsForget,
  backupsVerify,
]
