import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { systemCode } from '../../storage/storage-error.ts'
import type { KnownSplit, Split } from '../../stream/ports.ts'
import { fitsPattern } from './name-pattern.ts'
import { Phases } from './phases.ts'
import { sourceError } from './source-error.ts'
import { watchListing } from './watch-listing.ts'

export interface WatchedFolderOptions {
  readonly path: string
  readonly uid: string
  readonly patterns: readonly string[]
  /** In the order of their modification; else of their names. */
  readonly byTime: boolean
  readonly settleMs: number
  readonly bounded: boolean
}

interface FileTime {
  readonly modifiedMs: number
  readonly sizeBytes: number
}

/** Read files that are looked at again in one look. */
const CHECKED = 16
/** Digits of a time in an id: milliseconds up to the year 33658. */
const TIME_DIGITS = 15
/** With more files than that, listing the folder may take one part of the time in LISTING_SHARE. */
const MANY_FILES = 10_000
const LISTING_SHARE = 10
/** A folder's time of modification may stand still for as long while names come. */
const TIME_GRAIN_MS = 100

/** What a source knows of the folder it watches. */
export class WatchedFolder {
  readonly path: string
  readonly #options: WatchedFolderOptions
  readonly #phases = new Phases()
  /** Ids of all files that fit, in order, as of the last listing of the folder. */
  #ids: readonly string[] = []
  #names: ReadonlySet<string> = new Set()
  #folderMs = -1
  /** When it may be listed anew, by the monotonic clock. */
  #listAt = 0
  /** Ids by name, where they hold the time of modification; files modified too recently are not in it. */
  readonly #timed = new Map<string, string>()
  /** Whether files wait for their time to pass. */
  #waiting = false
  /** Ids of files that may be read, as long as they are listed. */
  #settled: ReadonlySet<string> = new Set()
  /** What the files were when they were opened. */
  readonly #opened = new Map<string, FileTime>()
  readonly #told = new Set<string>()
  #checked = 0

  constructor(options: WatchedFolderOptions) {
    this.path = options.path
    this.#options = options
  }

  /** The files to read, in order, and the last ones that were; all that are there where `known` is absent. */
  async splits(known: ReadonlyMap<string, KnownSplit> | undefined, warn: (message: string) => void): Promise<Split[]> {
    const before = this.#names
    try {
      await this.#look()
    } catch (error) {
      throw this.#unlistable(error)
    }
    if (known === undefined) return this.#ids.map((id, phase) => ({ id, phase }))
    const { bounded } = this.#options
    const { remembered, fresh, horizon } = watchListing(this.#ids, known, bounded)
    for (const id of remembered) {
      const { offset, finished } = known.get(id) as KnownSplit
      if (!finished && !this.#opened.has(id) && !this.#names.has(this.nameOf(id))) throw this.#gone(id, offset)
    }
    const listed = [...remembered, ...(bounded ? fresh : await this.#settledOf(fresh))]
    this.#settled = new Set(listed)
    for (const id of this.#opened.keys()) if (!this.#settled.has(id)) this.#opened.delete(id)
    if (horizon !== undefined && before.size > 0) this.#tellLate(before, horizon, warn)
    await this.#tellChanged(remembered, known, warn)
    return this.#phases.of(listed.map((id) => ({ id })))
  }

  nameOf(id: string): string {
    return this.#options.byTime ? id.slice(TIME_DIGITS + 1) : id
  }

  /** Remembers what a file was when it was opened. */
  async opened(id: string): Promise<void> {
    const file = await this.#stat(this.nameOf(id))
    if (file !== undefined) this.#opened.set(id, file)
  }

  async #look(): Promise<void> {
    const startedAt = performance.now()
    if (this.#names.size > MANY_FILES && startedAt < this.#listAt) return
    await this.#list()
    this.#listAt = performance.now() + (LISTING_SHARE - 1) * (performance.now() - startedAt)
  }

  async #list(): Promise<void> {
    const { patterns, byTime } = this.#options
    const now = Date.now()
    const { mtimeMs } = await stat(this.path)
    if (mtimeMs !== this.#folderMs) {
      const names = await readdir(this.path)
      this.#names = new Set(
        names.filter((name) => !isUnderWay(name) && patterns.some((pattern) => fitsPattern(name, pattern))),
      )
      if (!byTime) this.#ids = [...this.#names].sort()
    } else if (!this.#waiting) {
      return
    }
    this.#folderMs = now - mtimeMs > TIME_GRAIN_MS ? mtimeMs : -1
    if (byTime) await this.#timeFiles(now)
  }

  async #timeFiles(now: number): Promise<void> {
    const { bounded } = this.#options
    for (const name of this.#timed.keys()) if (!this.#names.has(name)) this.#timed.delete(name)
    this.#waiting = false
    for (const name of this.#names) {
      if (this.#timed.has(name)) continue
      const file = await this.#stat(name)
      if (file === undefined) continue
      if (bounded || this.#isSettled(file, now)) {
        this.#timed.set(name, `${String(Math.floor(file.modifiedMs)).padStart(TIME_DIGITS, '0')}/${name}`)
      } else {
        this.#waiting = true
      }
    }
    this.#ids = [...this.#timed.values()].sort()
  }

  /** Those up to the first that may still be written to: what comes after it in order has to wait for it. */
  async #settledOf(ids: readonly string[]): Promise<readonly string[]> {
    if (this.#options.byTime) return ids
    const now = Date.now()
    for (let i = 0; i < ids.length; i++) {
      if (this.#settled.has(ids[i])) continue
      const file = await this.#stat(ids[i])
      if (file === undefined || !this.#isSettled(file, now)) return ids.slice(0, i)
    }
    return ids
  }

  /** The clock gives whole milliseconds: a file written in the present one was not written after it. */
  #isSettled(file: FileTime, now: number): boolean {
    return now - Math.floor(file.modifiedMs) >= this.#options.settleMs
  }

  /** Undefined: it is gone, or no file. */
  async #stat(name: string): Promise<FileTime | undefined> {
    try {
      const found = await stat(join(this.path, name))
      return found.isFile() ? { modifiedMs: found.mtimeMs, sizeBytes: found.size } : undefined
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw sourceError('look at the file', join(this.path, name), error)
    }
  }

  #tellLate(before: ReadonlySet<string>, horizon: string, warn: (message: string) => void): void {
    if (before === this.#names || this.#options.byTime) return
    for (const name of this.#names) {
      if (name <= horizon && !before.has(name)) {
        warn(`${join(this.path, name)} came too late to be read: everything up to ${horizon} counts as read`)
      }
    }
  }

  /** A few of the files that were read, in turn. */
  async #tellChanged(
    remembered: readonly string[],
    known: ReadonlyMap<string, KnownSplit>,
    warn: (message: string) => void,
  ): Promise<void> {
    for (let left = Math.min(CHECKED, remembered.length); left > 0; left--) {
      const id = remembered[this.#checked++ % remembered.length]
      const then = this.#opened.get(id)
      if (then === undefined || !known.get(id)?.finished || this.#told.has(id)) continue
      const now = await this.#stat(this.nameOf(id))
      if (now === undefined || (now.modifiedMs === then.modifiedMs && now.sizeBytes === then.sizeBytes)) continue
      this.#told.add(id)
      warn(`${join(this.path, this.nameOf(id))} changed after it was opened to be read: what was added is not read`)
    }
  }

  #gone(id: string, offset: number): MillraceError {
    return new MillraceError('ML_SOURCE_CHANGED', {
      what: `the checkpoint stands at byte ${offset} of a file that is gone`,
      where: `${join(this.path, this.nameOf(id))} (source "${this.#options.uid}")`,
      remedy: 'Put it back, or start anew with new folders for the output',
    })
  }

  #unlistable(error: unknown): MillraceError {
    if (systemCode(error) !== 'ENOENT') return sourceError('list the folder', this.path, error)
    return new MillraceError('ML_NO_FILE', {
      what: 'there is no such folder',
      where: `${this.path} (source "${this.#options.uid}")`,
      remedy: 'Make the folder first. Relative paths count from the base folder',
    })
  }
}

/** Names that a writer gives a file until it is whole. */
function isUnderWay(name: string): boolean {
  return name.startsWith('.') || /\.(?:tmp|open|part)$/.test(name)
}
