/**
 * Quality: judges a model by its outcomes, beside the baselines, on the same events and by what was known when each
 * prediction was made. Overall, over the last outcomes, faded, and by windows of event time.
 *
 * One partition. A window is reported when event time has passed its end, by a timer that follows from the state.
 */
import type { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import type { Task } from '../learn/learner.ts'
import type { JudgedBinary } from '../learn/tasks/judged.ts'
import type { BinaryOutcome } from '../metrics/binary-outcome.ts'
import { binaryQuality } from '../metrics/binary-quality.ts'
import { multiclassQuality } from '../metrics/multiclass-quality.ts'
import type { Quality, QualityKind, QualityWindow, Tumbling } from '../metrics/quality.ts'
import { regressionQuality } from '../metrics/regression-quality.ts'
import type { QualityDescription } from './describe.ts'
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorCapture, OperatorContext } from './operator.ts'
import { type AnyQualityReport, HALF_LIFE, RECENT } from './quality-report.ts'

export interface QualityOptions {
  readonly task: Task
  /** Length of the event-time windows; 0: none. */
  readonly everyMs: number
}

const WINDOW_TAG = '~window'
const METRICS = 0

export class QualityOperator implements Operator {
  readonly ledger: Ledger
  readonly #context: OperatorContext
  readonly #model: string
  readonly #task: Task
  readonly #overall: Quality<unknown, unknown>
  readonly #recent: Quality<unknown, unknown>
  readonly #faded: Quality<unknown, unknown>
  readonly #windows: Tumbling<unknown, unknown> | undefined
  readonly #home: number
  #lastAt = 0

  constructor(context: OperatorContext, { task, everyMs }: QualityOptions) {
    this.#context = context
    this.#model = context.uid.replace(/\.quality$/, '')
    this.#task = task
    const kind = kinds[task]
    this.#overall = kind.overall()
    this.#recent = kind.windowed(RECENT)
    this.#faded = kind.faded(HALF_LIFE)
    this.#windows = everyMs > 0 ? kind.tumbling(everyMs) : undefined
    this.#home = context.key.group
    this.ledger = new Ledger(basicCounters, context.keyGroups)
  }

  receive(_input: number, value: unknown): void {
    this.ledger.add(IN, this.#home)
    const outcome = this.#task === 'binary' ? withMajority(value as JudgedBinary) : value
    this.#overall.update(outcome)
    this.#recent.update(outcome)
    this.#faded.update(outcome)
    this.#lastAt = this.#context.current.time
    if (this.#windows !== undefined) {
      const { sizeMs } = this.#windows
      this.#windows.update(outcome, this.#lastAt)
      this.#context.setEventTimer((Math.floor(this.#lastAt / sizeMs) + 1) * sizeMs - 1, WINDOW_TAG)
    }
    this.ledger.add(PROCESSED, this.#home)
  }

  onEventTimer(time: number): void {
    this.#windows?.advance(time).forEach((window, i) => {
      this.#context.emitChild(METRICS, this.#report(window.endMs, window), i)
    })
  }

  end(): void {
    if (this.#context.connected(METRICS)) this.#context.emit(METRICS, this.#report(this.#lastAt, null))
  }

  describe(): QualityDescription {
    return { type: 'quality', model: this.#model, report: this.#report(this.#lastAt, null) }
  }

  capture(): OperatorCapture {
    const bytes = new ByteWriter(1 << 12)
    if (this.#overall.records > 0) {
      bytes.varint(this.#lastAt)
      this.#overall.snapshot(bytes)
      this.#recent.snapshot(bytes)
      this.#faded.snapshot(bytes)
      bytes.u8(this.#windows === undefined ? 0 : 1)
      this.#windows?.snapshot(bytes)
    }
    return {
      writeGroup: (group: number, writer: ByteWriter) => {
        if (group === this.#home) writer.raw(bytes.view())
      },
      release: () => {},
    }
  }

  restoreGroup(_group: number, reader: ByteReader): void {
    if (reader.remaining === 0) return
    this.#lastAt = reader.varint()
    this.#overall.restore(reader)
    this.#recent.restore(reader)
    this.#faded.restore(reader)
    if (reader.u8() === 0) return
    const windows = this.#windows
    if (windows === undefined) {
      reader.raw(reader.remaining)
      return
    }
    windows.restore(reader)
    for (const { endMs } of windows.open()) this.#context.setEventTimer(endMs - 1, WINDOW_TAG)
  }

  #report(at: number, window: QualityWindow<unknown> | null): AnyQualityReport {
    return {
      model: this.#model,
      task: this.#task,
      at,
      records: this.#overall.records,
      overall: this.#overall.report(),
      recent: this.#recent.report(),
      faded: this.#faded.report(),
      window,
    } as AnyQualityReport
  }
}

const kinds: { readonly [K in Task]: QualityKind<unknown, unknown> } = {
  binary: binaryQuality as QualityKind<unknown, unknown>,
  multiclass: multiclassQuality as QualityKind<unknown, unknown>,
  regression: regressionQuality as QualityKind<unknown, unknown>,
}

/** The commoner of two labels follows from the prior. */
function withMajority({ probability, label, weight, prior, last }: JudgedBinary): BinaryOutcome {
  return { probability, label, weight, prior, majority: last === null ? null : prior > 0.5, last }
}
