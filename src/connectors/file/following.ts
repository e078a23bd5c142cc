import { open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { nearestName } from '../../formats/nearest-name.ts'
import type { KnownSplit, Split } from '../../stream/ports.ts'
import { FolderHint } from './folder-hint.ts'
import {
  bornUsOf,
  type Generation,
  type GenerationOptions,
  LINE_FEED,
  lookForGenerations,
  type Sighting,
} from './generations.ts'
import { Phases } from './phases.ts'
import type { TailReader, TailReaderOptions } from './tail-reader.ts'

export interface FollowingOptions extends GenerationOptions {
  readonly uid: string
  /** A first run begins behind the last whole line. */
  readonly fromLatest: boolean
}

/** What a source knows of the file it follows: generations seen, being read and ended. */
export class Following {
  readonly path: string
  readonly #options: FollowingOptions
  readonly #phases = new Phases()
  readonly #reading = new Set<string>()
  /** Size of a generation when it was read to its end. */
  readonly #endedAt = new Map<string, number>()
  readonly #starts = new Map<string, number>()
  readonly #told = new Set<string>()
  #seen: ReadonlyMap<string, Generation> = new Map()
  /** Ids in the order in which they are read. */
  #listed: readonly string[] = []
  #begun = false
  /** Generations born up to then were there before a run that began at the latest line. */
  #floorUs = -1
  #hint: FolderHint | undefined

  constructor(options: FollowingOptions) {
    this.path = options.path
    this.#options = options
  }

  /** The generations to read, from the oldest on; all there are where `known` is absent. */
  async splits(known: ReadonlyMap<string, KnownSplit> | undefined, warn: (message: string) => void): Promise<Split[]> {
    const sighting = await this.#look()
    let next = sighting.generations
    if (known !== undefined) {
      this.#tell(sighting, known, warn)
      if (this.#options.fromLatest && !this.#begun && known.size === 0) await this.#beginAtLatest(sighting)
      this.#begun = true
      const newestUs = Math.max(-1, ...[...known.keys()].map(bornUsOf))
      next = next.filter((generation) => known.has(generation.id) || this.#follows(generation, newestUs, sighting))
    }
    const found = next.map(({ id }) => id)
    // One that was removed or compressed under its reader is read on all the same.
    const hidden = [...this.#reading].filter((id) => !found.includes(id))
    for (const [id, { offset, finished }] of known ?? []) {
      if (!finished && !found.includes(id) && !hidden.includes(id)) throw this.gone(id, offset)
    }
    this.#listed = [...hidden, ...found]
    return this.#phases.of(this.#listed.map((id) => ({ id, start: this.#starts.get(id) ?? 0 })))
  }

  seen(id: string): Generation | undefined {
    return this.#seen.get(id)
  }

  /** Looks for a generation anew: it may have another name by now. */
  async lookFor(id: string): Promise<Generation | undefined> {
    await this.#look()
    return this.#seen.get(id)
  }

  /** Makes the reader of a generation. */
  read(
    { id, path }: Generation,
    create: (options: Omit<TailReaderOptions, 'handle' | 'fromOffset'>) => TailReader,
  ): TailReader {
    this.#hint ??= new FolderHint(dirname(this.path))
    this.#reading.add(id)
    return create({
      path,
      hint: this.#hint,
      superseded: () => this.#listed.includes(id) && this.#listed[this.#listed.length - 1] !== id,
      quietMs: this.#options.quietMs,
      left: (endedAt) => {
        if (endedAt !== undefined) this.#endedAt.set(id, endedAt)
        else this.#reading.delete(id)
      },
    })
  }

  gone(id: string, offset: number): MillraceError {
    return new MillraceError('ML_SOURCE_CHANGED', {
      what: `the file was read to byte ${offset}, and this generation of it is gone: truncated, rewritten, compressed or removed`,
      got: id,
      where: `${this.path} (source "${this.#options.uid}")`,
      remedy:
        'Move it back, not a copy, under its name or a rotated one; or start anew with new folders for the output',
    })
  }

  close(): void {
    this.#hint?.close()
    this.#hint = undefined
    this.#reading.clear()
  }

  async #look(): Promise<Sighting> {
    const sighting = await lookForGenerations(this.#options)
    this.#seen = new Map(sighting.generations.map((generation) => [generation.id, generation]))
    return sighting
  }

  /** Whether an unknown generation is to be read: never one that is older than what was begun. */
  #follows({ id, bornUs, isCurrent }: Generation, newestUs: number, sighting: Sighting): boolean {
    // Where the file system knows no births, the order of modification is all there is.
    if (bornUs === 0) return true
    if (bornUs < newestUs || (bornUs <= this.#floorUs && !this.#starts.has(id))) return false
    if (bornUs > (sighting.unsettledBornUs ?? bornUs)) return false
    // Between two renames of a rotation a copy could not be told from a generation.
    return isCurrent || sighting.currentBornUs !== undefined || newestUs < 0
  }

  async #beginAtLatest({ generations }: Sighting): Promise<void> {
    for (const { id, path, isCurrent, bornUs } of generations) {
      if (isCurrent) this.#starts.set(id, await behindLastLine(path))
      else this.#floorUs = Math.max(this.#floorUs, bornUs)
    }
  }

  #tell(sighting: Sighting, known: ReadonlyMap<string, KnownSplit>, warn: (message: string) => void): void {
    const once = (message: string, about = message) => {
      if (!this.#told.has(about)) warn(`source "${this.#options.uid}": ${message}`)
      this.#told.add(about)
    }
    const { generations, copies, compressed, currentBornUs, names } = sighting
    if (currentBornUs === undefined && generations.length === 0 && known.size === 0) {
      const near = nearestName(basename(this.path), names)
      once(`${this.path} does not exist yet${near === undefined ? '' : ` (there is ${near})`}: waiting for it`)
    }
    for (const name of copies) once(`${name} is younger than the file it is named after: a copy, which is not read`)
    for (const name of compressed) once(`compressed generations such as ${name} are not read`, 'compressed')
    for (const { id, path, sizeBytes } of generations) {
      const endedAt = this.#endedAt.get(id) ?? sizeBytes
      if (sizeBytes > endedAt) {
        once(`${path} grew by ${sizeBytes - endedAt} bytes after its end was read: they are not. Raise rotateWait`, id)
      }
    }
  }
}

const PIECE_BYTES = 64 << 10

/** Offset behind the last line feed of a file; 0 where it has none. */
async function behindLastLine(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    const piece = new Uint8Array(PIECE_BYTES)
    for (let end = (await file.stat()).size; end > 0; end -= PIECE_BYTES) {
      const start = Math.max(0, end - PIECE_BYTES)
      const { bytesRead } = await file.read(piece, 0, end - start, start)
      const at = piece.subarray(0, bytesRead).lastIndexOf(LINE_FEED)
      if (at >= 0) return start + at + 1
    }
    return 0
  } finally {
    await file.close()
  }
}
