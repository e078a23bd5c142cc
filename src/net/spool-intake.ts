import type { Spool } from '../storage/spool.ts'
import { SpoolReader } from '../storage/spool-reader.ts'
import type { Storage } from '../storage/storage.ts'
import type { SplitReader } from '../stream/ports.ts'
import type { Intake } from './intake.ts'

/** Lines that the engine reads from a spool: taken once durable, and still there after a crash. */
export class SpoolIntake implements Intake {
  readonly spool: Spool
  readonly #storage: Storage
  #ended = false
  /** Oldest first: what the last checkpoints covered. */
  readonly #covered: number[] = []

  constructor(spool: Spool, storage: Storage) {
    this.spool = spool
    this.#storage = storage
  }

  get full(): boolean {
    return this.spool.full
  }

  take(lines: Uint8Array): Promise<void> {
    return this.#ended ? Promise.resolve() : this.spool.append(lines)
  }

  async room(): Promise<void> {
    while (this.spool.full && !this.#ended) await this.spool.change()
  }

  end(): void {
    this.#ended = true
    this.spool.wake()
  }

  /** @throws ML_SOURCE_CHANGED when the spool does not hold that offset */
  reader(fromOffset: number, where: string): SplitReader {
    return new SpoolReader(this.spool, this.#storage, fromOffset, where, () => this.#ended)
  }

  /**
   * Removes what no checkpoint needs. One that proves damaged makes the engine go back to the one before it, so what the
   * last few begin with stays.
   */
  async covered(offset: number): Promise<void> {
    this.#covered.push(offset)
    if (this.#covered.length <= KEPT_CHECKPOINTS) return
    this.#covered.shift()
    await this.spool.trim(this.#covered[0])
  }
}

/** As many as a state folder keeps by default. */
const KEPT_CHECKPOINTS = 3
