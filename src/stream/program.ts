/**
 * Program: a plan with its functions. What an engine runs: it opens source tasks and stages, and nothing else.
 *
 * Every engine works on one of these, whether the pipeline was imported by a program or evaluated from a bundle.
 */
import type { DecoderState } from '../formats/decoder.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { judgedSchema } from '../operators/judged-schema.ts'
import { createDecoder } from '../stage/create-decoder.ts'
import type { Functions } from '../stage/functions.ts'
import type { Plan, SourceVertex } from '../stage/plan.ts'
import { type SourceOutput, SourceTask, type SplitBounds, type SplitState } from '../stage/source-task.ts'
import { Stage, type StageHost } from '../stage/stage.ts'
import type { Envelope } from '../time/identity.ts'

export class Program {
  readonly plan: Plan
  readonly #functions: Functions
  readonly #schemas: ReadonlyMap<string, RecordSchema<unknown>>

  constructor(plan: Plan, functions: Functions, schemas: ReadonlyMap<string, RecordSchema<unknown>>) {
    this.plan = plan
    this.#functions = functions
    this.#schemas = schemas
  }

  /** Opens one split of a source, from the state a checkpoint holds or from its beginning. */
  openSplit(
    uid: string,
    split: SplitBounds,
    emit: (output: SourceOutput, envelope: Envelope) => void,
    resume?: SplitState,
  ): SourceTask {
    const source = this.plan.sources.find((vertex) => vertex.uid === uid) as SourceVertex
    const schema = this.#schemas.get(uid) as RecordSchema<unknown>
    const decoder = createDecoder(source, split.id, schema, resume?.decoder ?? startOf(split))
    const eventTime = this.#functions.get(`${uid}/eventTime`) as ((record: unknown) => unknown) | undefined
    return new SourceTask(this.plan, source, split, decoder, eventTime, emit, resume)
  }

  /** Opens a stage by its index in the plan. */
  openStage(index: number, host: StageHost, firstGroup = 0): Stage {
    return new Stage(this.plan, this.plan.stages[index], this.#functions, host, firstGroup)
  }

  /** The schema that an edge's `rows` names. */
  schema(rows: string): RecordSchema<unknown> | undefined {
    return judgedSchema(rows) ?? this.#schemas.get(rows)
  }

  functions(): Functions {
    return this.#functions
  }
}

function startOf({ start = 0 }: SplitBounds): DecoderState | undefined {
  return start === 0 ? undefined : { consumed: start, row: 0, header: null }
}
