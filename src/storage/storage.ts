/**
 * The file operations that durable state is built from, as a port: Node implements it, and a test can put a file
 * system in its place that fails, or that loses what was not made durable.
 *
 * What the operations promise is what POSIX promises and no more: a write is durable after `fsync` of its file, a name
 * after `fsyncFolder` of its folder, and between those points a power cut may keep any part of them.
 * Failures are the system's own errors, with their `code` (`ENOENT`, `ENOSPC`, ...); see `storageError`.
 */
export interface Storage extends ReadableStorage {
  /**
   * `read`: an existing file; a link is followed. `write`: an existing file, read and written; a link is refused.
   * `create`: a new file; whatever has the name already, a link included, is refused with EEXIST.
   */
  open(path: string, mode: OpenMode): Promise<StorageFile>
  /** Creates one folder, whose parent must exist. */
  mkdir(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file, or a link itself. */
  unlink(path: string): Promise<void>
  /** Removes an empty folder. */
  rmdir(path: string): Promise<void>
  /** Sets the time of the last change to now: a sign of life, no data. */
  touch(path: string): Promise<void>
  /** Makes the names in a folder durable. */
  fsyncFolder(path: string): Promise<void>
}

/** The part of it that reading files needs. */
export interface ReadableStorage {
  /** An existing file; a link is followed. */
  open(path: string, mode: 'read'): Promise<ReadableFile>
  /** What is under the name; a link is reported as such, not followed. Undefined when there is nothing. */
  stat(path: string): Promise<StorageStat | undefined>
  /** Names in a folder, sorted. */
  readdir(path: string): Promise<string[]>
}

export type OpenMode = 'read' | 'write' | 'create'

export interface ReadableFile {
  size(): Promise<number>
  /** Reads into `target` from an offset of the file; less than its length only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

export interface StorageFile extends ReadableFile {
  /** Writes all of `bytes` at an offset. The caller leaves them unchanged until the promise settles. */
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  /**
   * Makes the bytes written so far durable. After one failure the file is poisoned: the system may have dropped the
   * bytes and forgotten it, so every later call fails with the same error instead of succeeding falsely.
   */
  fsync(): Promise<void>
}

export interface StorageStat {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly sizeBytes: number
  readonly modifiedMs: number
}
