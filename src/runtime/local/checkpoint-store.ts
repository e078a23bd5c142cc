import { join } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { TMP_SUFFIX } from '../../storage/atomic-write.ts'
import { isRealFolder, makeFolder } from '../../storage/folders.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { Storage } from '../../storage/storage.ts'
import { storageError } from '../../storage/storage-error.ts'
import {
  checkpointId,
  checkpointName,
  MANIFEST_FILE,
  type RestoredCheckpoint,
  readCheckpoint,
  readManifest,
  removeCheckpoint,
} from './checkpoint-folder.ts'
import { CheckpointWriter } from './checkpoint-writer.ts'
import type { Manifest } from './manifest.ts'
import { SlicePool } from './state-writer.ts'

export type { RestoredCheckpoint } from './checkpoint-folder.ts'
export type { CheckpointWriter } from './checkpoint-writer.ts'

export interface CheckpointStoreOptions {
  /** Name of the pipeline: another one's checkpoints are refused. */
  readonly pipeline: string
  /** Held for the folder. Without it the store is for reading only and changes nothing. */
  readonly lock?: DirectoryLock
  /** How many committed checkpoints are kept, at least 2: the newest may prove damaged. */
  readonly retain?: number
  readonly storage?: Storage
  readonly now?: () => number
  /** Told what went wrong without making a checkpoint fail: an old one that could not be removed. */
  readonly warn?: (problem: MillraceError) => void
}

/** A checkpoint that cannot be used; the error names file and offset. */
export interface DamagedCheckpoint {
  readonly id: number
  readonly error: MillraceError
}

export interface LatestCheckpoint {
  readonly checkpoint: RestoredCheckpoint
  /** Newer ones that were passed over, newest first. */
  readonly damaged: readonly DamagedCheckpoint[]
}

/** What `list` says of one checkpoint: its manifest, or why there is none to be had. The state is not verified. */
export interface ListedCheckpoint {
  readonly id: number
  readonly folder: string
  readonly manifest?: Manifest
  readonly problem?: MillraceError
}

/** The checkpoints of one job: folders `chk-<id>` in its state folder, each with state.bin and, last, manifest.json. */
export class CheckpointStore {
  readonly folder: string
  readonly #options: CheckpointStoreOptions
  readonly #storage: Storage
  readonly #retain: number
  readonly #pool = new SlicePool()
  /** Ids with a manifest, ascending, the damaged ones known so far left out. */
  #committed: number[] = []
  #highest = 0

  private constructor(folder: string, options: CheckpointStoreOptions) {
    this.folder = folder
    this.#options = options
    this.#storage = options.storage ?? nodeStorage
    this.#retain = options.retain ?? 2
  }

  /**
   * Opens the folder. With a lock, leftovers of crashes are swept: temporary files and checkpoints without a manifest.
   *
   * @throws ML_RANGE when `retain` is below 2, ML_PATH for links, ML_STORAGE
   */
  static async open(folder: string, options: CheckpointStoreOptions): Promise<CheckpointStore> {
    const store = new CheckpointStore(folder, options)
    if (!Number.isSafeInteger(store.#retain) || store.#retain < 2) {
      throw new MillraceError('ML_RANGE', { what: 'at least 2 checkpoints must be retained', got: options.retain })
    }
    try {
      await store.#survey()
    } catch (error) {
      throw storageError('open the checkpoints', folder, error)
    }
    return store
  }

  /** Higher than every id ever seen in this folder. */
  get nextId(): number {
    return this.#highest + 1
  }

  /**
   * Begins a checkpoint; nothing is waited for, failures come out of `drain` and `commit`.
   *
   * @throws ML_RANGE when the id is not higher than all before it, or the store is for reading
   */
  begin(id: number): CheckpointWriter {
    const { pipeline, lock, now } = this.#options
    if (lock === undefined)
      throw new MillraceError('ML_RANGE', { what: 'a store opened without a lock is for reading', where: this.folder })
    if (!Number.isSafeInteger(id) || id < this.nextId) {
      throw new MillraceError('ML_RANGE', {
        what: `the id of a checkpoint must be ${this.nextId} or higher`,
        got: id,
        where: this.folder,
      })
    }
    this.#highest = id
    return new CheckpointWriter(id, {
      folder: this.folder,
      pipeline,
      lock,
      storage: this.#storage,
      now: now ?? Date.now,
      pool: this.#pool,
      committed: (id) => this.#retire(id),
    })
  }

  /**
   * The newest checkpoint that proves whole, and the newer ones that do not; undefined when there is none at all.
   * With a lock it is durable when this resolves, also if a kill came between its manifest and the fsync of the folder.
   *
   * @throws ML_CORRUPT listing all when none is whole; ML_VERSION, ML_OTHER_PIPELINE for the newest readable one
   */
  async latest(): Promise<LatestCheckpoint | undefined> {
    const damaged: DamagedCheckpoint[] = []
    for (const id of (await this.#listedIds()).reverse()) {
      try {
        const checkpoint = await this.load(id)
        if (this.#options.lock !== undefined) await this.#secure(checkpoint.folder)
        return { checkpoint, damaged }
      } catch (error) {
        if (!isDamage(error)) throw error
        damaged.push({ id, error })
        this.#committed = this.#committed.filter((other) => other !== id)
      }
    }
    if (damaged.length === 0) return undefined
    throw new MillraceError('ML_CORRUPT', {
      what: `no checkpoint can be used:${damaged.map(({ error }) => `\n  ${error.what} at ${error.where}`).join('')}`,
      where: this.folder,
      remedy: 'Restore the folder from a backup, or start anew in an empty one, with new folders for the output',
    })
  }

  /** @throws ML_CORRUPT naming file and offset, ML_VERSION, ML_OTHER_PIPELINE, ML_PATH */
  async load(id: number): Promise<RestoredCheckpoint> {
    const folder = join(this.folder, checkpointName(id))
    const checkpoint = await readCheckpoint(this.#storage, folder, id).catch((error) => {
      throw storageError('read the checkpoint', folder, error)
    })
    const { pipeline } = checkpoint.manifest
    if (pipeline === this.#options.pipeline) return checkpoint
    throw new MillraceError('ML_OTHER_PIPELINE', {
      what: `the checkpoint was written by pipeline "${pipeline}", this is "${this.#options.pipeline}"`,
      where: checkpoint.folder,
      remedy: 'Choose another state folder for this pipeline',
    })
  }

  /** All checkpoints, oldest first. */
  async list(): Promise<ListedCheckpoint[]> {
    const listed: ListedCheckpoint[] = []
    for (const id of await this.#listedIds()) {
      const folder = join(this.folder, checkpointName(id))
      try {
        listed.push({ id, folder, manifest: await readManifest(this.#storage, folder, id) })
      } catch (error) {
        listed.push({ id, folder, problem: storageError('read the manifest', folder, error) })
      }
    }
    return listed
  }

  /** Removes a checkpoint that does not count, durably; its id is not used again. @throws ML_STORAGE */
  async drop(id: number): Promise<void> {
    const folder = join(this.folder, checkpointName(id))
    try {
      await removeCheckpoint(this.#storage, folder)
      await this.#storage.fsyncFolder(this.folder)
    } catch (error) {
      throw storageError('drop the checkpoint', folder, error)
    }
    this.#committed = this.#committed.filter((other) => other !== id)
  }

  async #survey(): Promise<void> {
    const storage = this.#storage
    const writable = this.#options.lock !== undefined
    if (writable) await makeFolder(storage, this.folder)
    for (const id of await this.#ids()) {
      this.#highest = Math.max(this.#highest, id)
      const folder = join(this.folder, checkpointName(id))
      if ((await storage.stat(folder))?.kind !== 'folder') continue
      const names = await storage.readdir(folder)
      if (names.includes(MANIFEST_FILE)) this.#committed.push(id)
      if (!writable) continue
      if (!names.includes(MANIFEST_FILE)) await this.#remove(id)
      else if (names.includes(MANIFEST_FILE + TMP_SUFFIX))
        await storage.unlink(join(folder, MANIFEST_FILE + TMP_SUFFIX))
    }
  }

  async #ids(): Promise<number[]> {
    if (!(await isRealFolder(this.#storage, this.folder))) return []
    const ids = (await this.#storage.readdir(this.folder)).map(checkpointId).filter((id) => id !== undefined)
    return ids.sort((a, b) => a - b)
  }

  async #listedIds(): Promise<number[]> {
    try {
      return await this.#ids()
    } catch (error) {
      throw storageError('list the checkpoints', this.folder, error)
    }
  }

  async #secure(folder: string): Promise<void> {
    try {
      await this.#storage.fsyncFolder(folder)
      await this.#storage.fsyncFolder(this.folder)
    } catch (error) {
      throw storageError('make the checkpoint durable', folder, error)
    }
  }

  /** A new checkpoint is durable: what is older than the ones to keep goes. Never fails, for the new one stands. */
  async #retire(id: number): Promise<void> {
    this.#committed = [...this.#committed, id].sort((a, b) => a - b).slice(-this.#retain)
    if (this.#committed.length < this.#retain) return
    try {
      for (const older of await this.#ids()) if (older < this.#committed[0]) await this.#remove(older)
    } catch (error) {
      this.#options.warn?.(storageError('look for old checkpoints', this.folder, error))
    }
  }

  async #remove(id: number): Promise<void> {
    const folder = join(this.folder, checkpointName(id))
    try {
      await removeCheckpoint(this.#storage, folder)
    } catch (error) {
      this.#options.warn?.(storageError('remove an old checkpoint', folder, error))
    }
  }
}

function isDamage(error: unknown): error is MillraceError {
  const { code } = error as { code?: unknown }
  return code === 'ML_CORRUPT' || code === 'ML_PATH'
}
