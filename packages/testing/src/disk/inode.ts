// What a simulated file or folder is: its present state, and how it came from the state that is durable. Only the
// difference can be lost.

/** Unit in which a device writes: a write that was cut short is whole or absent sector by sector. */
export const SECTOR_BYTES = 512

export interface FileInode {
  readonly kind: 'file'
  readonly id: number
  mode: number
  /** Names in folders as they are now. */
  links: number
  modifiedMs: number
  /**
   * Contents since the last sync: the durable one first, then one for each write or truncation. Each sector may come
   * back in any of these versions.
   */
  versions: Uint8Array[]
}

export interface FolderInode {
  readonly kind: 'folder'
  readonly id: number
  mode: number
  modifiedMs: number
  entries: Map<string, Inode>
  /** As the last sync of the folder left it. */
  durable: ReadonlyMap<string, Inode>
  /** What changed since, in order. */
  pending: NameChange[]
}

export type Inode = FileInode | FolderInode

/** One change of names that a crash either keeps or undoes as a whole. */
export interface NameChange {
  /** Made durable with either of the folders that it concerns. */
  synced: boolean
  /** Rises from change to change over the whole disk. */
  readonly order: number
  readonly effects: readonly NameEffect[]
}

export interface NameEffect {
  readonly folder: FolderInode
  readonly name: string
  /** Undefined: the name goes. */
  readonly inode: Inode | undefined
}

export const contentOf = (file: FileInode): Uint8Array => file.versions.at(-1)!

export const isVolatile = (inode: Inode): boolean =>
  inode.kind === 'file' ? inode.versions.length > 1 : inode.pending.length > 0

/** A copy in which both what is there and what is durable are the given content. */
export const settledFile = (file: FileInode, id: number, content: Uint8Array): FileInode => ({
  kind: 'file',
  id,
  mode: file.mode,
  links: 0,
  modifiedMs: file.modifiedMs,
  versions: [content],
})
