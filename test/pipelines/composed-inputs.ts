// Words of a text, and transformers that learn: one model with labels that come later, and a model for each user.
import {
  adagrad,
  boolean,
  compose,
  features,
  imputer,
  integer,
  interactions,
  logistic,
  minMax,
  number,
  pipeline,
  randomFourier,
  record,
  robustScaler,
  string,
  targetEncoding,
  tfidf,
  time,
} from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { type ClickRow, clicks, Label, labels } from './clicks.ts'

const Note = record({
  id: string(),
  user: string(),
  page: string(),
  amount: number().nullable(),
  hour: integer(),
  clicked: boolean(),
  note: string().nullable(),
  at: time({ unit: 'ms' }),
})

const WORDS = ['FREE', 'näher', 'ΟΔΟΣ', 'жизнь', '東京', 'naïve', '42', 'wait…', "don't", '\ud83d\ude00', 'ÉTÉ']

/** A click with some words in several scripts, now and then without an amount or a note. */
function noteOf(row: ClickRow, i: number) {
  const words = Array.from({ length: 1 + (i % 5) }, (_unused, k) => WORDS[(i * (k + 3) + k) % WORDS.length])
  return {
    ...row,
    amount: i % 7 === 3 ? null : row.amount,
    note: i % 9 === 5 ? null : `${row.page}: ${words.join(' ')}`,
  }
}

export default pipeline('composed-inputs', ({ from }) => {
  const rows = clicks(240, 91)
  const notes = rows.map(noteOf)
  const shown = from('notes', memory([notes.slice(0, 150), notes.slice(150)], Note), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('labels', memory(labels(rows, 92), Label), { eventTime: (l) => l.at })
  const inputs = compose(
    features(Note)
      .numeric('amount', 'hour')
      .categorical('page', 'user')
      .text('note', { hashBits: 10, ngrams: 2, maxTokens: 5 }),
    imputer('mean', { indicator: true }),
    minMax(),
    targetEncoding('user'),
    interactions(),
    tfidf('note'),
  )
  const scored = shown
    .predict('buys', logistic({ inputs, optimizer: adagrad(0.3) }), { modelEvery: 50 })
    .learnFrom(known, { key: (c) => c.id, labelKey: (l) => l.id, label: (l) => l.bought, labelTimeout: '45s' })
  scored.to('scores', jsonl('out/scores'))
  scored.outcomes.to('outcomes', jsonl('out/outcomes'))
  scored.models.to('models', jsonl('out/models'))

  const perUser = compose(
    features(Note)
      .numeric('amount', 'hour')
      .categorical('page', { hashBits: 3 })
      .text('note', { hashBits: 6, count: 'binary' }),
    imputer('median'),
    robustScaler(),
    targetEncoding('page', { keep: true }),
    randomFourier(12, { gamma: 0.2, seed: 7 }),
  )
  const again = shown
    .keyBy((c) => c.user)
    .learn('clicks-again', logistic({ inputs: perUser, optimizer: adagrad(0.3) }), { label: (c) => c.clicked })
  again.to('learned', jsonl('out/learned'))
  again.metrics.to('metrics', jsonl('out/metrics'))
})
