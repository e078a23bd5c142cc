import { MillraceError } from '../errors.ts'
import { inFolder } from './folders.ts'
import { lockName, markReleased } from './lock-file.ts'
import type { Storage } from './storage.ts'
import { storageError, systemCode } from './storage-error.ts'

/**
 * A folder held by this process alone, and the fencing epoch that came with it.
 *
 * The lock is a file `.lock-<epoch>`; the highest epoch counts, and that file is never removed. Taking over creates the
 * next one exclusively: of two takers one succeeds, and a taker that was overtaken between looking and creating sees the
 * higher file when it looks again, and yields. So no file is ever replaced that another process might have just made.
 * Each holder has a higher epoch than all before it, also after a power cut.
 *
 * A lock is stale when its process has ended; one with the same pid but another start time is another process. Where the
 * process cannot be seen (another container or machine on one volume) a file untouched for 15 s counts as stale.
 */
export class DirectoryLock {
  readonly folder: string
  /** Higher than that of every earlier holder. */
  readonly epoch: number
  readonly #storage: Storage
  #beat: ReturnType<typeof setInterval> | undefined
  #released = false

  /** Use `acquireLock`. */
  constructor(folder: string, epoch: number, storage: Storage, beatMs: number) {
    this.folder = folder
    this.epoch = epoch
    this.#storage = storage
    if (beatMs > 0) {
      this.#beat = setInterval(() => void storage.touch(this.#path(epoch)).catch(() => {}), beatMs)
      this.#beat.unref()
    }
  }

  /**
   * Passes while this process is the holder. Call it before everything that a fenced process must not do.
   *
   * @throws ML_FENCED when another process has taken over, ML_STORAGE when the folder is gone
   */
  async assertHeld(): Promise<void> {
    const storage = this.#storage
    // A taker creates the next epoch before it removes this one, so looking for both leaves no gap.
    const own = await this.#look(this.epoch)
    const next = await this.#look(this.epoch + 1)
    if (own && !next && !this.#released) return
    if (!own && (await storage.stat(this.folder).catch(() => undefined)) === undefined) {
      throw storageError('use the folder', this.folder, Object.assign(new Error('gone'), { code: 'ENOENT' }))
    }
    throw new MillraceError('ML_FENCED', {
      what: this.#released ? 'the folder was released by this process' : 'another process has taken over the folder',
      got: `epoch ${this.epoch}`,
      where: this.folder,
      remedy: 'Let this process end; the other one goes on from the last checkpoint',
    })
  }

  /** Gives the folder back. The file stays, marked, so that the next epoch is higher. */
  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    clearInterval(this.#beat)
    try {
      await markReleased(this.#storage, this.folder, this.epoch)
    } catch (error) {
      // Someone took over, or the folder is gone: there is nothing left to give back.
      if (systemCode(error) !== 'ENOENT') throw storageError('release the lock', this.folder, error)
    }
  }

  #path(epoch: number): string {
    return inFolder(this.folder, lockName(epoch))
  }

  async #look(epoch: number): Promise<boolean> {
    try {
      return (await this.#storage.stat(this.#path(epoch))) !== undefined
    } catch (error) {
      throw storageError('look at the lock', this.folder, error)
    }
  }
}
