import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { TMP_SUFFIX } from '../../storage/atomic-write.ts'
import { isRealFolder } from '../../storage/folders.ts'
import { readFile } from '../../storage/read-file.ts'
import type { Storage } from '../../storage/storage.ts'
import { systemCode } from '../../storage/storage-error.ts'
import { decodeManifest, type Manifest } from './manifest.ts'
import { findDamage, readFrames, type StateFrame } from './state-file.ts'

/** The files of a checkpoint. No name is ever taken from a manifest. */
export const STATE_FILE = 'state.bin'
export const MANIFEST_FILE = 'manifest.json'

/** A checkpoint read and verified: manifest and state fit each other, byte by byte. */
export class RestoredCheckpoint {
  readonly id: number
  readonly folder: string
  readonly manifest: Manifest
  #state: Uint8Array

  /** Use `readCheckpoint`. */
  constructor(folder: string, manifest: Manifest, state: Uint8Array) {
    this.id = manifest.id
    this.folder = folder
    this.manifest = manifest
    this.#state = state
  }

  /** The snapshots in the order written, as parts of one buffer that is kept until `release`. */
  get frames(): Generator<StateFrame> {
    return readFrames(this.#state, join(this.folder, STATE_FILE), this.id)
  }

  /** Lets the memory go once all is restored. There are no frames any more then. */
  release(): void {
    this.#state = new Uint8Array(0)
  }
}

/** A manifest is some kilobytes; a length beyond this is damage or malice. */
const MAX_MANIFEST_BYTES = 256 << 20

export function checkpointName(id: number): string {
  return `chk-${String(id).padStart(9, '0')}`
}

/** The id of a checkpoint folder's name; undefined for any other name. */
export function checkpointId(name: string): number | undefined {
  const digits = /^chk-(\d{9,15})$/.exec(name)?.[1]
  return digits !== undefined && checkpointName(Number(digits)) === name ? Number(digits) : undefined
}

/**
 * Reads the manifest of a checkpoint folder, the state not looked at.
 *
 * @throws ML_CORRUPT when it is missing or damaged, ML_VERSION when it is too new, ML_PATH for links
 */
export async function readManifest(storage: Storage, folder: string, id?: number): Promise<Manifest> {
  if (!(await isRealFolder(storage, folder))) throw missing(folder)
  const path = join(folder, MANIFEST_FILE)
  const bytes = await readFile(storage, path, MAX_MANIFEST_BYTES).catch((error) => {
    throw readFailure(error, path)
  })
  const manifest = decodeManifest(bytes, path)
  if (id === undefined || manifest.id === id) return manifest
  throw new MillraceError('ML_CORRUPT', {
    what: `the manifest belongs to another checkpoint than ${id}`,
    got: manifest.id,
    where: `${path}, offset 0`,
  })
}

/**
 * Reads a checkpoint and verifies it: one pass over the state file, hashed while it is being read.
 *
 * @throws as readManifest, and ML_CORRUPT naming the offset of the first damaged frame
 */
export async function readCheckpoint(storage: Storage, folder: string, id?: number): Promise<RestoredCheckpoint> {
  const manifest = await readManifest(storage, folder, id)
  const path = join(folder, STATE_FILE)
  const hash = createHash('sha256')
  const state = await readFile(storage, path, manifest.state.sizeBytes, (piece) => hash.update(piece)).catch(
    (error) => {
      throw readFailure(error, path)
    },
  )
  const same = state.length === manifest.state.sizeBytes && hash.digest('hex') === manifest.state.sha256
  if (!same) throw findDamage(state, path, manifest.id) ?? unlike(state, manifest, path)
  return new RestoredCheckpoint(folder, manifest, state)
}

/** Whether a state folder holds any, whole or not. */
export async function hasCheckpoints(storage: Storage, state: string): Promise<boolean> {
  const names = await storage.readdir(state).catch(() => [])
  return names.some((name) => checkpointId(name) !== undefined)
}

/**
 * Removes a checkpoint, whole or half. The manifest goes first and durably, so that at no moment there is one whose
 * state is gone.
 */
export async function removeCheckpoint(storage: Storage, folder: string): Promise<void> {
  const names = await storage.readdir(folder)
  if (names.includes(MANIFEST_FILE)) await storage.unlink(join(folder, MANIFEST_FILE))
  // Also where there was none: an earlier process may have been killed right after removing it.
  await storage.fsyncFolder(folder)
  for (const name of [STATE_FILE, MANIFEST_FILE + TMP_SUFFIX]) {
    if (names.includes(name)) await storage.unlink(join(folder, name))
  }
  await storage.rmdir(folder)
}

/** A file that is not there, or that the disk cannot read, is damage like any other; the rest is for the user to mend. */
function readFailure(error: unknown, path: string): unknown {
  const code = systemCode((error as { cause?: unknown }).cause)
  if (code !== 'ENOENT' && code !== 'EIO') return error
  return new MillraceError('ML_CORRUPT', {
    what: code === 'ENOENT' ? 'a file of the checkpoint is missing' : 'the disk cannot read the file',
    where: `${path}, offset 0`,
    cause: error,
  })
}

function unlike(state: Uint8Array, { state: expected }: Manifest, path: string): MillraceError {
  const short = state.length !== expected.sizeBytes
  return new MillraceError('ML_CORRUPT', {
    what: short
      ? `the file should have ${expected.sizeBytes} bytes`
      : 'the file is not the one the manifest was written for',
    got: short ? state.length : undefined,
    where: `${path}, offset ${short ? state.length : 0}`,
  })
}

function missing(folder: string): MillraceError {
  return new MillraceError('ML_CORRUPT', { what: 'there is no such checkpoint', where: folder })
}
