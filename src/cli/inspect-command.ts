/** `millrace inspect CHECKPOINT`: what a checkpoint holds, read from its bytes alone; neither pipeline nor sources are needed. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MillraceError } from '../errors.ts'
import { type Inspection, inspectCheckpoint, newestCheckpoint } from '../runtime/local/inspect.ts'
import { bytes, count, eventTime, table } from './format.ts'
import { describeText, ledgerText } from './report.ts'

export interface InspectFlags {
  readonly json?: boolean
  readonly top?: string
}

export async function inspectCommand(path: string, flags: InspectFlags): Promise<void> {
  const inspection = await inspectCheckpoint(await checkpointFolder(resolve(path)))
  if (flags.json) process.stdout.write(`${JSON.stringify(inspection)}\n`)
  else process.stdout.write(inspectionText(inspection, topOf(flags.top)))
}

/** A checkpoint folder, or the state folder it is the newest of. */
async function checkpointFolder(path: string): Promise<string> {
  if (existsSync(join(path, 'manifest.json'))) return path
  const newest = await newestCheckpoint(path)
  if (newest !== undefined) return newest
  throw new MillraceError('ML_NO_FILE', {
    what: 'there is no checkpoint here',
    got: path,
    remedy: 'Give a folder chk-..., or a state folder such as .millrace/<pipeline>',
  })
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

function topOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TOP
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new MillraceError('ML_RANGE', {
    what: 'must be a whole number',
    got: text,
    where: '--top',
    remedy: 'Write digits only',
  })
}
