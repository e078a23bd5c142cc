import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import { FeatureVector } from '../features/feature-vector.ts'
import type { BinaryLearner, BinarySpec } from '../learn/learner.ts'
import { type ContractCheck, codeThrownBy, demand } from './contract-check.ts'

export interface BinaryLearnerSubject {
  /** For titles: `logistic, sgd(0.1)`. */
  readonly name: string
  /** The spec over these inputs: three numeric ones and a dictionary. */
  spec(inputs: { readonly spec: FeatureSpec }): BinarySpec
  /** The learner of a spec. */
  create(spec: BinarySpec): BinaryLearner
}

/**
 * What every learner of two classes with models of fixed size must do, whatever it learns.
 *
 * The checks play a stream of 2,000 made-up records, the same each time, and look at the raw doubles of the model.
 * They say nothing of how well it learns, but that it does learn: better than half on a stream that is easy.
 */
export function binaryLearnerChecks(subject: BinaryLearnerSubject): readonly ContractCheck[] {
  const checks: ContractCheck[] = []
  const check = (title: string, run: () => void): void => {
    checks.push({ title: `${subject.name}: ${title}`, run })
  }

  check('a row of zeros is a model that has learned nothing, and is what init makes', () => {
    const model = new Model(subject)
    const zeros = model.bytes()
    model.page.fill(7)
    model.learner.init(model.page, model.offset, SLOTS)
    demand(sameBytes(model.bytes(), zeros), 'init gives zeros')
    demand(model.learner.steps(model.page, model.offset) === 0, 'a new model has 0 steps')
    demand(model.predict(stream[0].x) === 0.5, 'a model that has learned nothing says 0.5')
  })

  check('predicting changes nothing', () => {
    const model = new Model(subject).learnAll(stream)
    const before = model.bytes()
    for (const { x } of stream) model.predict(x)
    demand(sameBytes(model.bytes(), before), 'predictProbaOne leaves every byte')
  })

  check('probabilities lie between 0 and 1, and the model learns', () => {
    const model = new Model(subject)
    let correct = 0
    stream.forEach((record, i) => {
      const probability = model.test(record)
      demand(probability >= 0 && probability <= 1, 'a probability is a number from 0 to 1')
      if (i >= stream.length / 2 && probability > 0.5 === (record.y === 1)) correct++
    })
    demand(
      correct > 0.7 * (stream.length / 2),
      `a plain stream is learned; right were ${correct} of ${stream.length / 2}`,
    )
  })

  check('testThenTrain gives the bits of predictProbaOne and learnOne', () => {
    const fused = new Model(subject)
    const parts = new Model(subject)
    for (const record of stream) {
      const probability = parts.predict(record.x)
      parts.learn(record)
      demand(Object.is(fused.test(record), probability), 'the fused prediction has the same bits')
    }
    demand(sameBytes(fused.bytes(), parts.bytes()), 'the fused model has the same bits')
  })

  check('steps counts the records learned', () => {
    const model = new Model(subject).learnAll(stream.slice(0, 17))
    demand(model.learner.steps(model.page, model.offset) === 17, '17 records are 17 steps')
  })

  check('a learner has no memory of its own: models do not touch each other, nor what lies beside them', () => {
    const alone = new Model(subject).learnAll(stream)
    const learner = subject.create(specOf(subject))
    const size = learner.size(SLOTS)
    const page = new Float64Array(3 * size + 2).fill(3)
    for (const offset of [1, 1 + size, 1 + 2 * size]) learner.init(page, offset, SLOTS)
    stream.forEach(({ x, y, weight }, i) => {
      learner.learnOne(page, 1 + size, x, y, weight)
      // Its neighbours learn other things in between.
      if (i % 3 === 0) learner.learnOne(page, 1, x, y === 1 ? 0 : 1, 1)
      if (i % 5 === 0) learner.predictProbaOne(page, 1 + 2 * size, x)
    })
    demand(sameBytes(bytesOf(page, 1 + size, size), alone.bytes()), 'a model among others is the model alone')
    demand(
      page.subarray(1 + 2 * size, 1 + 3 * size).every((value) => value === 0),
      'a model only predicted with stays new',
    )
    demand(page[0] === 3 && page[1 + 3 * size] === 3, 'nothing is written outside the row')
  })

  check('the same records give the same bits, from the same place and from another', () => {
    const [first, second] = [new Model(subject), new Model(subject, 77)]
    first.learnAll(stream)
    second.learnAll(stream)
    demand(sameBytes(first.bytes(), second.bytes()), 'learning is deterministic')
  })

  check('a model goes on from its raw doubles as if nothing had happened', () => {
    const straight = new Model(subject).learnAll(stream)
    const first = new Model(subject).learnAll(stream.slice(0, 700))
    const writer = new ByteWriter()
    writer.f64s(first.page, first.offset, first.offset + first.size)
    const second = new Model(subject, 5)
    new ByteReader(writer.finish(), 'test').f64s(second.page, second.offset, second.offset + second.size)
    second.learner.check(second.page, second.offset, SLOTS)
    second.learnAll(stream.slice(700))
    demand(sameBytes(second.bytes(), straight.bytes()), 'the doubles are the whole model')
  })

  check('check refuses rows that hold no model', () => {
    const good = new Model(subject).learnAll(stream)
    demand(
      codeThrownBy(() => good.learner.check(good.page, good.offset, SLOTS)) === undefined,
      'a learned model passes',
    )
    for (const poison of [NaN, Infinity, -Infinity]) {
      for (let i = 0; i < good.size; i++) {
        const { page, offset, learner } = new Model(subject).learnAll(stream.slice(0, 20))
        page[offset + i] = poison
        const code = codeThrownBy(() => learner.check(page, offset, SLOTS))
        demand(code === 'ML_CORRUPT', `${poison} in double ${i} is refused`)
      }
    }
  })

  check('more slots only lengthen a model, and change no prediction', () => {
    const small = new Model(subject).learnAll(stream)
    const page = new Float64Array(small.learner.size(SLOTS + 9))
    demand(page.length > small.size, 'more slots need more room')
    page.set(small.page.subarray(small.offset, small.offset + small.size))
    for (const { x } of stream.slice(0, 50)) {
      const after = small.learner.predictProbaOne(page, 0, x)
      demand(Object.is(after, small.predict(x)), 'a longer model predicts the same')
    }
    const fresh = vectorOf([0.1, 0.2, 0.3], [SLOTS + 8])
    small.learner.learnOne(page, 0, fresh, 1, 1)
    small.learner.check(page, 0, SLOTS + 9)
  })

  check('an edit of the features moves what stays and leaves the rest new', () => {
    const old = new Model(subject).learnAll(stream)
    // Numeric input 1 goes, one comes in front; slot 3 goes, the others move up.
    const map = { dense: 3, slots: Int32Array.of(1, -1, 2, -1, 3, 4, 5, 6), identity: false }
    const page = new Float64Array(old.learner.size(7))
    old.learner.move(old.page, old.offset, map, page, 0)
    old.learner.check(page, 0, 7)
    const was = old.learner.weights(old.page, old.offset, SLOTS)
    const is = old.learner.weights(page, 0, 7)
    demand(is.intercept === was.intercept, 'the intercept stays')
    map.slots.forEach((to, from) => {
      if (to >= 0) demand(is.weights[to] === was.weights[from], `the weight of slot ${from} goes to ${to}`)
    })
    demand(is.weights[0] === 0, 'a new input has no weight')
    // One numeric input more: every slot moves up.
    const wider = subject.create(specOf(subject, ['z', 'a', 'b', 'c']))
    const up = { dense: 3, slots: Int32Array.from({ length: SLOTS }, (_, i) => i + 1), identity: false }
    const row = new Float64Array(wider.size(SLOTS + 1))
    wider.move(old.page, old.offset, up, row, 0)
    wider.check(row, 0, SLOTS + 1)
    for (const { x } of stream.slice(0, 100)) {
      const moved = new FeatureVector(4, 2)
      moved.moveFrom(x, up)
      demand(
        Math.abs(wider.predictProbaOne(row, 0, moved) - old.predict(x)) < 1e-12,
        'a moved model predicts the same where the new input is missing',
      )
    }
    const narrow = subject.create(specOf(subject, ['a', 'c']))
    const down = {
      dense: 4,
      slots: Int32Array.from({ length: SLOTS + 1 }, (_, i) => (i === 0 || i === 2 ? -1 : i < 2 ? i - 1 : i - 2)),
      identity: false,
    }
    const less = new Float64Array(narrow.size(SLOTS - 1))
    narrow.move(row, 0, down, less, 0)
    narrow.check(less, 0, SLOTS - 1)
    const left = narrow.weights(less, 0, SLOTS - 1).weights
    const expected = [...was.weights].filter((_, slot) => slot !== 1)
    demand(
      expected.every((weight, slot) => left[slot] === weight),
      'an input less leaves the weights of the others',
    )
    const same = { dense: 3, slots: Int32Array.from({ length: SLOTS }, (_, i) => i), identity: true }
    const copy = new Float64Array(old.size)
    old.learner.move(old.page, old.offset, same, copy, 0)
    demand(sameBytes(bytesOf(copy, 0, old.size), old.bytes()), 'an edit of nothing moves everything')
  })

  check('a weight says how much a record counts; 0, negative, tiny, huge and NaN are refused', () => {
    const [light, heavy] = [new Model(subject), new Model(subject)]
    const start = stream.slice(0, 300)
    light.learnAll(start)
    heavy.learnAll(start)
    const { x } = stream[300]
    const before = light.predict(x)
    const [up, further] = [light, heavy].map((model, i) => {
      model.learn({ x, y: before > 0.5 ? 0 : 1, weight: i === 0 ? 0.5 : 5 })
      return Math.abs(model.predict(x) - before)
    })
    demand(further > up && up > 0, 'a heavier record moves its prediction further')
    const bytes = light.bytes()
    for (const weight of [0, -1, 1e-300, 1e38, NaN, Infinity, -Infinity]) {
      const code = codeThrownBy(() => light.learn({ x, y: 1, weight }))
      demand(code === 'ML_LABEL', `a weight of ${weight} is refused`)
      demand(sameBytes(light.bytes(), bytes), `a weight of ${weight} changes nothing`)
    }
    for (const weight of [1e-9, 1e6]) light.learn({ x, y: 1, weight })
    light.learner.check(light.page, light.offset, SLOTS)
  })

  check('learning is atomic: what is not finite or too large is refused and leaves every byte', () => {
    const model = new Model(subject).learnAll(stream)
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
        let probability = 0
        const code = codeThrownBy(() => {
          probability = model.predict(x)
        })
        demand(
          code === 'ML_LEARN' || (probability >= 0 && probability <= 1),
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
  })

  check('extreme inputs, labels against them and extreme weights leave finite numbers', () => {
    const model = new Model(subject)
    const values = [0, -0, 5e-324, -5e-324, 1e-200, 1e-60, 1e-3, 1, -1, 3e4, 1e15, -1e15, 1e19]
    const random = randomNumbers(99)
    for (let i = 0; i < 3000; i++) {
      const pick = (): number => values[Math.floor(random() * values.length)]
      const x = vectorOf([pick(), pick(), pick()], [3 + (i % 5)])
      const probability = model.test({ x, y: random() < 0.5 ? 1 : 0, weight: [1e-9, 1, 1e6][i % 3] })
      demand(probability >= 0 && probability <= 1, 'the prediction is a number from 0 to 1')
    }
    model.learner.check(model.page, model.offset, SLOTS)
    for (let i = 0; i < 3000; i++) model.test({ x: vectorOf([1e15, -1e15, 0], [3]), y: i % 2 ? 1 : 0, weight: 1e6 })
    model.learner.check(model.page, model.offset, SLOTS)
  })

  check('an input that never changes does no harm, and neither does one that is always missing', () => {
    const model = new Model(subject)
    for (const { x: input, y } of stream) {
      const x = vectorOf([42, input.dense[0], 0], [])
      x.setDense(2, NaN)
      model.test({ x, y, weight: 1 })
    }
    model.learner.check(model.page, model.offset, SLOTS)
    demand(model.learner.weights(model.page, model.offset, SLOTS).weights[2] === 0, 'a missing input learns no weight')
  })

  check('a missing input takes no part in a prediction', () => {
    const model = new Model(subject).learnAll(stream)
    const [present, missing] = [vectorOf([0.3, 0.2, 0.1], [4]), vectorOf([0.3, 0.2, 0.1], [4])]
    const { weights } = model.learner.weights(model.page, model.offset, SLOTS)
    demand(weights[1] !== 0, 'the input has a weight')
    missing.setDense(1, NaN)
    demand(model.predict(missing) !== model.predict(present), 'without the input the prediction is another')
    // What was in its place does not matter.
    missing.dense[1] = 0
    const once = model.predict(missing)
    const other = vectorOf([0.3, 99, 0.1], [4])
    other.setDense(1, NaN)
    demand(Object.is(model.predict(other), once), 'what a missing input would have been does not matter')
    const before = model.bytes()
    const parts = new Model(subject)
    parts.page.set(model.page.subarray(model.offset, model.offset + model.size), parts.offset)
    const probability = parts.predict(missing)
    parts.learn({ x: missing, y: 1, weight: 1 })
    demand(
      Object.is(model.test({ x: missing, y: 1, weight: 1 }), probability),
      'the fused prediction has the same bits',
    )
    demand(
      sameBytes(parts.bytes(), model.bytes()) && !sameBytes(model.bytes(), before),
      'the rest of the record is learned',
    )
  })

  return checks
}

/** Slots of the models: three numeric ones, five of a dictionary. */
const SLOTS = 8

interface LearnRecord {
  readonly x: FeatureVector
  readonly y: 0 | 1
  readonly weight: number
}

/** A model of the subject, somewhere in a page. */
class Model {
  readonly learner: BinaryLearner
  readonly size: number
  readonly page: Float64Array
  readonly offset: number

  constructor(subject: BinaryLearnerSubject, offset = 3) {
    this.learner = subject.create(specOf(subject))
    this.size = this.learner.size(SLOTS)
    this.offset = offset
    this.page = new Float64Array(offset + this.size + 4)
  }

  predict(x: FeatureVector): number {
    return this.learner.predictProbaOne(this.page, this.offset, x)
  }

  learn({ x, y, weight }: LearnRecord): void {
    this.learner.learnOne(this.page, this.offset, x, y, weight)
  }

  test({ x, y, weight }: LearnRecord): number {
    return this.learner.testThenTrain(this.page, this.offset, x, y, weight)
  }

  learnAll(records: readonly LearnRecord[]): this {
    for (const record of records) this.learn(record)
    return this
  }

  bytes(): Uint8Array {
    return bytesOf(this.page, this.offset, this.size)
  }
}

function specOf(subject: BinaryLearnerSubject, names: readonly string[] = ['a', 'b', 'c']): BinarySpec {
  const numeric = names.map((name) => ({ name, nullable: true, max: 1e15 }))
  const of = [{ from: 'text', field: 'd', nullable: true }] as const
  const categorical = [
    { name: 'd', of, storage: { by: 'dictionary', max: 100 } },
    { name: 'e', of, storage: { by: 'dictionary', max: 100 } },
  ] as const
  return subject.spec({ spec: { version: 1, numeric, categorical } })
}

function vectorOf(dense: readonly number[], active: readonly number[]): FeatureVector {
  const x = new FeatureVector(3, 2)
  dense.forEach((value, slot) => {
    x.setDense(slot, value)
  })
  for (const slot of active) x.activate(slot)
  return x
}

/** Numbers in [0, 1) that are the same on every run; good enough to make up records. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 8) / 16777216
  }
}

/** Two numeric inputs and a category decide, the third input is noise; some inputs are missing. */
const stream: readonly LearnRecord[] = Array.from({ length: 2000 }, (_, i) => i).map(
  ((random) => (): LearnRecord => {
    const category = Math.floor(random() * 5)
    const [a, b, c] = [random() - 0.5, 3 * random() - 1.5, 2 * random()]
    const x = vectorOf([a, b, c], [3 + category])
    if (random() < 0.05) x.setDense(Math.floor(random() * 3), NaN)
    return { x, y: 2 * a + b + (category - 2) + 0.5 * (random() - 0.5) > 0 ? 1 : 0, weight: random() < 0.1 ? 3 : 1 }
  })(randomNumbers(7)),
)

function bytesOf(page: Float64Array, offset: number, size: number): Uint8Array {
  const writer = new ByteWriter(8 * size)
  writer.f64s(page, offset, offset + size)
  return writer.finish()
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
