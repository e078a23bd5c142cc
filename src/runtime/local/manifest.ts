import { createHash } from 'node:crypto'
import { MillraceError } from '../../errors.ts'
import type { JsonObject, JsonValue } from '../../stage/json.ts'

/** The newest format this version reads and the one it writes. */
export const MANIFEST_FORMAT = 1

/** How the run stood: under way, stopped to go on later with every sink committed, or at the end of its input. */
export type RunStatus = 'running' | 'suspended' | 'finished'

/** What the engine says of a checkpoint. */
export interface ManifestParts {
  readonly status: RunStatus
  readonly planHash: string
  readonly plan: JsonValue
  /** Split states by source and split. */
  readonly splits: JsonObject
  /** What each sink prepared, by uid. */
  readonly sinks: JsonObject
  readonly ledgers: JsonObject
  readonly counters: JsonObject
  /** Name of the transaction domain without whose commit the checkpoint does not count; absent: it counts by itself. */
  readonly decidedBy?: string
}

/**
 * What a checkpoint is: written last, so that the checkpoint exists when it does.
 *
 * The file is JSON whose last property is the SHA-256 of every byte before it. Later formats keep that tail and the
 * property `format`, so that any version can tell a damaged manifest from one that is too new for it.
 */
export interface Manifest extends ManifestParts {
  readonly format: number
  readonly id: number
  readonly pipeline: string
  /** True for a savepoint: status is not 'running'. */
  readonly clean: boolean
  /** Epoch of the lock under which it was written; see DirectoryLock. */
  readonly fencingEpoch: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly versions: { readonly millrace: string; readonly node: string; readonly v8: string }
  readonly state: StateFileInfo
}

/** What the manifest knows of state.bin, so that another file of the name is not taken for it. */
export interface StateFileInfo {
  readonly sizeBytes: number
  readonly sha256: string
  readonly frames: number
}

/** @throws ML_VALUE when a part holds a number that JSON cannot */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const body = JSON.stringify(manifest, refuseNonFinite, 2).slice(0, -2)
  return Buffer.from(`${body}${TAIL_START}${sha256(Buffer.from(body))}${TAIL_END}`)
}

/**
 * @throws ML_CORRUPT when the bytes are damaged, ML_VERSION when they are of a newer format
 */
export function decodeManifest(bytes: Uint8Array, where: string): Manifest {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const bodyEnd = bytes.length - TAIL_START.length - SHA256_DIGITS - TAIL_END.length
  const sumAt = bodyEnd + TAIL_START.length
  if (bodyEnd < 0) throw damaged('it is cut short', bytes.length, where)
  if (
    text.toString('latin1', bodyEnd, sumAt) !== TAIL_START ||
    text.toString('latin1', sumAt + SHA256_DIGITS) !== TAIL_END
  ) {
    throw damaged('it does not end in its checksum', bodyEnd, where)
  }
  if (text.toString('latin1', sumAt, sumAt + SHA256_DIGITS) !== sha256(text.subarray(0, bodyEnd))) {
    throw damaged('its checksum does not fit its bytes', 0, where)
  }
  let manifest: unknown
  try {
    manifest = JSON.parse(text.toString())
  } catch {
    // The parser's own message would quote the text, which may hold what nobody should read in a log.
    throw damaged('it is not JSON', 0, where)
  }
  return checked(manifest, where)
}

function checked(json: unknown, where: string): Manifest {
  const manifest = json as Manifest & { sha256?: string }
  const { format, state } = manifest
  if (Number.isSafeInteger(format) && format > MANIFEST_FORMAT) {
    throw new MillraceError('ML_VERSION', {
      what: `the checkpoint has format ${format}, this version reads up to ${MANIFEST_FORMAT}`,
      got: `written by millrace ${manifest.versions?.millrace ?? 'unknown'}`,
      where,
      remedy: 'Use the version that wrote it, or a newer one',
    })
  }
  const whole =
    format === MANIFEST_FORMAT &&
    isCount(manifest.id) &&
    isCount(manifest.fencingEpoch) &&
    isCount(state?.sizeBytes) &&
    isCount(state?.frames) &&
    [manifest.pipeline, manifest.status, manifest.planHash, manifest.createdAt, state?.sha256].every(isText) &&
    [manifest.splits, manifest.sinks, manifest.ledgers, manifest.counters, manifest.versions].every(isObject)
  if (!whole) throw damaged('it lacks a property or has one of a wrong type', 0, where)
  delete manifest.sha256
  return manifest
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

const SHA256_DIGITS = 64
const TAIL_START = ',\n  "sha256": "'
const TAIL_END = '"\n}\n'

function refuseNonFinite(name: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value
  throw new MillraceError('ML_VALUE', {
    what: 'a manifest holds finite numbers only',
    got: value,
    where: `property "${name}"`,
  })
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function damaged(why: string, offset: number, where: string): MillraceError {
  return new MillraceError('ML_CORRUPT', {
    what: `the manifest is damaged: ${why}`,
    where: `${where}, offset ${offset}`,
  })
}
