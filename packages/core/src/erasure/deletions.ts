// Deletions under way in this process: their probes, what their steps found, and the retries that are due. Probes
// are nowhere else, so a delete that is finished by another process is verified by structure.

import type { OperationId } from '@cenotaph/journal'
import type { ParticipantProgress } from '../participants/progress.js'
import { FolderOwners } from './folder-owners.js'
import type { OwnedFile } from './names-on-disk.js'
import type { Probe } from './probes.js'
import type { ResidueScan } from './scan-residue.js'

export interface StepProgress {
  attempts: number
  outcome: 'done' | 'failed'
  /** Store time of the last attempt, in milliseconds. */
  atMs: number
}

export interface Deletion {
  readonly probes: readonly Probe[] | undefined
  /** Names that a walk found under the threads' locks; undefined once a run after it may have unlinked some. */
  names: readonly OwnedFile[] | undefined
  readonly steps: Map<string, StepProgress>
  readonly participants: Map<string, ParticipantProgress>
  /** Handles of directories that the delete emptied, once the scrub knows them. */
  directories: readonly string[]
  verification: { readonly mode: 'probes' | 'structural'; readonly scan: ResidueScan } | undefined
  /** Lets the next delete prepare its tombstone; called when this one is committed or abandoned. */
  release: (() => void) | undefined
}

export class Deletions {
  readonly folderOwners = new FolderOwners()
  readonly #open = new Map<OperationId, Deletion>()
  #preparing: Promise<void> = Promise.resolve()
  #erasing: Promise<unknown> = Promise.resolve()

  begin(
    id: OperationId,
    probes: readonly Probe[] | undefined,
    names?: readonly OwnedFile[],
  ): Deletion {
    const deletion: Deletion = {
      probes,
      names,
      steps: new Map(),
      participants: new Map(),
      directories: [],
      verification: undefined,
      release: undefined,
    }
    this.#open.set(id, deletion)
    return deletion
  }

  /** The deletion of an operation; one that another process began has no probes. */
  of(id: OperationId): Deletion {
    return this.#open.get(id) ?? this.begin(id, undefined)
  }

  end(id: OperationId): void {
    this.#open.delete(id)
  }

  /**
   * Scrubs and verifications of different deletes take turns. A text that two dying threads share, such as their
   * directory, then is either held by a row or gone, and never the half-erased residue of the other one.
   */
  inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#erasing.then(run)
    this.#erasing = turn.catch(() => {})
    return turn
  }

  /** One delete at a time is between its tombstone and its batch, so that at most one is undecided. */
  async exclusively(): Promise<() => void> {
    const before = this.#preparing
    let release = (): void => {}
    this.#preparing = new Promise((resolve) => {
      release = resolve
    })
    await before
    return release
  }
}
