// `promises` is loaded when it is used first: what only reads a table starts sooner without.
import { constants, promises, type Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { OpenMode, Storage, StorageFile, StorageStat } from './storage.ts'
import { systemCode } from './storage-error.ts'

/** The disk, by Node. Every operation runs on Node's thread pool; none blocks the event loop. See `blockingStorage`. */
export const nodeStorage: Storage = {
  async open(path, mode) {
    return new NodeFile(await promises.open(path, FLAGS[mode], 0o644))
  },

  async stat(path) {
    try {
      return statOf(await promises.lstat(path))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  },

  async readdir(path) {
    return (await promises.readdir(path)).sort()
  },

  async mkdir(path) {
    await promises.mkdir(path)
  },

  async rename(from, to) {
    await promises.rename(from, to)
  },

  async unlink(path) {
    await promises.unlink(path)
  },

  async rmdir(path) {
    await promises.rmdir(path)
  },

  async touch(path) {
    const now = new Date()
    await promises.utimes(path, now, now)
  },

  async fsyncFolder(path) {
    // Windows cannot open a folder for fsync; there a rename is durable with its volume's journal, and no sooner.
    if (process.platform === 'win32') return
    const folder = await promises.open(path, constants.O_RDONLY | DIRECTORY)
    try {
      await folder.sync()
    } catch (error) {
      // Some file systems know no fsync of a folder and say so; PostgreSQL's fsync_fname passes over the same codes.
      if (!NOT_FOR_FOLDERS.has(systemCode(error) ?? '')) throw error
    } finally {
      await folder.close()
    }
  },
}

const NOT_FOR_FOLDERS = new Set(['EBADF', 'EINVAL', 'ENOTSUP'])

// Absent on Windows.
const DIRECTORY = constants.O_DIRECTORY ?? 0
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR | NO_FOLLOW,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW,
}

class NodeFile implements StorageFile {
  readonly #handle: FileHandle
  #poison: unknown

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const { bytesRead } = await this.#handle.read(target, done, target.length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return done
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    // A short write is no error of the system: the disk may be nearly full, and the next call says so.
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes)
  }

  async fsync(): Promise<void> {
    if (this.#poison !== undefined) throw this.#poison
    try {
      await this.#handle.sync()
    } catch (error) {
      this.#poison = error
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** There is nothing under the name. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

export function statOf(stats: Stats): StorageStat {
  return { kind: kindOf(stats), sizeBytes: stats.size, modifiedMs: stats.mtimeMs }
}

function kindOf(stats: Stats): StorageStat['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  return stats.isSymbolicLink() ? 'link' : 'other'
}
