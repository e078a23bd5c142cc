import { MillraceError } from '../errors.ts'
import { inFolder, makeFolder } from './folders.ts'
import { DirectoryLock } from './lock.ts'
import { createLock, type LockContent, type LockRecord, lockEpochs, lockName, readLock } from './lock-file.ts'
import { nodeProcesses, type Processes } from './processes.ts'
import type { Storage } from './storage.ts'
import { storageError, systemCode } from './storage-error.ts'

export interface LockOptions {
  readonly storage: Storage
  readonly processes?: Processes
  /** The wall clock, for the since-when of messages. */
  readonly now?: () => number
  readonly wait?: (ms: number) => Promise<void>
  /** How often the holder touches its file, for those who cannot see its process; 0: never. */
  readonly beatMs?: number
}

const BEAT_MS = 5000
/** A holder out of sight counts as dead when its file did not change for this many beats. */
const PATIENCE_BEATS = 3

/**
 * Takes a folder for this process, creating it where it is missing.
 *
 * @throws ML_LOCKED while another holder lives, naming its pid and since when; ML_PATH for a link; ML_STORAGE
 */
export async function acquireLock(folder: string, options: LockOptions): Promise<DirectoryLock> {
  await makeFolder(options.storage, folder)
  try {
    return await new Taker(folder, options).take()
  } catch (error) {
    throw storageError('lock the folder', folder, error)
  }
}

/** Holders out of sight that were watched and did not stir. */
const silent = new Set<string>()

class Taker {
  readonly #folder: string
  readonly #storage: Storage
  readonly #processes: Processes
  readonly #now: () => number
  readonly #wait: (ms: number) => Promise<void>
  readonly #beatMs: number

  constructor(folder: string, { storage, processes, now, wait, beatMs }: LockOptions) {
    this.#folder = folder
    this.#storage = storage
    this.#processes = processes ?? nodeProcesses
    this.#now = now ?? Date.now
    this.#wait = wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
    this.#beatMs = beatMs ?? BEAT_MS
  }

  async take(): Promise<DirectoryLock> {
    for (;;) {
      const latest = (await lockEpochs(this.#storage, this.#folder)).at(-1) ?? 0
      const content = await this.#settled(latest)
      await this.#refuseLiving(content)
      const epoch = latest + 1
      const since = new Date(this.#now()).toISOString()
      if (!(await createLock(this.#storage, this.#folder, { epoch, since, ...this.#processes.self() }))) continue
      if (await this.#stands(epoch, latest, content)) {
        await this.#sweep(epoch)
        return new DirectoryLock(this.#folder, epoch, this.#storage, this.#beatMs)
      }
    }
  }

  /** What the newest file says, once its writer has had half a second to finish it. */
  async #settled(epoch: number): Promise<LockContent | undefined> {
    if (epoch === 0) return undefined
    for (let look = 0; ; look++) {
      const content = await readLock(this.#storage, this.#folder, epoch)
      if (content !== 'unreadable' || look === 10) return content
      await this.#wait(50)
    }
  }

  async #refuseLiving(content: LockContent | undefined): Promise<void> {
    if (content === undefined || content === 'released' || content === 'unreadable') return
    const state = this.#processes.stateOf(content)
    if (state === 'alive' || (state === 'hidden' && !(await this.#isSilent(content))))
      throw locked(this.#folder, content)
  }

  /** Whether a holder out of sight has died, as far as its file tells. Watched once for all folders it held. */
  async #isSilent({ epoch, pid, started, boot, space, host }: LockRecord): Promise<boolean> {
    const holder = JSON.stringify([pid, started, boot, space, host])
    if (silent.has(holder)) return true
    if (await this.#beats(epoch)) return false
    silent.add(holder)
    return true
  }

  /** Whether the file of a holder out of sight changes while we watch. */
  async #beats(epoch: number): Promise<boolean> {
    const path = inFolder(this.#folder, lockName(epoch))
    const before = (await this.#storage.stat(path))?.modifiedMs
    for (let waited = 0; waited < PATIENCE_BEATS * 5; waited++) {
      await this.#wait((this.#beatMs || BEAT_MS) / 5)
      if ((await this.#storage.stat(path))?.modifiedMs !== before) return true
    }
    return false
  }

  /** False when another taker was faster; our file, the basis of nothing yet, is then removed. */
  async #stands(epoch: number, latest: number, content: LockContent | undefined): Promise<boolean> {
    let stands = false
    try {
      const overtaken = ((await lockEpochs(this.#storage, this.#folder)).at(-1) ?? 0) > epoch
      // A writer that took longer than our patience may have finished its file after we last read it.
      const finished = content === 'unreadable' ? await readLock(this.#storage, this.#folder, latest) : content
      const living =
        finished !== content && typeof finished === 'object' && this.#processes.stateOf(finished) !== 'dead'
      stands = !overtaken && !living
    } finally {
      if (!stands) await this.#storage.unlink(inFolder(this.#folder, lockName(epoch))).catch(unlessGone)
    }
    return stands
  }

  /** Removes the files of earlier holders, oldest first, so that ours is never seen without the one before. */
  async #sweep(epoch: number): Promise<void> {
    try {
      for (const older of await lockEpochs(this.#storage, this.#folder)) {
        if (older < epoch) await this.#storage.unlink(inFolder(this.#folder, lockName(older)))
      }
    } catch {
      // They do no harm; the next holder sweeps them.
    }
  }
}

/** A faster taker sweeps our file too. */
function unlessGone(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error
}

function locked(folder: string, holder: LockRecord): MillraceError {
  return new MillraceError('ML_LOCKED', {
    what: `another process is using the folder: pid ${holder.pid} on ${holder.host}, since ${holder.since}`,
    where: folder,
    remedy: 'Wait until it ends or stop it; a holder that has died gives way by itself',
  })
}
