// The stage of the bench of keyed models: a logistic model a key, with or without a standardiser.
import { setFlagsFromString } from 'node:v8'
import { features, logistic, number, pipeline, record, sgd, string } from 'millrace'
import { memory } from 'millrace/memory'
import { names, recordOf, speedOf } from './keyed-records.mjs'

// As `millrace run` does: see stream-flags.ts.
setFlagsFromString('--no-allocation-site-pretenuring')
setFlagsFromString('--max-inlined-bytecode-size-cumulative=2000')

const fields = Object.fromEntries(names.map((name) => [name, number()]))
const Event = record({ key: string(), label: number(), ...fields })

/** What opens a stage with no models yet. */
export function keyedStage(standardise) {
  const model = logistic({ inputs: features(Event).numeric(...names), optimizer: sgd(0.05), standardise })
  const program = pipeline('keyed', ({ from }) => {
    from('events', memory([], Event))
      .keyBy((e) => e.key)
      .learn('model', model, { label: (e) => (e.label > 0 ? 1 : 0) })
  }).program()
  const index = program.plan.stages.findIndex(({ operators }) => operators.includes('model'))
  return () => program.openStage(index, { emit() {}, sink: () => ({ append() {}, roll() {} }) })
}

let time = 0
/** Through order buffer, keying, features, test and training. */
export function feed(stage, keys) {
  return speedOf(keys, recordOf, () => {
    for (let i = 0; i < keys.count; i++) {
      const value = recordOf(keys, i)
      stage.push(0, { time: ++time, origin: 'events', split: '0', position: time, path: -1, value })
      if ((i & 255) === 255) {
        stage.advance(time)
        while (stage.run(4096));
      }
    }
    stage.advance(time)
    while (stage.run(4096));
  })
}
