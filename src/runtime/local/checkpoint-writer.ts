import { join } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { writeAtomically } from '../../storage/atomic-write.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import type { Storage } from '../../storage/storage.ts'
import { storageError } from '../../storage/storage-error.ts'
import { checkpointName, MANIFEST_FILE, removeCheckpoint, STATE_FILE } from './checkpoint-folder.ts'
import { encodeManifest, MANIFEST_FORMAT, type Manifest, type ManifestParts } from './manifest.ts'
import { type SlicePool, StateWriter } from './state-writer.ts'
import { MILLRACE_VERSION } from './versions.ts'

/** What a writer needs of its store. */
export interface WriterHome {
  /** The job's folder. */
  readonly folder: string
  readonly pipeline: string
  readonly storage: Storage
  readonly lock: DirectoryLock
  readonly now: () => number
  readonly pool: SlicePool
  /** Told when a checkpoint has become durable. Must not fail. */
  readonly committed: (id: number) => Promise<void>
}

/**
 * One checkpoint being written: snapshots are added, then the manifest makes it one.
 *
 * Every name and byte of the state is durable before the manifest gets its name. Whatever fails, the checkpoint is
 * abandoned and the one before stands; the next one is written to new files, so that nothing is retried on a file the
 * system has given up.
 */
export class CheckpointWriter {
  readonly id: number
  readonly #home: WriterHome
  readonly #folder: string
  readonly #state: StateWriter
  #ended = false

  constructor(id: number, home: WriterHome) {
    this.id = id
    this.#home = home
    this.#folder = join(home.folder, checkpointName(id))
    const before = () => home.storage.mkdir(this.#folder)
    this.#state = new StateWriter(home.storage, join(this.#folder, STATE_FILE), id, home.pool, before)
  }

  /** Adds the snapshot of one component's key group; `bytes` may be reused when it returns. */
  add(uid: string, group: number, bytes: Uint8Array): void {
    this.#state.add(uid, group, bytes)
  }

  get pendingBytes(): number {
    return this.#state.pendingBytes
  }

  /** @throws ML_STORAGE when writing has failed; the checkpoint is then to be aborted */
  drain(): Promise<void> {
    return this.#state.drain()
  }

  /**
   * Makes the checkpoint durable. When it resolves, a power cut cannot take it back.
   *
   * @throws ML_STORAGE, ML_FENCED; the checkpoint does not count then, and the previous one stands
   */
  async commit(parts: ManifestParts): Promise<Manifest> {
    const { storage, folder, lock, now, pipeline } = this.#home
    if (this.#ended)
      throw new MillraceError('ML_RANGE', { what: 'a checkpoint is committed or aborted once', got: this.id })
    this.#ended = true
    let manifest: Manifest
    try {
      const state = await this.#state.finish()
      await storage.fsyncFolder(this.#folder)
      await storage.fsyncFolder(folder)
      manifest = {
        format: MANIFEST_FORMAT,
        id: this.id,
        pipeline,
        clean: parts.status !== 'running',
        fencingEpoch: lock.epoch,
        createdAt: new Date(now()).toISOString(),
        versions: { millrace: MILLRACE_VERSION, node: process.versions.node, v8: process.versions.v8 },
        state,
        ...parts,
      }
      const bytes = encodeManifest(manifest)
      await lock.assertHeld()
      await writeAtomically(storage, join(this.#folder, MANIFEST_FILE), bytes)
    } catch (error) {
      await this.#abandon()
      throw storageError('write the checkpoint', this.#folder, error)
    }
    await this.#home.committed(this.id)
    return manifest
  }

  /** Gives the checkpoint up and removes what was written of it. Never fails. */
  async abort(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#abandon()
  }

  async #abandon(): Promise<void> {
    await this.#state.close()
    try {
      // Whoever has taken over may be writing a checkpoint of the same id by now.
      await this.#home.lock.assertHeld()
      await removeCheckpoint(this.#home.storage, this.#folder)
    } catch {
      // What is left is a half checkpoint: the next open sweeps it.
    }
  }
}
