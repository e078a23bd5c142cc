import { MillraceError } from '../../errors.ts'
import { TMP_SUFFIX, writeAtomically } from '../../storage/atomic-write.ts'
import { inFolder, isRealFolder } from '../../storage/folders.ts'
import { lockEpoch } from '../../storage/lock-file.ts'
import { readFile } from '../../storage/read-file.ts'
import type { Storage } from '../../storage/storage.ts'

/**
 * Whose a folder of parts is, in `.sink.json` beside them.
 *
 * The folder alone cannot say whether parts were renamed under a later checkpoint than the one to restore, once a reader
 * has taken them away, nor whether rows in it were ever covered. So it is written here, each time before it becomes true.
 */
export interface Fence {
  readonly format: 1
  /** Made when the folder was first written to; checkpoints carry it, so that no other folder is taken for this one. */
  readonly id: string
  /** Uid of the sink. */
  readonly uid: string
  /** Whether a checkpoint ever covered rows here. Until then they are leftovers of a run that died young. */
  readonly covered: boolean
  /** Parts with a lower number have their final name, or will have it as soon as recovery has run. */
  readonly publicParts: number
}

/** What is in a folder of parts, by name. */
export interface Survey {
  readonly fence: Fence | undefined
  /** Parts under their open name, ascending. */
  readonly open: readonly number[]
  /** Parts under their final name, ascending. */
  readonly final: readonly number[]
  /** Names that are none of ours. */
  readonly foreign: readonly string[]
}

const FENCE_FILE = '.sink.json'
const OPEN_SUFFIX = '.open'
const MAX_FENCE_BYTES = 1 << 20

/** The folder of one file sink: names, sizes, the fence. */
export class SinkFolder {
  readonly path: string
  readonly storage: Storage
  readonly #extension: string

  constructor(storage: Storage, path: string, extension: string) {
    this.storage = storage
    this.path = path
    this.#extension = extension
  }

  /** Where a part is written until a checkpoint covers its end. */
  openPath(part: number): string {
    return this.finalPath(part) + OPEN_SUFFIX
  }

  finalPath(part: number): string {
    return inFolder(this.path, `part-${String(part).padStart(5, '0')}.${this.#extension}`)
  }

  /** Another folder with parts of the same names. */
  beside(path: string): SinkFolder {
    return new SinkFolder(this.storage, path, this.#extension)
  }

  /** A part under whichever name it has. */
  async find(part: number): Promise<{ path: string; sizeBytes: number } | undefined> {
    for (const path of [this.openPath(part), this.finalPath(part)]) {
      const stat = await this.storage.stat(path)
      if (stat?.kind === 'file') return { path, sizeBytes: stat.sizeBytes }
    }
    return undefined
  }

  /** @throws ML_PATH when the folder is a link, ML_CORRUPT and ML_VERSION for its fence */
  async survey(): Promise<Survey> {
    const open: number[] = []
    const final: number[] = []
    const foreign: string[] = []
    if (!(await isRealFolder(this.storage, this.path))) return { fence: undefined, open, final, foreign }
    for (const name of await this.storage.readdir(this.path)) {
      if (lockEpoch(name) !== undefined || name === FENCE_FILE || name === FENCE_FILE + TMP_SUFFIX) continue
      const part = Number(/^part-(\d{5,15})\./.exec(name)?.[1] ?? 0)
      const path = inFolder(this.path, name)
      if (path === this.openPath(part)) open.push(part)
      else if (path === this.finalPath(part)) final.push(part)
      else foreign.push(name)
    }
    const ascending = (a: number, b: number) => a - b
    return { fence: await this.#readFence(), open: open.sort(ascending), final: final.sort(ascending), foreign }
  }

  /** Removes every part, and the fence last, so that a clearing cut short can be done again. */
  async clear(): Promise<void> {
    const { open, final } = await this.survey()
    for (const part of open) await this.storage.unlink(this.openPath(part))
    for (const part of final) await this.storage.unlink(this.finalPath(part))
    await this.storage.fsyncFolder(this.path)
    await this.storage.unlink(inFolder(this.path, FENCE_FILE))
  }

  async writeFence(fence: Fence): Promise<void> {
    await writeAtomically(this.storage, inFolder(this.path, FENCE_FILE), Buffer.from(`${JSON.stringify(fence)}\n`))
  }

  async #readFence(): Promise<Fence | undefined> {
    const path = inFolder(this.path, FENCE_FILE)
    if ((await this.storage.stat(path)) === undefined) return undefined
    const bytes = await readFile(this.storage, path, MAX_FENCE_BYTES)
    let fence: Partial<Fence> | null
    try {
      fence = JSON.parse(Buffer.from(bytes).toString())
    } catch {
      fence = null
    }
    const { format, id, uid, covered, publicParts } = fence ?? {}
    const whole =
      typeof id === 'string' &&
      typeof uid === 'string' &&
      typeof covered === 'boolean' &&
      Number.isSafeInteger(publicParts)
    if (whole && format === 1) return fence as Fence
    throw new MillraceError(whole ? 'ML_VERSION' : 'ML_CORRUPT', {
      what: whole
        ? `the folder's ${FENCE_FILE} has format ${format}, this version reads 1`
        : `the folder's ${FENCE_FILE} is damaged`,
      where: `${path}, offset 0`,
      remedy: 'Use a new folder',
    })
  }
}
