// All verbs, in the order in which the help lists them. A new verb is listed here and nowhere else. To load a module takes
// longer than most verbs run, so a command line loads those of the verbs that it names, and all where it names none.

import type { AnyVerb } from '../verb.js'

interface VerbModule {
  /** The first words of its verbs. */
  readonly words: readonly string[]
  load(): Promise<readonly AnyVerb[]>
}

export const verbModules: readonly VerbModule[] = [
  { words: ['demo'], load: () => import('./demo.js').then(({ demo }) => [demo]) },
  { words: ['create'], load: () => import('./create.js').then(({ create }) => [create]) },
  { words: ['append'], load: () => import('./append.js').then(({ append }) => [append]) },
  { words: ['import'], load: () => import('./import.js').then(({ importVerb }) => [importVerb]) },
  { words: ['export'], load: () => import('./export.js').then(({ exportVerb }) => [exportVerb]) },
  { words: ['list'], load: () => import('./list.js').then(({ list }) => [list]) },
  { words: ['show'], load: () => import('./show.js').then(({ show }) => [show]) },
  { words: ['read'], load: () => import('./read.js').then(({ read }) => [read]) },
  { words: ['search'], load: () => import('./search.js').then(({ search }) => [search]) },
  { words: ['fork'], load: () => import('./fork.js').then(({ fork }) => [fork]) },
  { words: ['rename'], load: () => import('./rename.js').then(({ rename }) => [rename]) },
  {
    words: ['archive', 'unarchive'],
    load: () => import('./archive.js').then(({ archive, unarchive }) => [archive, unarchive]),
  },
  {
    words: ['hold', 'unhold', 'holds', 'pin', 'unpin'],
    load: () =>
      import('./hold.js').then(({ hold, unhold, holds, pin, unpin }) => [
        hold,
        unhold,
        holds,
        pin,
        unpin,
      ]),
  },
  { words: ['delete'], load: () => import('./delete.js').then(({ deleteVerb }) => [deleteVerb]) },
  { words: ['restore'], load: () => import('./restore.js').then(({ restore }) => [restore]) },
  { words: ['redact'], load: () => import('./redact.js').then(({ redact }) => [redact]) },
  { words: ['retry'], load: () => import('./retry.js').then(({ retry }) => [retry]) },
  { words: ['sweep'], load: () => import('./sweep.js').then(({ sweep }) => [sweep]) },
  {
    words: ['retention'],
    load: () => import('./retention.js').then(({ retentionVerbs }) => retentionVerbs),
  },
  {
    words: ['attachments'],
    load: () => import('./attachments.js').then(({ attachmentVerbs }) => attachmentVerbs),
  },
  { words: ['compress'], load: () => import('./compress.js').then(({ compress }) => [compress]) },
  { words: ['du'], load: () => import('./du.js').then(({ du }) => [du]) },
  {
    words: ['participants'],
    load: () =>
      import('./participants.js').then(({ participants, participantsForget }) => [
        participants,
        participantsForget,
      ]),
  },
  { words: ['status'], load: () => import('./status.js').then(({ status }) => [status]) },
  { words: ['receipts'], load: () => import('./receipts.js').then(({ receipts }) => [receipts]) },
  { words: ['receipt'], load: () => import('./receipt.js').then(({ receipt }) => [receipt]) },
  {
    words: ['receipt'],
    load: () => import('./receipt-verify.js').then(({ receiptVerify }) => [receiptVerify]),
  },
  { words: ['head'], load: () => import('./head.js').then(({ head }) => [head]) },
  { words: ['events'], load: () => import('./events.js').then(({ events }) => [events]) },
  { words: ['verify'], load: () => import('./verify.js').then(({ verify }) => [verify]) },
  { words: ['repair'], load: () => import('./repair.js').then(({ repair }) => [repair]) },
  { words: ['backup'], load: () => import('./backup.js').then(({ backup }) => [backup]) },
  {
    words: ['restore-backup'],
    load: () => import('./restore-backup.js').then(({ restoreBackupVerb }) => [restoreBackupVerb]),
  },
  {
    words: ['backups'],
    load: () =>
      import('./backups.js').then(({ backups, backupsForget, backupsVerify }) => [
        backups,
        backupsForget,
        backupsVerify,
      ]),
  },
]

/** The verbs that a command line may be about. */
export async function verbsIn(commandLine: readonly string[]): Promise<readonly AnyVerb[]> {
  const named = verbModules.filter(({ words }) => words.some((word) => commandLine.includes(word)))
  const isOpen = named.length === 0 || commandLine.includes('help')
  const loaded = await Promise.all((isOpen ? verbModules : named).map((module) => module.load()))
  return loaded.flat()
}
