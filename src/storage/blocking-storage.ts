import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { isAbsent, statOf } from './node-storage.ts'
import type { ReadableFile, ReadableStorage } from './storage.ts'

/**
 * The disk, for reading, by calls that block: for a program that has nothing else to do meanwhile. The system reads
 * ahead of it, and a chunk costs less to copy than to hand to another thread and back.
 */
export const blockingStorage: ReadableStorage = {
  async open(path) {
    return new BlockingFile(openSync(path, 'r'))
  },

  async stat(path) {
    try {
      return statOf(lstatSync(path))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  },

  async readdir(path) {
    return readdirSync(path).sort()
  },
}

class BlockingFile implements ReadableFile {
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async size(): Promise<number> {
    return fstatSync(this.#descriptor).size
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const read = readSync(this.#descriptor, target, done, target.length - done, position + done)
      if (read === 0) break
      done += read
    }
    return done
  }

  async close(): Promise<void> {
    closeSync(this.#descriptor)
  }
}
