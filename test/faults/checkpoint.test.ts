/** Section "Checkpoint" of the fault list, on real files under a whole job: what is damaged, newer, foreign or held is refused or passed over. */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { integer, pipeline, record } from 'millrace'
import { run } from 'millrace/embedded'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { beforeEach, describe, expect, test } from 'vitest'
import { isMillraceError } from '../../src/errors.ts'
import { readCheckpoint } from '../../src/runtime/local/checkpoint-folder.ts'
import { decodeManifest, encodeManifest, type Manifest } from '../../src/runtime/local/manifest.ts'
import { restoreStages } from '../../src/runtime/local/restore.ts'
import { Topology } from '../../src/runtime/local/topology.ts'
import { nodeStorage } from '../../src/storage/node-storage.ts'
import { folder } from './faulty-run.ts'
import { runShop, type ShopOptions, shop, shopParams, shopResult } from './shop.ts'

const storage = nodeStorage
const paced: ShopOptions = { storage, everyRecords: 40, paced: true, retain: 3 }

let base: string

/** Stops the shop in the middle; what it leaves can be gone on from. With large parts nothing has become public yet. */
async function stopped(params: ShopOptions['params'] = { partBytes: 1 << 20 }): Promise<void> {
  const report = await runShop(base, { ...paced, params, atRow: 300, onRow: (job) => job.stop() })
  expect(report.end).toBe('suspended')
  expect(checkpoints().length).toBe(3)
}

function checkpoints(): string[] {
  return readdirSync(join(base, 'state'))
    .filter((name) => name.startsWith('chk-'))
    .sort()
}

function fileOf(back: number, name: string): string {
  return join(base, 'state', checkpoints().at(-1 - back) as string, name)
}

/** Every file with its bytes, but for locks, and for what is noted of records that kill their process. */
function allFiles(): Map<string, string> {
  const found = new Map<string, string>()
  for (const entry of readdirSync(base, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !/^(\.lock-.*|crashes\.json|suspect)$/.test(entry.name))
      found.set(path, readFileSync(path, 'latin1'))
  }
  return found
}

function editManifest(back: number, edit: (manifest: Manifest) => object): void {
  const path = fileOf(back, 'manifest.json')
  const manifest = decodeManifest(readFileSync(path), path)
  writeFileSync(path, encodeManifest({ ...manifest, ...edit(manifest) } as Manifest))
}

async function expectRefused(
  code: string,
  says: RegExp,
  params: ShopOptions['params'] = { partBytes: 1 << 20 },
): Promise<void> {
  const before = allFiles()
  const refused = runShop(base, { ...paced, params })
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(says) })
  expect(allFiles()).toEqual(before)
}

/** The last run from where the job was stopped, compared with one that was never stopped. */
async function expectSameEnd(
  warnings: RegExp[],
  params: ShopOptions['params'] = { partBytes: 1 << 20 },
): Promise<void> {
  const told: string[] = []
  const report = await runShop(base, { ...paced, params, warnings: told })
  for (const message of told) expect([message, warnings.some((says) => says.test(message))]).toEqual([message, true])
  for (const says of warnings) expect([says, told.some((message) => says.test(message))]).toEqual([says, true])
  const other = folder()
  const straight = await runShop(other, { storage, params })
  expect(await shopResult(storage, base, report)).toEqual(await shopResult(storage, other, straight))
}

beforeEach(() => {
  base = folder()
})

describe('a damaged checkpoint', () => {
  const damages: Record<string, (path: string) => void> = {
    'a flipped bit in the state': () => {
      const bytes = readFileSync(fileOf(0, 'state.bin'))
      bytes[Math.floor(bytes.length / 2)] ^= 4
      writeFileSync(fileOf(0, 'state.bin'), bytes)
    },
    'a zeroed tail of the state': () => {
      const bytes = readFileSync(fileOf(0, 'state.bin'))
      writeFileSync(fileOf(0, 'state.bin'), bytes.fill(0, bytes.length - 100))
    },
    'a state cut short': () => {
      const bytes = readFileSync(fileOf(0, 'state.bin'))
      writeFileSync(fileOf(0, 'state.bin'), bytes.subarray(0, bytes.length - 1))
    },
    'a flipped bit in the manifest': () => {
      const bytes = readFileSync(fileOf(0, 'manifest.json'))
      bytes[200] ^= 1
      writeFileSync(fileOf(0, 'manifest.json'), bytes)
    },
    'the state of another checkpoint': () => {
      writeFileSync(fileOf(0, 'state.bin'), readFileSync(fileOf(1, 'state.bin')))
    },
    'the manifest of another checkpoint': () => {
      writeFileSync(fileOf(0, 'manifest.json'), readFileSync(fileOf(1, 'manifest.json')))
    },
    'no state at all': () => rmSync(fileOf(0, 'state.bin')),
  }

  test.each(Object.keys(damages))(
    'fault 41: %s is told with file and offset, and the one before is gone on from',
    async (damage) => {
      await stopped()
      const name = damage.includes('manifest') ? 'manifest.json' : 'state.bin'
      const path = fileOf(0, name)
      damages[damage](path)
      await expectSameEnd([new RegExp(`is damaged and passed over: ML_CORRUPT.*${name}, offset \\d+`)])
    },
  )

  test('fault 41: two checkpoints whose folders changed their names are both told, and the third is gone on from', async () => {
    await stopped()
    const [older, newer] = checkpoints()
      .slice(-2)
      .map((name) => join(base, 'state', name))
    renameSync(older, `${older}.away`)
    renameSync(newer, older)
    renameSync(`${older}.away`, newer)
    await expectSameEnd([/passed over: ML_CORRUPT.*another checkpoint/, /passed over: ML_CORRUPT.*another checkpoint/])
  })

  test('fault 41: where the sinks have shown more than the checkpoint before covers, going back to it is refused', async () => {
    const params = { partBytes: 1500 }
    await stopped(params)
    for (const back of [0, 1]) writeFileSync(fileOf(back, 'state.bin'), 'rubbish')
    await expectRefused('ML_SINK_AHEAD', /part \d+ is public already/, params)
  })

  test('fault 41: when none is whole the run is refused, naming each', async () => {
    await stopped()
    for (const back of [0, 1, 2]) writeFileSync(fileOf(back, 'state.bin'), 'rubbish')
    await expectRefused('ML_CORRUPT', /no checkpoint can be used:(.*state\.bin, offset \d+){3}/s)
  })
})

describe('a checkpoint of something else', () => {
  test('fault 42: of a newer format is refused by its version, and nothing is written', async () => {
    await stopped()
    editManifest(0, () => ({ format: 2, versions: { millrace: '9.0.0', node: '', v8: '' } }))
    await expectRefused('ML_VERSION', /format 2.*up to 1.*9\.0\.0/)
  })

  test('fault 42: with operator state of a newer version is refused, and nothing is written', async () => {
    await stopped()
    const path = fileOf(0, 'state.bin')
    const bytes = readFileSync(path)
    const [frame] = (await readCheckpoint(storage, join(path, '..'))).frames
    bytes[frame.offset] = 9
    writeFileSync(path, bytes)
    editManifest(0, ({ state }) => ({ state: { ...state, sha256: createHash('sha256').update(bytes).digest('hex') } }))
    await expectRefused('ML_VERSION', /has version 9/)
  })

  test('fault 42: of another pipeline, or of a source that has another type, is refused with the difference', async () => {
    await stopped()
    editManifest(0, () => ({ pipeline: 'market' }))
    await expectRefused('ML_OTHER_PIPELINE', /"market".*"shop"/)
    editManifest(0, ({ plan }) => {
      const edited = JSON.parse(
        JSON.stringify(plan).replace('"name":"x","type":"number"', '"name":"x","type":"integer"'),
      )
      return { pipeline: 'shop', plan: edited }
    })
    await expectRefused('ML_OTHER_PLAN', /field "x" of source "events" was integer, now number/)
  })
})

describe('a name that leads elsewhere', () => {
  const Row = record({ n: integer() })
  const rows = () => memory([{ n: 1 }], Row)

  test.each(['../up', '..\\up', 'a/b', '.hidden', '..', '', 'a\u0000b', 'C:x'])(
    'fault 43: %j is no name of a pipeline, source, operator or sink',
    (name) => {
      const named = [
        pipeline(name, ({ from }) => void from('rows', rows())),
        pipeline('p', ({ from }) => void from(name, rows())),
        pipeline('p', ({ from }) => from('rows', rows()).to(name, memory())),
        pipeline('p', ({ from }) => void from('rows', rows()).process(name, { onRecord: () => {} })),
      ]
      for (const declared of named)
        expect(() => declared.program()).toThrow(expect.objectContaining({ code: 'ML_PLAN' }))
    },
  )

  test('fault 43: a link as state folder, sink folder or checkpoint is refused, and nothing is written where it leads', async () => {
    const elsewhere = folder()
    symlinkSync(elsewhere, join(base, 'state'))
    await expect(runShop(base, { storage })).rejects.toMatchObject({ code: 'ML_PATH' })
    rmSync(join(base, 'state'))
    mkdirSync(join(base, 'out'))
    symlinkSync(elsewhere, join(base, 'out', 'scores'))
    await expect(runShop(base, { storage })).rejects.toMatchObject({ code: 'ML_PATH' })
    expect(readdirSync(elsewhere)).toEqual([])
    rmSync(join(base, 'out'), { recursive: true })
    rmSync(join(base, 'state'), { recursive: true })
    await stopped()
    const newest = join(base, 'state', checkpoints().at(-1) as string)
    renameSync(newest, join(elsewhere, 'moved'))
    symlinkSync(join(elsewhere, 'moved'), newest)
    await expectSameEnd([/passed over: ML_PATH.*symbolic link/, /could not remove an old checkpoint/])
  })

  test('fault 43: what a checkpoint says of files is never a path', async () => {
    await stopped()
    const escaped = { '../../escaped': { finished: false, decoder: { consumed: 0, row: 0, header: null } } }
    editManifest(0, ({ splits }) => ({ splits: { ...splits, events: escaped } as never }))
    await expectRefused('ML_SOURCE_CHANGED', /\.\.\/\.\.\/escaped/)
  })
})

describe('lengths that are lies', () => {
  test('fault 44: a length of 2^49, wherever it is put into the state, is refused before memory is taken for it', async () => {
    await stopped()
    const path = fileOf(0, 'state.bin')
    const clean = readFileSync(path)
    const checkpoint = join(path, '..')
    const program = shop.program({ ...shopParams })
    const length = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]
    const before = process.memoryUsage().rss
    const codes = new Map<string, number>()
    for (let at = 12; at + 8 < clean.length; at += 1 + ((at * 7) % 83)) {
      const bytes = Buffer.from(clean)
      bytes.set(at % 2 === 0 ? length : [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], at)
      writeFileSync(path, bytes)
      editManifest(0, ({ state }) => ({
        state: { ...state, sha256: createHash('sha256').update(bytes).digest('hex') },
      }))
      try {
        const restored = await readCheckpoint(storage, checkpoint)
        const host = { sink: () => ({ append: () => {}, roll: () => {} }) }
        restoreStages(new Topology(program, { watermark: () => 0, idle: () => false }, host), program.plan, restored)
      } catch (error) {
        const code = isMillraceError(error) ? error.code : String((error as Error).stack)
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
    }
    expect([...codes.keys()].filter((code) => !/^ML_(CORRUPT|VERSION|OTHER_PLAN|STATE_LIMIT)$/.test(code))).toEqual([])
    expect(codes.get('ML_CORRUPT')).toBeGreaterThan(50)
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20)
  })
})

describe('a second process', () => {
  test('fault 45: on the same state folder, or with the same sink folder, is refused at once, and the first goes on undisturbed', async () => {
    let second: Promise<unknown> | undefined
    let third: Promise<unknown> | undefined
    const report = await runShop(base, {
      ...paced,
      atRow: 100,
      onRow: () => {
        second = runShop(base, { storage }).catch((error: unknown) => error)
        third = runShop(base, { storage, state: 'other' }).catch((error: unknown) => error)
      },
    })
    expect(await second).toMatchObject({ code: 'ML_LOCKED', message: expect.stringContaining(`pid ${process.pid}`) })
    expect((await third) as { code: string }).toMatchObject({ code: expect.stringMatching(/ML_LOCKED|ML_SINK_EXISTS/) })
    const other = folder()
    const straight = await runShop(other, { storage })
    expect(await shopResult(storage, base, report)).toEqual(await shopResult(storage, other, straight))
  })
})

describe('a folder that goes away', () => {
  test('fault 40: a state folder that is deleted under a run ends it, loudly', async () => {
    const gone = runShop(base, { ...paced, atRow: 200, onRow: () => rmSync(join(base, 'state'), { recursive: true }) })
    await expect(gone).rejects.toMatchObject({ code: expect.stringMatching(/^ML_(STORAGE|CHECKPOINT|FENCED)$/) })
  })

  test('fault 40: a sink folder that is deleted under a run ends it, loudly, and the next run says what is lost', async () => {
    const gone = runShop(base, {
      ...paced,
      params: { partBytes: 1500 },
      atRow: 250,
      onRow: () => rmSync(join(base, 'out', 'scores'), { recursive: true }),
    })
    await expect(gone).rejects.toMatchObject({
      code: expect.stringMatching(/^ML_(STORAGE|CHECKPOINT|FENCED|SINK_LOST)$/),
    })
    await expect(runShop(base, { ...paced, params: { partBytes: 1500 } })).rejects.toMatchObject({
      code: 'ML_SINK_LOST',
    })
  })
})

test('a run that is refused for a missing file leaves no trace where it was to write', async () => {
  const declared = pipeline('missing', ({ from }) => {
    from('rows', jsonl('no-such-file', record({ n: integer() }))).to('out', jsonl('out/rows'))
  })
  await expect(run(declared, { base })).rejects.toMatchObject({ code: 'ML_NO_FILE' })
  expect(existsSync(join(base, 'out'))).toBe(false)
})
