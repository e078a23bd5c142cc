import { constants, readSync } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rmdir, unlink, utimes } from 'node:fs/promises'
import type { OpenMode, Storage, StorageFile, StorageStat } from './storage.ts'
import { systemCode } from './storage-error.ts'

/** The disk, by Node. Every operation runs on Node's thread pool; none blocks the event loop. See `blockingStorage`. */
export const nodeStorage: Storage = {
  async open(path, mode) {
    return new NodeFile(await open(path, FLAGS[mode], 0o644))
  },

  async stat(path) {
    try {
      const stat = await lstat(path)
      return { kind: kindOf(stat), sizeBytes: stat.size, modifiedMs: stat.mtimeMs }
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  },

  async readdir(path) {
    return (await readdir(path)).sort()
  },

  async mkdir(path) {
    await mkdir(path)
  },

  rename,
  unlink,
  rmdir,

  async touch(path) {
    const now = new Date()
    await utimes(path, now, now)
  },

  async fsyncFolder(path) {
    // Windows cannot open a folder for fsync; there a rename is durable with its volume's journal, and no sooner.
    if (process.platform === 'win32') return
    const folder = await open(path, constants.O_RDONLY | DIRECTORY)
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

/**
 * The same, but reading blocks: for a program that has nothing else to do meanwhile. The system reads ahead of it, and a
 * chunk costs less to copy than to hand to another thread and back.
 */
export const blockingStorage: Storage = {
  ...nodeStorage,
  async open(path, mode) {
    return new NodeFile(await open(path, FLAGS[mode], 0o644), true)
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
  readonly #blocks: boolean
  #poison: unknown

  constructor(handle: FileHandle, blocks = false) {
    this.#handle = handle
    this.#blocks = blocks
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const read = this.#blocks
        ? readSync(this.#handle.fd, target, done, target.length - done, position + done)
        : (await this.#handle.read(target, done, target.length - done, position + done)).bytesRead
      if (read === 0) break
      done += read
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

function kindOf(stat: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): StorageStat['kind'] {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'folder'
  return stat.isSymbolicLink() ? 'link' : 'other'
}
