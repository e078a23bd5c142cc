import { MAX_TIME, MIN_TIME } from './identity.ts'

/** The watermark before any record: earlier than every legal time. */
export const NO_WATERMARK = MIN_TIME - 1

/** A split's watermark in a snapshot; plain JSON. */
export interface WatermarkState {
  readonly watermark: number
}

/**
 * The watermark of one split, from its records alone: no record earlier than `outOfOrderness` before the latest one is
 * still expected. A record at or before the watermark is late, and that is decided here, once: ask `isLate` before
 * `observe`.
 *
 * The watermark never falls. A pipeline that was edited to allow more disorder starts from the watermark its snapshot
 * held, so what was late stays late.
 *
 * Idle and finished are states of the split, not of its time: an idle split is left out while the others go on; a
 * finished one has the watermark MAX_TIME.
 */
export class BoundedOutOfOrderness {
  /** Set while an unbounded split has nothing to give; the next record ends it. */
  idle = false
  private current: number
  private readonly allowance: number

  /** @param outOfOrderness milliseconds, >= 0 */
  constructor(outOfOrderness: number, restored?: WatermarkState) {
    this.allowance = outOfOrderness + 1
    this.current = restored === undefined ? NO_WATERMARK : restored.watermark
  }

  /** Every time at or before it is over; `NO_WATERMARK` before any record. */
  get watermark(): number {
    return this.current
  }

  get finished(): boolean {
    return this.current === MAX_TIME
  }

  isLate(time: number): boolean {
    return time <= this.current
  }

  /** Takes the time of a record. */
  observe(time: number): void {
    this.idle = false
    const watermark = time - this.allowance
    if (watermark > this.current) this.current = watermark
  }

  /** Wakes an idle split: what the others have reached without it is over for it too. */
  wake(reached: number): void {
    if (!this.idle) return
    this.idle = false
    this.raise(reached)
  }

  /** What was reached before the split begins is over for it too. */
  raise(reached: number): void {
    if (reached > this.current) this.current = reached
  }

  /** The split has ended: no record of any time comes. */
  finish(): void {
    this.idle = false
    this.current = MAX_TIME
  }

  state(): WatermarkState {
    return { watermark: this.current }
  }
}

/**
 * The watermark of several splits together: the least of those that may still hold it back.
 *
 * Idle splits are left out. When every unfinished split is idle nobody holds it back and nobody drives it: it goes to
 * the latest watermark among them (as Flink's own merging does, without its jump to the end when the rest has
 * finished, FLINK-38477), and waits there. Only when every split has finished, and none is to come, is it MAX_TIME. It
 * never falls, so a split that wakes up or is found later may have records behind it.
 */
export class CombinedWatermark {
  /** Whether splits may still be added: then the watermark does not go to the end when all there are have finished. */
  moreToCome = false
  /** As of the last `advance`: nobody holds the watermark back, or drives it, though more may come. */
  idle = false
  private current: number
  private readonly splits = new Set<BoundedOutOfOrderness>()

  constructor(restored?: WatermarkState) {
    this.current = restored === undefined ? NO_WATERMARK : restored.watermark
  }

  add(split: BoundedOutOfOrderness): void {
    this.splits.add(split)
  }

  /** Takes a finished split out: it has no more to say. */
  remove(split: BoundedOutOfOrderness): void {
    this.splits.delete(split)
  }

  /** The watermark as of the last `advance`. */
  get watermark(): number {
    return this.current
  }

  /** Looks at every split and returns the watermark. Call it once for a batch of records. With no split it stands still. */
  advance(): number {
    let least = MAX_TIME
    let latestIdle = NO_WATERMARK
    let active = 0
    let unfinished = 0
    for (const split of this.splits) {
      if (split.finished) continue
      unfinished++
      if (split.idle) {
        latestIdle = Math.max(latestIdle, split.watermark)
      } else {
        active++
        least = Math.min(least, split.watermark)
      }
    }
    this.idle = active === 0 && (unfinished > 0 || this.moreToCome)
    if (this.splits.size === 0) return this.current
    const ended = unfinished === 0 && !this.moreToCome
    const watermark = active > 0 || ended ? least : latestIdle
    this.current = Math.max(this.current, watermark)
    return this.current
  }

  state(): WatermarkState {
    return { watermark: this.current }
  }
}
