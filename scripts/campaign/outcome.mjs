/** What a run has brought: its parts, and the state, positions and ledgers of its newest checkpoint. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repository } from '../repository.mjs'

const module = (path) => import(pathToFileURL(join(repository, 'dist', path)).href)
const { readCheckpoint } = await module('runtime/local/checkpoint-folder.js')
const { newestCheckpoint } = await module('runtime/local/inspect.js')
const { nodeStorage } = await module('storage/node-storage.js')

/** Digests of the parts under their final name, and names of the open ones, by sink/part. */
export function partsOf(folder) {
  const final = new Map()
  const open = []
  const out = join(folder, 'out')
  if (!existsSync(out)) return { final, open }
  for (const sink of readdirSync(out)) {
    for (const name of readdirSync(join(out, sink))) {
      if (name.startsWith('.')) continue
      if (name.endsWith('.open')) open.push(`${sink}/${name}`)
      else final.set(`${sink}/${name}`, digest(readFileSync(join(out, sink, name))))
    }
  }
  return { final, open }
}

/** Digests of everything a finished run leaves that must not depend on how often it died. */
export async function outcomeOf(folder) {
  const { final, open } = partsOf(folder)
  const { manifest, frames } = await readCheckpoint(nodeStorage, await newestCheckpoint(join(folder, 'state')))
  const outcome = new Map(final)
  for (const name of open) outcome.set(name, 'still open')
  for (const { uid, group, bytes } of frames) outcome.set(`state of ${uid}, key group ${group}`, digest(bytes))
  outcome.set('positions', JSON.stringify(manifest.splits))
  outcome.set('ledgers', JSON.stringify(manifest.ledgers))
  outcome.set('status', manifest.status)
  return outcome
}

/** Names at which the two differ. */
export function differences(expected, actual) {
  const names = new Set([...expected.keys(), ...actual.keys()])
  return [...names].filter((name) => expected.get(name) !== actual.get(name))
}

/** Where the process was when it died, as far as its folders tell. */
export function phaseOf(folder, before, hasStarted) {
  const state = join(folder, 'state')
  const names = existsSync(state) ? readdirSync(state).filter((name) => name.startsWith('chk-')) : []
  const newest = names.sort().at(-1)
  const inside = newest === undefined ? [] : readdirSync(join(state, newest))
  if (hasStarted && inside.includes('manifest.json.tmp')) return 'writing a manifest'
  if (hasStarted && newest !== undefined && !inside.includes('manifest.json')) return 'writing a checkpoint'
  const { open } = partsOf(folder)
  const sinks = open.map((name) => name.split('/')[0])
  if (hasStarted && newest !== before && new Set(sinks).size < sinks.length) return 'about to commit parts'
  return hasStarted ? 'between checkpoints' : 'bundling or restoring'
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
