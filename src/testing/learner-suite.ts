import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import { FeatureVector } from '../features/feature-vector.ts'
import { LearningRows } from '../learn/learning-rows.ts'
import { type ContractCheck, codeThrownBy, demand } from './contract-check.ts'
import {
  bytesOf,
  eachSet,
  isPrediction,
  type LearnerSubject,
  labelOf,
  learnerOf,
  otherLabel,
  randomNumbers,
  SLOTS,
  sameBits,
  sameBytes,
  specOf,
  streams,
  TrialModel,
  vectorOf,
} from './learner-trial.ts'

/** Rows that learn together. */
const ROWS = 40

/**
 * What every learner must do, whatever it learns.
 *
 * The checks play a stream of 2,000 made-up records, the same each time, and look at the raw doubles of the model.
 * They say nothing of how well it learns, but that it does learn: better than a guess on a stream that is easy.
 */
export function learnerChecks(subject: LearnerSubject): readonly ContractCheck[] {
  const checks: ContractCheck[] = []
  const { task } = specOf(subject)
  const check = (title: string, run: () => void): void => {
    const skip = Object.entries(subject.skip ?? {}).find(([part]) => title.includes(part))?.[1]
    checks.push({ title: `${subject.name}: ${title}`, skip, run })
  }
  const label = (y: number): number => subject.label?.(y) ?? y
  const stream = streams[task].map((record) => ({ ...record, y: label(record.y) }))

  check('init makes a model that has learned nothing, whatever was there', () => {
    const model = new TrialModel(subject)
    const before = model.bytes()
    model.page.fill(7)
    model.learner.init(model.page, model.offset, SLOTS)
    demand(sameBytes(model.bytes(), before), 'init writes every double')
    demand(model.learner.steps(model.page, model.offset) === 0, 'a new model has 0 steps')
    const out = model.predict(stream[0].x)
    if (task === 'binary') demand(out[0] === 0.5, 'a model that has learned nothing says 0.5')
    if (task === 'regression') demand(out[0] - out[0] === 0, 'a model that has learned nothing says a number')
  })

  check('predicting changes nothing', () => {
    const model = new TrialModel(subject).learnAll(stream)
    const before = model.bytes()
    for (const { x } of stream) model.predict(x)
    demand(sameBytes(model.bytes(), before), 'predictOne leaves every byte')
  })

  check('predictions are what their task says, and the model learns', () => {
    const model = new TrialModel(subject)
    const half = stream.length / 2
    let [good, guess] = [0, 0]
    stream.forEach((record, i) => {
      const out = model.test(record)
      demand(isPrediction(task, out, model.learner), 'a prediction is what the contract says')
      if (i < half) return
      if (task === 'regression') {
        // Squared errors, against always guessing the mean, 0.
        good += (out[0] - record.y) ** 2
        guess += record.y ** 2
      } else if (labelOf(task, out) === record.y) good++
    })
    if (task === 'regression')
      demand(good < 0.5 * guess, `a plain stream is learned; squared errors ${good} of ${guess}`)
    else demand(good > 0.7 * half, `a plain stream is learned; right were ${good} of ${half}`)
  })

  check('testThenTrain gives the bits of predictOne and learnOne', () => {
    const fused = new TrialModel(subject)
    const parts = new TrialModel(subject)
    for (const record of stream) {
      const out = parts.predict(record.x)
      parts.learn(record)
      demand(sameBits(fused.test(record), out), 'the fused prediction has the same bits')
    }
    demand(sameBytes(fused.bytes(), parts.bytes()), 'the fused model has the same bits')
  })

  check('testThenTrainRows, where there is one, gives the bits of testThenTrain', () => {
    const [together, single] = [new TrialModel(subject), new TrialModel(subject)]
    const { learner, page, offset } = together
    if (learner.testThenTrainRows === undefined) return
    const rows = new LearningRows(new FeatureEncoder(specOf(subject).inputs), learner.outputs, ROWS)
    for (let at = 0; at + ROWS <= stream.length; at += ROWS) {
      const records = stream.slice(at, at + ROWS)
      records.forEach(({ x, y, weight }, i) => {
        rows.vectors[i].copyFrom(x)
        rows.labels[i] = y
        rows.weights[i] = weight
        rows.pages[i] = page
        rows.offsets[i] = offset
      })
      demand(learner.testThenTrainRows(rows, 0, ROWS) === ROWS, 'all rows are learned')
      records.forEach((record, i) => {
        demand(sameBits(single.test(record), rows.outs[i]), 'the prediction of a row has the same bits')
      })
    }
    demand(sameBytes(together.bytes(), single.bytes()), 'the model of the rows has the same bits')
  })

  check('steps counts the records learned', () => {
    const model = new TrialModel(subject).learnAll(stream.slice(0, 17))
    demand(model.learner.steps(model.page, model.offset) === 17, '17 records are 17 steps')
  })

  check('a learner has no memory of its own: models do not touch each other, nor what lies beside them', () => {
    const alone = new TrialModel(subject).learnAll(stream)
    const learner = learnerOf(subject)
    const size = learner.size(SLOTS)
    const page = new Float64Array(3 * size + 2).fill(3)
    const out = new Float64Array(learner.outputs)
    for (const offset of [1, 1 + size, 1 + 2 * size]) learner.init(page, offset, SLOTS)
    stream.forEach(({ x, y, weight }, i) => {
      learner.learnOne(page, 1 + size, x, y, weight)
      // Its neighbours learn other things in between.
      if (i % 3 === 0) learner.learnOne(page, 1, x, label(otherLabel(task, y)), 1)
      if (i % 5 === 0) learner.predictOne(page, 1 + 2 * size, x, out)
    })
    demand(sameBytes(bytesOf(page, 1 + size, size), alone.bytes()), 'a model among others is the model alone')
    demand(
      sameBytes(bytesOf(page, 1 + 2 * size, size), new TrialModel(subject).bytes()),
      'a model only predicted with stays new',
    )
    demand(page[0] === 3 && page[1 + 3 * size] === 3, 'nothing is written outside the row')
  })

  check('the same records give the same bits, from the same place and from another', () => {
    const [first, second] = [new TrialModel(subject), new TrialModel(subject, 77)]
    first.learnAll(stream)
    second.learnAll(stream)
    demand(sameBytes(first.bytes(), second.bytes()), 'learning is deterministic')
  })

  check('a model goes on from its raw doubles as if nothing had happened', () => {
    const straight = new TrialModel(subject).learnAll(stream)
    const first = new TrialModel(subject).learnAll(stream.slice(0, 700))
    const writer = new ByteWriter()
    writer.f64s(first.page, first.offset, first.offset + first.size)
    const second = new TrialModel(subject, 5)
    new ByteReader(writer.finish(), 'test').f64s(second.page, second.offset, second.offset + second.size)
    second.learner.check(second.page, second.offset, SLOTS)
    second.learnAll(stream.slice(700))
    demand(sameBytes(second.bytes(), straight.bytes()), 'the doubles are the whole model')
  })

  check('check refuses rows that hold no model', () => {
    const good = new TrialModel(subject).learnAll(stream)
    demand(
      codeThrownBy(() => good.learner.check(good.page, good.offset, SLOTS)) === undefined,
      'a learned model passes',
    )
    for (const poison of [NaN, Infinity, -Infinity]) {
      for (let i = 0; i < good.size; i++) {
        const { page, offset, learner } = new TrialModel(subject).learnAll(stream.slice(0, 20))
        page[offset + i] = poison
        const code = codeThrownBy(() => learner.check(page, offset, SLOTS))
        demand(code === 'ML_CORRUPT', `${poison} in double ${i} is refused`)
      }
    }
  })

  check('more slots change no prediction, and a model with fewer again is the same to the bit', () => {
    const small = new TrialModel(subject).learnAll(stream)
    const { learner } = small
    const large = new TrialModel(subject, 1, SLOTS + 9)
    learner.resize(small.page, small.offset, SLOTS, large.page, large.offset, SLOTS + 9)
    learner.check(large.page, large.offset, SLOTS + 9)
    for (const { x } of stream.slice(0, 50))
      demand(sameBits(large.predict(x), small.predict(x)), 'it predicts the same')
    const grown = new TrialModel(subject, 1, SLOTS + 9)
    const empty = grown.bytes()
    grown.page.fill(9)
    learner.resize(new TrialModel(subject).page, 3, SLOTS, grown.page, grown.offset, SLOTS + 9)
    demand(sameBytes(grown.bytes(), empty), 'slots that come later begin like those of a model made with them')
    const again = new TrialModel(subject)
    learner.resize(large.page, large.offset, SLOTS + 9, again.page, again.offset, SLOTS)
    demand(sameBytes(again.bytes(), small.bytes()), 'room for slots that were never used leaves no trace')
    for (const { x, y } of stream.slice(0, 50)) for (const model of [small, large]) model.learn({ x, y, weight: 1 })
    learner.resize(large.page, large.offset, SLOTS + 9, again.page, again.offset, SLOTS)
    demand(sameBytes(again.bytes(), small.bytes()), 'a longer model learns the same')
    large.learn({ x: vectorOf([0.1, 0.2, 0.3], [SLOTS + 8]), y: stream[0].y, weight: 1 })
    learner.check(large.page, large.offset, SLOTS + 9)
  })

  check('an edit of the features moves what stays and leaves the rest new', () => {
    const old = new TrialModel(subject).learnAll(stream)
    // Numeric input 1 goes, one comes in front; slot 3 goes, the others move up.
    const map = { dense: 3, slots: Int32Array.of(1, -1, 2, -1, 3, 4, 5, 6), identity: false }
    const page = new Float64Array(old.learner.size(7)).fill(9)
    old.learner.move(old.page, old.offset, map, page, 0, 7)
    old.learner.check(page, 0, 7)
    demand(old.learner.steps(page, 0) === old.learner.steps(old.page, old.offset), 'the steps stay')
    eachSet(old.learner.weights?.(old.page, old.offset, SLOTS), old.learner.weights?.(page, 0, 7), (was, is) => {
      map.slots.forEach((to, from) => {
        if (to >= 0 && subject.skip?.['weights stay'] === undefined)
          demand(is.weights[to] === was.weights[from], `the weight of slot ${from} goes to ${to}`)
      })
      demand(is.weights[0] === 0, 'a new input has no weight')
    })
    // One numeric input more: every slot moves up.
    const wider = learnerOf(subject, ['z', 'a', 'b', 'c'])
    const up = { dense: 3, slots: Int32Array.from({ length: SLOTS }, (_, i) => i + 1), identity: false }
    const row = new Float64Array(wider.size(SLOTS + 1)).fill(9)
    wider.move(old.page, old.offset, up, row, 0, SLOTS + 1)
    wider.check(row, 0, SLOTS + 1)
    const out = new Float64Array(wider.outputs)
    for (const { x } of stream.slice(0, 100)) {
      const moved = new FeatureVector(4, 2)
      moved.moveFrom(x, up)
      wider.predictOne(row, 0, moved, out)
      const before = old.predict(x)
      demand(
        out.every((value, i) => Math.abs(value - before[i]) <= 1e-9 * Math.max(1, Math.abs(value))),
        'a moved model predicts the same where the new input is missing',
      )
    }
    const narrow = learnerOf(subject, ['a', 'c'])
    const down = {
      dense: 4,
      slots: Int32Array.from({ length: SLOTS + 1 }, (_, i) => (i === 0 || i === 2 ? -1 : i < 2 ? i - 1 : i - 2)),
      identity: false,
    }
    const less = new Float64Array(narrow.size(SLOTS - 1)).fill(9)
    narrow.move(row, 0, down, less, 0, SLOTS - 1)
    narrow.check(less, 0, SLOTS - 1)
    const same = { dense: 3, slots: Int32Array.from({ length: SLOTS }, (_, i) => i), identity: true }
    const copy = new Float64Array(old.size).fill(9)
    old.learner.move(old.page, old.offset, same, copy, 0, SLOTS)
    demand(sameBytes(bytesOf(copy, 0, old.size), old.bytes()), 'an edit of nothing moves everything')
  })

  check('a weight says how much a record counts; 0, negative, tiny, huge and NaN are refused', () => {
    const [light, heavy] = [new TrialModel(subject), new TrialModel(subject)]
    const start = stream.slice(0, 300)
    light.learnAll(start)
    heavy.learnAll(start)
    const { x } = stream[300]
    const before = light.predict(x).slice()
    const y = task === 'regression' ? before[0] + 3 : otherLabel(task, labelOf(task, before))
    const of = task === 'multiclass' ? y : 0
    const [up, further] = [light, heavy].map((model, i) => {
      model.learn({ x, y, weight: i === 0 ? 0.5 : 5 })
      return Math.abs(model.predict(x)[of] - before[of])
    })
    demand(further > up && up > 0, 'a heavier record moves its prediction further')
    const bytes = light.bytes()
    for (const weight of [0, -1, 1e-300, 1e38, NaN, Infinity, -Infinity]) {
      const code = codeThrownBy(() => light.learn({ x, y, weight }))
      demand(code === 'ML_LABEL', `a weight of ${weight} is refused`)
      demand(sameBytes(light.bytes(), bytes), `a weight of ${weight} changes nothing`)
    }
    for (const weight of [1e-9, 1e6]) light.learn({ x, y, weight })
    light.learner.check(light.page, light.offset, SLOTS)
  })

  check('learning is atomic: what is not finite or too large is refused and leaves every byte', () => {
    const model = new TrialModel(subject).learnAll(stream)
    const before = model.bytes()
    for (const poison of [NaN, Infinity, -Infinity, 1e308, -1e308, 1e200, 1e21]) {
      for (let place = 0; place < 3; place++) {
        const x = new FeatureVector(3, 2)
        x.dense.set([0.1, 0.2, 0.3])
        x.dense[place] = poison
        x.activate(4)
        for (const train of [model.learn.bind(model), model.test.bind(model)]) {
          demand(codeThrownBy(() => train({ x, y: 1, weight: 1 })) === 'ML_LEARN', `${poison} is refused`)
          demand(sameBytes(model.bytes(), before), `${poison} changes nothing`)
        }
        let out: Float64Array = new Float64Array(0)
        const code = codeThrownBy(() => {
          out = model.predict(x)
        })
        demand(
          code === 'ML_LEARN' || isPrediction(task, out, model.learner),
          `a prediction from ${poison} is a number or refused`,
        )
      }
    }
    for (const all of [1e20, -1e20]) {
      const x = vectorOf([all, all, all], [])
      demand(
        codeThrownBy(() => model.learn({ x, y: 0, weight: 1 })) === 'ML_LEARN',
        'inputs too large together are refused',
      )
      demand(sameBytes(model.bytes(), before), 'and change nothing')
    }
    const heavy = vectorOf([0.1, 0.2, 0.3], [])
    for (const poison of [NaN, Infinity, -Infinity, 1e308, 1e21]) {
      heavy.activeCount = 0
      heavy.activate(4, poison)
      demand(
        codeThrownBy(() => model.learn({ x: heavy, y: 1, weight: 1 })) === 'ML_LEARN',
        `a value of ${poison} in a slot is refused`,
      )
      demand(sameBytes(model.bytes(), before), 'and changes nothing')
    }
    if (task !== 'regression') return
    for (const y of [NaN, Infinity, -Infinity, 1e308]) {
      demand(
        codeThrownBy(() => model.learn({ x: stream[0].x, y, weight: 1 })) === 'ML_LABEL',
        `a label ${y} is refused`,
      )
      demand(sameBytes(model.bytes(), before), 'and changes nothing')
    }
  })

  check('extreme inputs, labels against them and extreme weights leave finite numbers', () => {
    const model = new TrialModel(subject)
    const values = [0, -0, 5e-324, -5e-324, 1e-200, 1e-60, 1e-3, 1, -1, 3e4, 1e15, -1e15, 1e19]
    const random = randomNumbers(99)
    for (let i = 0; i < 3000; i++) {
      const pick = (): number => values[Math.floor(random() * values.length)]
      const x = vectorOf([pick(), pick(), pick()], [3 + (i % 5)])
      const y = task === 'regression' ? label(1e15 * (2 * random() - 1)) : random() < 0.5 ? 1 : 0
      const out = model.test({ x, y, weight: [1e-9, 1, 1e6][i % 3] })
      demand(isPrediction(task, out, model.learner), 'the prediction is what the contract says')
    }
    model.learner.check(model.page, model.offset, SLOTS)
    for (let i = 0; i < 3000; i++) model.test({ x: vectorOf([1e15, -1e15, 0], [3]), y: i % 2 ? 1 : 0, weight: 1e6 })
    model.learner.check(model.page, model.offset, SLOTS)
  })

  check('an input that never changes does no harm, and neither does one that is always missing', () => {
    const model = new TrialModel(subject)
    for (const { x: input, y } of stream) {
      const x = vectorOf([42, input.dense[0], 0], [])
      x.setDense(2, NaN)
      model.test({ x, y, weight: 1 })
    }
    model.learner.check(model.page, model.offset, SLOTS)
    for (const { weights } of model.learner.weights?.(model.page, model.offset, SLOTS) ?? []) {
      demand(weights[2] === 0, 'a missing input learns no weight')
    }
  })

  check('a missing input takes no part in a prediction', () => {
    const model = new TrialModel(subject).learnAll(stream)
    const [present, missing] = [vectorOf([0.3, 0.2, 0.1], [4]), vectorOf([0.3, 0.2, 0.1], [4])]
    missing.setDense(1, NaN)
    const once = model.predict(missing).slice()
    demand(!sameBits(model.predict(present), once), 'without the input the prediction is another')
    // What was in its place does not matter.
    const other = vectorOf([0.3, 99, 0.1], [4])
    other.setDense(1, NaN)
    demand(sameBits(model.predict(other), once), 'what a missing input would have been does not matter')
    const before = model.bytes()
    const parts = new TrialModel(subject)
    parts.page.set(model.page.subarray(model.offset, model.offset + model.size), parts.offset)
    const out = parts.predict(missing).slice()
    parts.learn({ x: missing, y: 1, weight: 1 })
    demand(sameBits(model.test({ x: missing, y: 1, weight: 1 }), out), 'the fused prediction has the same bits')
    demand(
      sameBytes(parts.bytes(), model.bytes()) && !sameBytes(model.bytes(), before),
      'the rest of the record is learned',
    )
  })

  return checks
}
