import { differences, unbalanced } from './compare-runs.ts'
import type { ContractCheck } from './contract-check.ts'
import type { RunResult } from './run-result.ts'

/** One way of running a pipeline: how wide, how shaken. */
export interface EngineTrial {
  /** Ends the sentence "gives the same bytes ...": 'with two subtasks a stage'. */
  readonly how: string
  /** Runs the pipeline to its end. */
  run(): Promise<RunResult>
}

export interface EngineSuiteOptions {
  /** Name of the pipeline, for titles. */
  readonly pipeline: string
  /** What every trial is compared with: a run without a failure, best on another engine. */
  readonly expected: () => Promise<RunResult>
  readonly trials: readonly EngineTrial[]
}

/**
 * What an engine promises for one pipeline: the same bytes in every part of every sink, the same state in every key
 * group and the same counts, however it ran; rows at all; and ledgers that balance.
 */
export function engineSuite({ pipeline, expected, trials }: EngineSuiteOptions): readonly ContractCheck[] {
  return [
    {
      title: `${pipeline} gives rows, and its ledgers balance`,
      async run() {
        const result = await expected()
        const rows = [...result.sinks.values()].flat().length
        refuse(rows === 0 ? ['no sink holds a row: nothing is shown by comparing'] : unbalanced(result))
      },
    },
    ...trials.map(({ how, run }) => ({
      title: `${pipeline} gives the same bytes ${how}`,
      async run() {
        refuse(differences(await expected(), await run()))
      },
    })),
  ]
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.slice(0, 10).join('\n'))
}
