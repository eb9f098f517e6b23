// The disk as the engine sees it. Every effect of the engine on files goes through this port, so that a
// simulator can lose, tear and reorder what was not made durable. What is durable when:
//
//   write, truncate      when `sync` of the same file resolved; until then lost, torn or reordered
//   create, link,
//   rename, unlink,
//   makeFolder           when `syncFolder` of the folder (both folders of a rename) resolved
//   everything else      has no effect
//
// A failed `sync` or `syncFolder` is never tried again in the same process: the kernel may have dropped
// what it could not write and would then report success.
//
// Errors: ENOSPC and EDQUOT are DISK_FULL, any other is DISK_ERROR; `detail` holds call, path and errno.
// A missing name is not an error where the docstring says what is returned instead.

export interface FileStat {
  readonly kind: 'file' | 'folder' | 'other'
  readonly bytes: number
  readonly modifiedMs: number
  /** Number of names (hard links) that the file has. */
  readonly links: number
  /** Permission bits, such as 0o600. */
  readonly mode: number
  /** Equal for two names of one file, and for no other two on the same file system. */
  readonly identity: string
}

export interface FolderEntry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'other'
}

/** An open file. Offsets and lengths are bytes. */
export interface DiskFile {
  readonly path: string
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Writes all of `bytes` at `offset`. A rejection may have written any part of them. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  /**
   * As {@link write} and {@link size}, done when they return. A disk offers both, where they wait for nothing but memory:
   * a hop to another thread costs more than a copy to the page cache. For small pieces.
   */
  writeNow?(offset: number, bytes: Uint8Array): void
  sizeNow?(): number
  truncate(length: number): Promise<void>
  /** Makes every write and the length durable (fdatasync). */
  sync(): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

export interface Disk {
  /** Opens an existing file for reading; undefined where there is none. */
  openRead(path: string): Promise<DiskFile | undefined>
  /** Opens an existing file for reading and writing, never creating it; undefined where there is none. */
  openWrite(path: string): Promise<DiskFile | undefined>
  /** Creates a new file (0600, whatever the umask); undefined where the name is taken. */
  create(path: string): Promise<DiskFile | undefined>
  /** Makes a folder and its missing parents (0700, whatever the umask). The made ones, outermost first. */
  makeFolder(path: string): Promise<readonly string[]>
  /** Entries in byte order of their names; undefined where there is no such folder. */
  list(path: string): Promise<readonly FolderEntry[] | undefined>
  /**
   * The same in no order and some at a time, for whoever looks at many thousand names: to sort them takes longer than to
   * read them. None where there is no such folder. Not every disk has it.
   */
  listPieces?(path: string): AsyncIterable<readonly FolderEntry[]>
  /**
   * Changes whenever a name comes into the folder or leaves it, whoever does that. undefined where there is no such folder,
   * and where it was changed so recently that one more change might not show. A disk that cannot tell does not have it.
   */
  folderStamp?(path: string): Promise<string | undefined>
  /** undefined where there is no such name. Symbolic links are not followed. */
  stat(path: string): Promise<FileStat | undefined>
  /** Gives a file a second name; false where `to` is taken. Never replaces. */
  link(from: string, to: string): Promise<boolean>
  /** Replaces `to` if it is there. */
  rename(from: string, to: string): Promise<void>
  /** False where there was no such name. */
  unlink(path: string): Promise<boolean>
  /** Removes an empty folder; false where it is missing or not empty. */
  removeFolder(path: string): Promise<boolean>
  /** Makes the names in a folder durable (fsync of the folder). */
  syncFolder(path: string): Promise<void>
  /** Bytes that this user may still write on the file system that holds `path`. */
  freeBytes(path: string): Promise<number>
  setMode(path: string, mode: number): Promise<void>
}
