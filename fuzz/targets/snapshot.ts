import {
  adam,
  arow,
  bayesLinear,
  bayesLogistic,
  compose,
  features,
  linear,
  logistic,
  minMax,
  type Pipeline,
  pipeline,
  robustScaler,
  standardScaler,
  targetEncoding,
} from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { StageTrial, type TrialRecord } from '../../src/testing/stage-trial.ts'
import { Click, type ClickRow, clicks, Label, labels } from '../../test/pipelines/clicks.ts'
import { type FuzzTarget, textBytes } from '../target.ts'

const source = { eventTime: (click: { at: number }) => click.at, outOfOrderness: '1s' as const }
const inputs = features(Click).numeric('amount', 'hour').categorical('page', { max: 20 })

const hashed = features(Click).numeric('amount', 'hour').categorical('page', { hashBits: 3 })
const scaled = compose(hashed, standardScaler(), targetEncoding('page'))
const ranked = compose(hashed, minMax(), robustScaler())

const LEARNERS: readonly {
  readonly learner: unknown
  readonly label: (click: ClickRow) => boolean | number
  readonly keyed: boolean
}[] = [
  { learner: logistic({ inputs, optimizer: adam(0.1) }), label: (click) => click.clicked, keyed: false },
  { learner: logistic({ inputs: hashed, optimizer: adam(0.1) }), label: (click) => click.clicked, keyed: true },
  { learner: logistic({ inputs: scaled }), label: (click) => click.clicked, keyed: false },
  { learner: logistic({ inputs: scaled }), label: (click) => click.clicked, keyed: true },
  { learner: linear({ inputs: ranked }), label: (click) => click.amount, keyed: true },
  { learner: bayesLogistic({ inputs }), label: (click) => click.clicked, keyed: false },
  { learner: bayesLinear({ inputs: hashed }), label: (click) => click.amount, keyed: true },
  { learner: arow({ inputs }), label: (click) => click.clicked, keyed: false },
]

interface Subject {
  readonly program: ReturnType<Pipeline['program']>
  readonly uid: string
  readonly records: readonly TrialRecord[]
}

const rows = clicks(60, 71)
const shown: TrialRecord[] = rows.map((value) => ({ time: value.at, value })).sort((a, b) => a.time - b.time)
const answers: TrialRecord[] = labels(rows, 72).map((value) => ({ input: 1, time: value.at, value }))
const both = [...shown, ...answers].sort((a, b) => a.time - b.time)

function subjects(): Subject[] {
  const learning = LEARNERS.map(({ learner, label, keyed }) => {
    const built = pipeline('trial', ({ from }) => {
      const stream = from('clicks', memory([[]], Click), source)
      const options = { label: label as (click: unknown) => never }
      const learned = keyed
        ? stream.keyBy((c) => c.user).learn('model', learner as never, options)
        : stream.learn('model', learner as never, { ...options, metricsEvery: '10s' })
      learned.to('out', jsonl('out'))
      learned.metrics.to('metrics', jsonl('metrics'))
    })
    return { program: built.program(), uid: 'model', records: shown }
  })
  const later = pipeline('later', ({ from }) => {
    const scored = from('clicks', memory([[]], Click), source)
      .predict('model', logistic({ inputs }), { metricsEvery: '10s' })
      .learnFrom(from('labels', memory([[]], Label), source), {
        key: (c) => c.id,
        labelKey: (l) => l.id,
        label: (l) => l.bought,
        labelTimeout: '15s',
      })
    scored.to('out', jsonl('out'))
    scored.metrics.to('metrics', jsonl('metrics'))
  })
  const counting = pipeline('counting', ({ from }) => {
    from('clicks', memory([[]], Click), source)
      .keyBy((c) => c.user)
      .process<unknown, number>('count', {
        onRecord(_click, { state, timers, emit, time }) {
          state.set((state.get() ?? 0) + 1)
          timers.event(time + 4000, 'rest')
          emit(state.get())
        },
        onTimer: (at, { emit }, tag) => emit({ at, tag }),
        ttl: '9s',
      })
      .to('out', jsonl('out', { partBytes: 900 }))
  })
  const counted: TrialRecord[] = shown.map(({ time }) => ({ time, value: { n: time } }))
  return [
    ...learning,
    { program: later.program(), uid: 'model', records: both },
    { program: counting.program(), uid: 'count', records: shown },
    { program: counting.program(), uid: 'out', records: counted },
  ]
}

const all = subjects()

/** A state by its operator's place, as `subject uid group` in a line before the bytes. */
function input(subject: number, place: string, bytes: Uint8Array): Uint8Array {
  const head = textBytes(`${subject} ${place}\n`)
  const whole = new Uint8Array(head.length + bytes.length)
  whole.set(head)
  whole.set(bytes, head.length)
  return whole
}

/** The state of operators: restored, and if it is taken, worked with, written and restored once more. */
export const target: FuzzTarget = {
  name: 'snapshot',
  corpus: () =>
    all.flatMap(({ program, uid, records }, i) => {
      const state = new StageTrial(program, uid).feed(records, 0, 40).mark()()
      return [...state].slice(0, 4).map(([place, bytes]) => input(i, place, bytes))
    }),
  run(bytes) {
    const line = bytes.indexOf(10)
    const [, number, place] =
      /^(\d+) (.*\/\d+)$/.exec(String.fromCharCode(...bytes.subarray(0, Math.max(0, Math.min(line, 200))))) ?? []
    const subject = all[Number(number)]
    if (subject === undefined) return
    const { program, uid, records } = subject
    const at = place.lastIndexOf('/')
    if (!new StageTrial(program, uid).stage.operators().has(place.slice(0, at)) || Number(place.slice(at + 1)) > 127)
      return
    const trial = new StageTrial(program, uid, new Map([[place, bytes.subarray(line + 1)]]))
    const state = trial.mark()()
    new StageTrial(program, uid, state)
    trial.feed(records, 40, 50).finish()
  },
}
