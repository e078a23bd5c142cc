import { randomUUID } from 'node:crypto'
import { MillraceError } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import { copyHead } from '../../storage/copy-head.ts'
import type { Fence, SinkFolder, Survey } from './sink-folder.ts'

/** A part that is written to its end. */
export type ClosedPart = { readonly part: number; readonly bytes: number }

/** What a sink prepared at a cut: its rows end at byte `bytes` of part `part`. */
export type Cut = {
  readonly format: 1
  readonly folder: string
  /** Of the folder's fence. */
  readonly id: string
  readonly part: number
  readonly bytes: number
  /** Parts to be given their final name by the commit. */
  readonly closed: readonly ClosedPart[]
}

/** Where writing goes on. */
export interface SinkStart {
  readonly fence: Fence
  readonly part: number
  readonly bytes: number
  readonly closed: readonly ClosedPart[]
}

/** @throws ML_CORRUPT when the JSON is not what `prepare` returned */
export function cutOf(prepared: JsonObject, where: string): Cut {
  const { format, folder, id, part, bytes, closed } = prepared as Partial<Cut>
  const counts = [part, bytes, ...(Array.isArray(closed) ? closed.flatMap((each) => [each?.part, each?.bytes]) : [-1])]
  const whole = counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0)
  if (format === 1 && typeof folder === 'string' && typeof id === 'string' && whole) return prepared as unknown as Cut
  throw new MillraceError('ML_CORRUPT', { what: 'this is not what a file sink prepares', got: prepared, where })
}

/**
 * How to bring a folder to what a checkpoint covers; running the returned function does it.
 *
 * With nothing restored the folder must be new; what a run left that died before its first checkpoint is removed.
 * Otherwise the open part is cut back and later ones go. Where another, new folder was chosen, it begins with the parts
 * that were not yet public, as far as the checkpoint covers them, copied from the old folder.
 *
 * @throws ML_SINK_EXISTS, ML_SINK_AHEAD, ML_SINK_LOST; nothing was changed then
 */
export async function judge(folder: SinkFolder, uid: string, cut: Cut | undefined): Promise<() => Promise<SinkStart>> {
  const survey = await folder.survey()
  const where = `${folder.path} (sink "${uid}")`
  if (survey.fence !== undefined && survey.fence.id === cut?.id)
    return await goOn(folder, survey.fence, survey, cut, where)
  if (!isNew(survey)) throw occupied(survey, where)
  if (cut === undefined || (cut.part === 0 && cut.bytes === 0)) return () => begin(folder, uid, survey)
  if (folder.path !== cut.folder) return await moveIn(folder, uid, survey, cut, where)
  throw lost(
    'the folder was removed or emptied since',
    `nothing of ${cut.part} whole parts and ${cut.bytes} bytes`,
    where,
  )
}

/** Nothing here, or only what no checkpoint ever covered. */
function isNew({ fence, final, open, foreign }: Survey): boolean {
  if (foreign.length > 0 || final.length > 0) return false
  return fence === undefined ? open.length === 0 : !fence.covered
}

async function begin(folder: SinkFolder, uid: string, survey: Survey): Promise<SinkStart> {
  for (const part of survey.open) await folder.storage.unlink(folder.openPath(part))
  const fence: Fence = { format: 1, id: randomUUID(), uid, covered: false, publicParts: 0 }
  await folder.writeFence(fence)
  return { fence, part: 0, bytes: 0, closed: [] }
}

async function goOn(
  folder: SinkFolder,
  fence: Fence,
  { open, final }: Survey,
  cut: Cut,
  where: string,
): Promise<() => Promise<SinkStart>> {
  const shown = Math.max(fence.publicParts - 1, final.at(-1) ?? -1)
  if (shown >= cut.part) throw ahead(shown, cut.part, where)
  for (const { part, bytes } of cut.closed) {
    const size = (await folder.find(part))?.sizeBytes
    // One that is gone was public before, and taken by whoever reads the parts.
    if (size === undefined && part < fence.publicParts) continue
    if (size !== bytes) throw lost(`part ${part} should have ${bytes} bytes`, size ?? 'no such file', where)
  }
  const waiting = new Set(cut.closed.map(({ part }) => part))
  const stray = open.find((part) => part < cut.part && !waiting.has(part))
  if (stray !== undefined) throw lost(`part ${stray} was public and is not any more`, folder.openPath(stray), where)
  const size = (await folder.find(cut.part))?.sizeBytes ?? 0
  if (size < cut.bytes) throw lost(`part ${cut.part} should have at least ${cut.bytes} bytes`, size, where)

  return async () => {
    for (const part of open) {
      if (part > cut.part || (part === cut.part && cut.bytes === 0)) await folder.storage.unlink(folder.openPath(part))
    }
    if (cut.bytes > 0 && size > cut.bytes) await cutBack(folder, cut.part, cut.bytes)
    return { fence, part: cut.part, bytes: cut.bytes, closed: cut.closed }
  }
}

/** Durable at once: the part may be closed and renamed without another byte written to it. */
async function cutBack(folder: SinkFolder, part: number, bytes: number): Promise<void> {
  const file = await folder.storage.open(folder.openPath(part), 'write')
  try {
    await file.truncate(bytes)
    await file.fsync()
  } finally {
    await file.close()
  }
}

async function moveIn(
  folder: SinkFolder,
  uid: string,
  survey: Survey,
  cut: Cut,
  where: string,
): Promise<() => Promise<SinkStart>> {
  const old = folder.beside(cut.folder)
  const parts = cut.bytes === 0 ? cut.closed : [...cut.closed, { part: cut.part, bytes: cut.bytes }]
  const copies: { from: string; to: string; bytes: number }[] = []
  for (const { part, bytes } of parts) {
    const found = await old.find(part)
    if (found === undefined || found.sizeBytes < bytes) {
      const needed = `the first ${bytes} bytes of part ${part} are needed from ${old.path}`
      throw lost(needed, found?.sizeBytes ?? 'no such file', where)
    }
    copies.push({ from: found.path, to: folder.openPath(part), bytes })
  }
  return async () => {
    const { fence } = await begin(folder, uid, survey)
    for (const { from, to, bytes } of copies) await copyHead(folder.storage, from, to, bytes)
    await folder.storage.fsyncFolder(folder.path)
    return { fence, part: cut.part, bytes: cut.bytes, closed: cut.closed }
  }
}

function occupied({ fence, foreign }: Survey, where: string): MillraceError {
  const ours =
    fence === undefined ? 'files that are none of this run' : `the output of another run (sink "${fence.uid}")`
  return new MillraceError('ML_SINK_EXISTS', {
    what: `the folder holds ${foreign.length > 0 ? 'other files' : ours}`,
    got: foreign[0],
    where,
    remedy: 'Choose a new folder, empty this one, or run with the state folder its output belongs to',
  })
}

function ahead(shown: number, part: number, where: string): MillraceError {
  return new MillraceError('ML_SINK_AHEAD', {
    what: `the checkpoint ends in part ${part}, but part ${shown} is public already: its rows would come twice`,
    where,
    remedy: 'Restore this checkpoint with a new folder for the sink, or restore the newest checkpoint',
  })
}

function lost(what: string, got: unknown, where: string): MillraceError {
  return new MillraceError('ML_SINK_LOST', {
    what: `output that the checkpoint covers is missing: ${what}`,
    got,
    where,
    remedy: 'Bring the files back, or start anew with new folders for state and output',
  })
}
