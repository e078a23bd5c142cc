import { inFolder } from './folders.ts'
import type { ProcessIdentity } from './processes.ts'
import type { Storage, StorageFile } from './storage.ts'
import { systemCode } from './storage-error.ts'

/** What a lock file says of its holder. */
export interface LockRecord extends ProcessIdentity {
  readonly epoch: number
  /** ISO 8601, UTC. */
  readonly since: string
}

/** `unreadable`: being written at this moment, or torn by a power cut. */
export type LockContent = LockRecord | 'released' | 'unreadable'

/** Hidden, so that a glob over a folder of results does not meet it. Twelve digits, so that names sort as epochs. */
export function lockName(epoch: number): string {
  return `.lock-${String(epoch).padStart(12, '0')}`
}

/** The epoch of a name, or undefined for the name of anything else. */
export function lockEpoch(name: string): number | undefined {
  const epoch = /^\.lock-(\d{12,16})$/.exec(name)?.[1]
  return epoch === undefined ? undefined : Number(epoch)
}

/** Epochs that have a file in a folder, ascending. */
export async function lockEpochs(storage: Storage, folder: string): Promise<number[]> {
  const epochs = (await storage.readdir(folder)).map(lockEpoch).filter((epoch) => epoch !== undefined)
  return epochs.sort((a, b) => a - b)
}

/** @returns undefined when the file is gone */
export async function readLock(storage: Storage, folder: string, epoch: number): Promise<LockContent | undefined> {
  let bytes: Uint8Array
  try {
    const file = await storage.open(inFolder(folder, lockName(epoch)), 'write')
    try {
      const room = new Uint8Array(MAX_BYTES)
      bytes = room.subarray(0, await file.read(room, 0))
    } finally {
      await file.close()
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  return parse(Buffer.from(bytes).toString(), epoch)
}

/**
 * Creates the file of an epoch, durable with its name. One that could not be finished is removed: its content might
 * already name this process as the holder.
 *
 * @returns false when there is one already
 */
export async function createLock(storage: Storage, folder: string, record: LockRecord): Promise<boolean> {
  const path = inFolder(folder, lockName(record.epoch))
  let file: StorageFile
  try {
    file = await storage.open(path, 'create')
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
  try {
    try {
      await file.write(Buffer.from(`${JSON.stringify(record)}\n`), 0)
      await file.fsync()
    } finally {
      await file.close()
    }
    await storage.fsyncFolder(folder)
  } catch (error) {
    await storage.unlink(path).catch(() => {})
    throw error
  }
  return true
}

/** Marks a lock as given back, in place: a single small write. */
export async function markReleased(storage: Storage, folder: string, epoch: number): Promise<void> {
  const file = await storage.open(inFolder(folder, lockName(epoch)), 'write')
  try {
    await file.write(Buffer.from(RELEASED), 0)
  } finally {
    await file.close()
  }
}

const RELEASED = 'released'
const MAX_BYTES = 4096

function parse(text: string, epoch: number): LockContent {
  if (text.startsWith(RELEASED)) return 'released'
  let record: Partial<LockRecord> | null
  try {
    record = JSON.parse(text)
  } catch {
    return 'unreadable'
  }
  const { pid, started, boot, space, host, since } = record ?? {}
  const texts = [started, boot, space, host, since].every((value) => typeof value === 'string')
  return texts && Number.isSafeInteger(pid) && record?.epoch === epoch ? (record as LockRecord) : 'unreadable'
}
