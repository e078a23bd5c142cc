/** `millrace inspect CHECKPOINT`: what a checkpoint holds, read from its bytes alone; neither pipeline nor sources are needed. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { nearFiles, shownPath } from '../bundle/failures.ts'
import { MillraceError } from '../errors.ts'
import { type FinalInspection, finalStateFolder, inspectFinalState } from '../runtime/flink/inspect-final.ts'
import { type Inspection, inspectCheckpoint, newestCheckpoint } from '../runtime/local/inspect.ts'
import { bytes, count, eventTime, table } from './format.ts'
import { wholeNumber } from './params.ts'
import { print, printJson } from './print.ts'
import { describeText, ledgerText } from './report.ts'

export interface InspectFlags {
  readonly json?: boolean
  readonly top?: string
}

export async function inspectCommand(path: string, flags: InspectFlags): Promise<void> {
  const top = wholeNumber('--top', flags.top, 0) ?? DEFAULT_TOP
  const inspection = await inspected(resolve(path))
  if (flags.json) printJson(inspection)
  else print(inspectionText(inspection, top))
}

/** A checkpoint of the embedded engine, or the final state of a job on Flink. */
async function inspected(path: string): Promise<Inspection | FinalInspection> {
  const final = finalStateFolder(path)
  const isCheckpoint = existsSync(join(path, 'manifest.json'))
  if (final === undefined || isCheckpoint) return inspectCheckpoint(await checkpointFolder(path))
  // A state folder may hold both; what was written later counts.
  const newest = await newestCheckpoint(path)
  if (newest === undefined) return inspectFinalState(final)
  const [checkpoint, state] = await Promise.all([inspectCheckpoint(newest), inspectFinalState(final)])
  return checkpoint.manifest.createdAt > state.createdAt ? checkpoint : state
}

/** A checkpoint folder, or the state folder it is the newest of. */
async function checkpointFolder(path: string): Promise<string> {
  if (existsSync(join(path, 'manifest.json'))) return path
  const newest = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? await newestCheckpoint(path) : undefined
  if (newest !== undefined) return newest
  throw new MillraceError('ML_NO_FILE', { what: 'there is no checkpoint here', got: path, remedy: remedyFor(path) })
}

/** What was probably meant: a name nearby, or a folder further down that holds checkpoints. */
function remedyFor(path: string): string {
  if (!existsSync(path)) return nearFiles(path)
  const usual = 'Give a folder chk-..., or a state folder such as .millrace/<pipeline>'
  if (!statSync(path).isDirectory()) return usual
  const places = [join(path, '.millrace'), path].flatMap((parent) => stateFolders(parent))
  return places.length === 0 ? usual : `Did you mean ${places.slice(0, 3).map(shownPath).join(' or ')}`
}

function stateFolders(parent: string): string[] {
  if (!statSync(parent, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(parent, entry.name))
    .filter((folder) => readdirSync(folder).some((name) => /^chk-\d{9,}$/.test(name)))
}

function inspectionText(inspection: Inspection | FinalInspection, top: number): string {
  const { operators, sizes } = inspection
  const { splits, ledgers } = 'manifest' in inspection ? inspection.manifest : inspection
  const positions = Object.entries(splits).flatMap(([uid, splits]) =>
    Object.entries(splits as unknown as { [split: string]: SplitShape }).map(([split, state]) => [
      `${uid}  ${split}`,
      `${count(state.ledger.in)} read`,
      state.finished ? 'at its end' : `at byte ${count(state.decoder.consumed)}`,
      state.maxTime >= 0 ? eventTime(state.maxTime) : '',
    ]),
  )
  const sized = Object.entries(sizes).map(([uid, size]) => [uid, bytes(size.bytes), `${size.groups} key groups`])
  const parts = [
    headText(inspection),
    ...describeText(operators, top),
    ledgerText(ledgers as never),
    `positions\n${positions.length > 0 ? table(positions) : ''}`,
    sized.length > 0 ? `sizes\n${table(sized)}` : '',
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function headText(inspection: Inspection | FinalInspection): string {
  if (!('manifest' in inspection)) {
    const { pipeline, createdAt, sizeBytes } = inspection
    return `final state of "${pipeline}" on Flink\nwritten ${createdAt}, ${bytes(sizeBytes)} of state`
  }
  const { id, pipeline, status, createdAt, versions, state } = inspection.manifest
  return [
    `checkpoint ${id} of "${pipeline}", ${status}`,
    `written ${createdAt} by millrace ${versions.millrace} on Node ${versions.node}, ${bytes(state.sizeBytes)} of state`,
  ].join('\n')
}

interface SplitShape {
  readonly decoder: { readonly consumed: number }
  readonly ledger: { readonly in: number }
  readonly maxTime: number
  readonly finished: boolean
}

const DEFAULT_TOP = 20
