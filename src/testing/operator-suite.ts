import { KeyEncoder } from '../state/key.ts'
import { frozen } from '../stream/frozen.ts'
import type { Program } from '../stream/program.ts'
import { type ContractCheck, demand } from './contract-check.ts'
import { StageTrial, stateText, type TrialRecord } from './stage-trial.ts'

export interface OperatorSubject {
  /** For titles. */
  readonly name: string
  /** A program with the operator in it, such as `pipeline('p', ...).program()`. Called once. */
  program(): Program
  /** Uid of the operator. */
  readonly uid: string
  /** Records for the operator's stage, in order of time: a hundred or so, with what makes its state come and go. */
  readonly records: readonly TrialRecord[]
  /** Values that it must reject, by input; none: nothing is rejected by it. */
  readonly rejected?: readonly { readonly input?: number; readonly value: unknown }[]
}

/** Places at which runs are cut. */
const CUTS = 12

/**
 * What every operator must do, stateful or not, in event-time order: its state is a value that can be taken, written while
 * records go on, split among subtasks and given back, and nobody sees the difference.
 *
 * The operator runs in its own stage, as engines run it. Only what leaves it and its captured bytes are looked at.
 */
export function operatorSuite(subject: OperatorSubject): readonly ContractCheck[] {
  const program = subject.program()
  const { uid, records } = subject
  const open = (state?: ReadonlyMap<string, Uint8Array>) => new StageTrial(program, uid, state)
  const cuts = Array.from({ length: CUTS }, (_unused, i) => Math.floor((i * records.length) / (CUTS - 1)))
  const rejected = subject.rejected ?? []
  const checks: ContractCheck[] = []
  const check = (title: string, run: () => void, skip?: string): void => {
    checks.push({ title: `${subject.name}: ${title}`, run, skip })
  }

  check('something comes out, and every ledger balances', () => {
    const trial = open().feed(records).finish()
    demand(trial.outputs.length > 0, 'the records make the operator emit')
    for (const [operator, { in: all, processed, rejected: bad }] of Object.entries(trial.ledgers())) {
      demand(all === processed + bad, `${operator}: in ${all} = processed ${processed} + rejected ${bad}`)
    }
  })

  check('restored at any record it goes on as if nothing had happened', () => {
    const calm = open().feed(records).finish()
    for (const cut of cuts) {
      const before = open().feed(records, 0, cut)
      before.stage.flush()
      const state = before.mark()()
      const after = open(state).feed(records, cut).finish()
      demand(same([...before.outputs, ...after.outputs], calm.outputs), `the same outputs when cut at record ${cut}`)
      demand(
        stateText(after.mark()()) === stateText(calm.mark()()),
        `the same bytes at the end when cut at record ${cut}`,
      )
    }
  })

  check('a capture written while records go on holds the bytes of the cut', () => {
    for (const cut of cuts) {
      const expected = stateText(open().feed(records, 0, cut).mark()())
      const trial = open().feed(records, 0, cut)
      const write = trial.mark()
      trial.feed(records, cut)
      demand(stateText(write()) === expected, `the bytes of record ${cut}`)
    }
  })

  check('restoring and capturing again gives the same bytes, in whatever order groups come', () => {
    for (const cut of cuts) {
      const state = open().feed(records, 0, cut).mark()()
      const backwards = new Map([...state].reverse())
      demand(stateText(open(backwards).mark()()) === stateText(state), `the bytes of record ${cut}`)
    }
  })

  const stage = program.plan.stages.find(({ operators }) => operators.includes(uid))
  check(
    'two subtasks with half of the key groups each emit and hold what one does',
    () => {
      const one = open().feed(records).finish()
      const groupOf = groups(program, uid)
      const halves = [0, 1].map((half) => {
        const own = records.map((record) => (groupOf(record) < 64 === (half === 0) ? record : undefined))
        const trial = open()
        own.forEach((record, i) => {
          if (record !== undefined) trial.feed(records, i, i + 1)
        })
        return trial.finish()
      })
      const outputs = halves.flatMap((trial) => trial.outputs)
      demand(same(outputs.sort(), [...one.outputs].sort()), 'the same outputs, in some order')
      const states = new Map(halves.flatMap((trial) => [...trial.mark()()]))
      demand(stateText(states) === stateText(one.mark()()), 'the same bytes in every key group')
    },
    stage?.partitioning === 'key' ? undefined : 'it is not keyed',
  )

  check(
    'a record that it rejects leaves its state as it was',
    () => {
      for (const cut of cuts.slice(1)) {
        for (const { input, value } of rejected) {
          const { time } = records[cut - 1]
          const without = open().feed(records, 0, cut).reach(time)
          const poisoned = [...records.slice(0, cut), { input, time, value }]
          const trial = open().feed(poisoned).reach(time)
          const bad = (each: StageTrial) => Object.values(each.ledgers()[uid]).join()
          demand(bad(trial) !== bad(without), 'the record is counted')
          demand(trial.operatorState(uid) === without.operatorState(uid), `the same bytes after a bad record at ${cut}`)
        }
      }
    },
    rejected.length > 0 ? undefined : 'it rejects nothing',
  )

  check('records are not changed: frozen ones give the same', () => {
    const calm = open().feed(records).finish()
    const careful = new StageTrial(frozen(program), uid).feed(records).finish()
    demand(same(careful.outputs, calm.outputs), 'the same outputs')
  })

  check('state that is cut short is refused by name, unless nothing of the operator was left of it', () => {
    const state = open().feed(records).mark()()
    const empty = open().operatorState(uid)
    for (const [place, bytes] of [...state].slice(0, 3)) {
      for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 40)) {
        const restored = restorable(() => open(new Map([[place, bytes.slice(0, length)]])))
        demand(
          restored === undefined || restored.operatorState(uid) === empty,
          `${length} of ${bytes.length} bytes are refused`,
        )
      }
    }
  })
  return checks
}

/** The key group of a record, as frames are routed. */
function groups(program: Program, uid: string): (record: TrialRecord) => number {
  const stage = program.plan.stages.find(({ operators }) => operators.includes(uid))
  const encoder = new KeyEncoder(program.plan.keyGroups)
  return ({ input = 0, value }) => {
    const entry = stage?.inputs[input]
    const key = program.functions().get(`${entry?.uid}/key${entry?.input}`)
    try {
      return encoder.encode(key?.(value as never) as never).group
    } catch {
      return encoder.encode(null).group
    }
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}

/** What is opened, or undefined when a Millrace error refuses it; any other error fails the check. */
function restorable(open: () => StageTrial): StageTrial | undefined {
  try {
    return open()
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith('ML_')) return undefined
    throw error
  }
}
