// Restores the stage that keyed.mjs left in a folder, in a process of its own, as restores are: its memory is fresh.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ByteReader } from '../../dist/bytes/reader.js'
import { BareModels, feedBare } from './bare-models.mjs'
import { cpuOf, keysOf } from './keyed-records.mjs'
import { feed, keyedStage } from './keyed-stage.mjs'

const [, , name, keys, folder] = process.argv
const standardise = name === 'standardise'
const open = keyedStage(standardise)
const groups = readdirSync(folder).map((file) => {
  const [group, uid] = file.split('~')
  return { uid, group: Number(group), part: readFileSync(join(folder, file)) }
})
const each = keysOf(Number(keys), (i) => i)

let restored
const restore = () =>
  cpuOf(() => {
    restored = open()
    for (const { uid, group, part } of groups) restored.restoreGroup(uid, group, new ByteReader(part, 'bench'))
  })
const restoreS = restore()
// The bare one has touched its memory before, and so has ours from the second time on: the ratio is that of two warm ones.
let bare = new BareModels(standardise)
feedBare(bare, each)
const parts = bare.snapshot()
const ratios = Array.from({ length: 3 }, () => {
  const ours = restore()
  bare = new BareModels(standardise)
  return ours / cpuOf(() => bare.restore(parts))
})
const restoreRatio = ratios.sort((a, b) => a - b)[1]
// What was restored works.
feed(restored, { ...each, count: 1000 })
console.log(JSON.stringify({ restoreS, restoreRatio }))
