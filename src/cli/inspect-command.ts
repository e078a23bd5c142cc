/** `millrace inspect CHECKPOINT`: what a checkpoint holds, read from its bytes alone; neither pipeline nor sources are needed. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { nearFiles, shownPath } from '../bundle/failures.ts'
import { MillraceError } from '../errors.ts'
import { type Inspection, inspectCheckpoint, newestCheckpoint } from '../runtime/local/inspect.ts'
import { bytes, count, eventTime, table } from './format.ts'
import { wholeNumber } from './params.ts'
import { describeText, ledgerText } from './report.ts'

export interface InspectFlags {
  readonly json?: boolean
  readonly top?: string
}

export async function inspectCommand(path: string, flags: InspectFlags): Promise<void> {
  const top = wholeNumber('--top', flags.top, 0) ?? DEFAULT_TOP
  const inspection = await inspectCheckpoint(await checkpointFolder(resolve(path)))
  if (flags.json) process.stdout.write(`${JSON.stringify(inspection)}\n`)
  else process.stdout.write(inspectionText(inspection, top))
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

function inspectionText({ manifest, operators, sizes }: Inspection, top: number): string {
  const head = [
    `checkpoint ${manifest.id} of "${manifest.pipeline}", ${manifest.status}`,
    `written ${manifest.createdAt} by millrace ${manifest.versions.millrace} on Node ${manifest.versions.node}, ${bytes(manifest.state.sizeBytes)} of state`,
  ].join('\n')
  const positions = Object.entries(manifest.splits).flatMap(([uid, splits]) =>
    Object.entries(splits as unknown as { [split: string]: SplitShape }).map(([split, state]) => [
      `${uid}  ${split}`,
      `${count(state.ledger.in)} read`,
      state.finished ? 'at its end' : `at byte ${count(state.decoder.consumed)}`,
      state.maxTime >= 0 ? eventTime(state.maxTime) : '',
    ]),
  )
  const sized = Object.entries(sizes).map(([uid, size]) => [uid, bytes(size.bytes), `${size.groups} key groups`])
  const parts = [
    head,
    ...describeText(operators, top),
    ledgerText(manifest.ledgers as never),
    `positions\n${positions.length > 0 ? table(positions) : ''}`,
    sized.length > 0 ? `sizes\n${table(sized)}` : '',
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

interface SplitShape {
  readonly decoder: { readonly consumed: number }
  readonly ledger: { readonly in: number }
  readonly maxTime: number
  readonly finished: boolean
}

const DEFAULT_TOP = 20
