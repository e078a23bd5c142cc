/**
 * Finds the record that kills its process, and keeps it out.
 *
 * After a crash the identity of each record is written to a file before it is processed again, until a checkpoint shows
 * that the run got past the place. A record that stood there at `DEATHS` crashes in a row is rejected from then on, so
 * that the stream can go on. Writing costs a system call a record, and only between a crash and the next checkpoint.
 *
 * A kill from outside strikes anywhere, so the file is blank while no record is under way (waiting for a disk or a
 * source), and an end that came as an error, not as a death, leaves it blank too.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Identity } from '../../time/identity.ts'

/**
 * Crashes at one record after which it is rejected; the first one, before anything was written, not counted. The first
 * record after a restore takes some milliseconds (its code is compiled), so that of 10,000 kills from outside a handful
 * hit it twice in a row; three times is once in a hundred such campaigns.
 */
const DEATHS = 3

const MARKS_FILE = 'crashes.json'
const SUSPECT_FILE = 'suspect'

/** What is kept between runs. */
interface Marks {
  /** Checkpoint from which the running process started; null: from the beginning. */
  readonly from: number | null
  /** Crashes in a row at the suspect. */
  readonly deaths: number
  readonly suspect: string | null
  readonly rejected: readonly string[]
}

const NOTHING: Marks = { from: null, deaths: 0, suspect: null, rejected: [] }

export class CrashGuard {
  readonly #folder: string
  readonly #rejected: Set<string>
  #marks: Marks
  #file: number | undefined
  #announced = false
  #buffer = Buffer.alloc(4096)

  /**
   * @param crashed whether the process before this one ended without a final checkpoint
   */
  constructor(folder: string, from: number | null, crashed: boolean) {
    this.#folder = folder
    const before = readMarks(this.#marksPath)
    this.#rejected = new Set(before.rejected)
    const suspect = crashed ? readSuspect(this.#suspectPath) : null
    const deaths = suspect === null ? 0 : suspect === before.suspect ? before.deaths + 1 : 1
    if (suspect !== null && deaths >= DEATHS) this.#rejected.add(suspect)
    this.#marks = { from, deaths, suspect, rejected: [...this.#rejected] }
    if (crashed || this.#rejected.size > 0) this.#save()
    if (crashed) this.#file = openSync(this.#suspectPath, 'w')
  }

  /** Records kept out, as a person finds them. */
  get rejected(): readonly string[] {
    return [...this.#rejected].map((text) => {
      const [stage, origin, split, position] = JSON.parse(text) as [string, string, string, number]
      return `source "${origin}", ${split}, position ${position}, at operator "${stage}"`
    })
  }

  /** True while records must be announced or some are kept out. */
  get active(): boolean {
    return this.#file !== undefined || this.#rejected.size > 0
  }

  /**
   * Announces a record about to be processed by a stage; false keeps it out of that stage, not of others: what tells of
   * its rejection has its identity too.
   */
  readonly admit = (stage: string, identity: Identity): boolean => {
    if (this.#file === undefined && this.#rejected.size === 0) return true
    const { origin, split, position, time, path } = identity
    const text = JSON.stringify([stage, origin, split, position, time, path])
    if (this.#rejected.has(text)) return false
    if (this.#file !== undefined) {
      const length = this.#buffer.write(`${text}\n`)
      writeSync(this.#file, this.#buffer, 0, length, 0)
      this.#announced = true
    }
    return true
  }

  /** No record is under way: a death now is none of the last one's doing. */
  readonly idle = (): void => {
    if (this.#file === undefined || !this.#announced) return
    this.#announced = false
    writeSync(this.#file, '\n', 0)
  }

  /** A checkpoint was taken: the place of the crash is behind. */
  passed(): void {
    if (this.#file === undefined) return
    ftruncateSync(this.#file)
    closeSync(this.#file)
    this.#file = undefined
    rmSync(this.#suspectPath, { force: true })
    this.#marks = { ...NOTHING, rejected: this.#marks.rejected }
    this.#save()
  }

  /** Forgets crashes and rejected records. */
  static forget(folder: string): void {
    for (const name of [MARKS_FILE, SUSPECT_FILE]) rmSync(join(folder, name), { force: true })
  }

  /** The run ended without dying: with a checkpoint, or with an error that was told. */
  close(): void {
    if (this.#file === undefined) return
    this.idle()
    closeSync(this.#file)
    this.#file = undefined
  }

  get #marksPath(): string {
    return join(this.#folder, MARKS_FILE)
  }

  get #suspectPath(): string {
    return join(this.#folder, SUSPECT_FILE)
  }

  #save(): void {
    const temporary = `${this.#marksPath}.tmp`
    writeFileSync(temporary, JSON.stringify(this.#marks))
    renameSync(temporary, this.#marksPath)
  }
}

function readMarks(path: string): Marks {
  try {
    return { ...NOTHING, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<Marks>) }
  } catch {
    return NOTHING
  }
}

/** The first line: an identity shorter than the one before it leaves the tail of that one behind. */
function readSuspect(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8')
    const end = text.indexOf('\n')
    return end > 0 ? text.slice(0, end) : null
  } catch {
    return null
  }
}
