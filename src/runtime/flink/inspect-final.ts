/** Reads the final state of a job on Flink for people, as `inspect` reads a checkpoint of the embedded engine. */
import { existsSync, readdirSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { type DescribedState, describeState } from '../../stream/describe-state.ts'
import { type FinalState, readFinalState } from './final-state.ts'

export interface FinalInspection extends DescribedState, Pick<FinalState, 'splits' | 'ledgers'> {
  readonly pipeline: string
  readonly sizeBytes: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

const PART = /^part-\d{5,}\.state$/

/** The folder of the final state at or below `path`; undefined where there is none. */
export function finalStateFolder(path: string): string | undefined {
  const candidates = [path, join(path, 'final'), join(path, 'flink', 'final')]
  return candidates.find((folder) => existsSync(folder) && readdirSync(folder).some((name) => PART.test(name)))
}

/** @throws ML_CORRUPT, ML_VERSION */
export async function inspectFinalState(folder: string): Promise<FinalInspection> {
  const paths = readdirSync(folder)
    .filter((name) => PART.test(name))
    .sort()
    .map((name) => join(folder, name))
  const parts = await Promise.all(paths.map((path) => readFile(path)))
  const { plan, groups, splits, ledgers } = readFinalState(parts, folder)
  if (plan === undefined)
    throw new MillraceError('ML_CORRUPT', { what: 'the final state names no plan', where: folder })
  return {
    pipeline: plan.name,
    sizeBytes: parts.reduce((sum, { length }) => sum + length, 0),
    createdAt: (await stat(paths[paths.length - 1])).mtime.toISOString(),
    splits,
    ledgers,
    ...describeState(plan, groups),
  }
}
