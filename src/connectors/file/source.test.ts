import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SimulatedDisk } from '../../testing/simulated-disk.ts'
import { FileSource } from './source.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-source-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const context = (...paths: string[]) => ({ uid: 'flights', options: { paths }, base: folder })

async function read(path: string, fromOffset = 0, source = new FileSource()): Promise<Buffer> {
  const reader = await source.open(context(path), { id: path }, fromOffset)
  const chunks: Buffer[] = []
  try {
    for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) chunks.push(Buffer.from(chunk))
    expect(await reader.read()).toBeNull()
  } finally {
    await reader.close()
  }
  return Buffer.concat(chunks)
}

/** Text that compresses about tenfold, as rows do. */
function rows(sizeBytes: number): Buffer {
  let text = ''
  for (let i = 0; text.length < sizeBytes; i++) text += `UA${(i * 7919) % 6000},EWR,${(i * 31) % 4983}\n`
  return Buffer.from(text.slice(0, sizeBytes))
}

describe('the splits of a file source', () => {
  test('are its paths as declared, with their size where it is known', async () => {
    await writeFile(join(folder, 'a.csv'), 'four')
    await mkdir(join(folder, 'sub'))
    await writeFile(join(folder, 'sub', 'b.csv'), gzipSync('zipped'))
    await symlink(join(folder, 'a.csv'), join(folder, 'link.csv'))
    expect(await new FileSource().splits(context('a.csv', 'sub/b.csv', join(folder, 'link.csv')))).toEqual([
      { id: 'a.csv', sizeBytes: 4 },
      { id: 'sub/b.csv' },
      { id: join(folder, 'link.csv'), sizeBytes: 4 },
    ])
  })

  test('must exist; the nearest name is suggested', async () => {
    await writeFile(join(folder, 'departures.csv.gz'), 'x')
    await symlink(join(folder, 'gone'), join(folder, 'link.csv'))
    const splits = (path: string) => new FileSource().splits(context(path))
    await expect(splits('departure.csv.gz')).rejects.toThrow(
      `ML_NO_FILE: there is no such file at ${folder}/departure.csv.gz (source "flights"). Did you mean departures.csv.gz.`,
    )
    await expect(splits('data/a.csv')).rejects.toThrow(`The folder ${folder}/data does not exist either.`)
    await expect(splits('completely-else')).rejects.toThrow('Relative paths count from the base folder.')
    await expect(splits('link.csv')).rejects.toThrow(/ML_NO_FILE: .*link.csv.* It is a link, and what it names is gone/)
    await expect(splits('.')).rejects.toThrow(/ML_SOURCE: a file was expected; this is a folder/)
  })
})

describe('a file', () => {
  test.each([0, 1, 262_143, 262_144, 262_145, 1_000_000])(
    'of %i bytes is read whole and from any offset',
    async (size) => {
      const content = rows(size)
      await writeFile(join(folder, 'a'), content)
      for (const offset of new Set([0, 1, size >> 1, size - 1, size])) {
        if (offset >= 0 && offset <= size) expect((await read('a', offset)).equals(content.subarray(offset))).toBe(true)
      }
    },
  )

  test('hands out chunks that stay as they are until the next call, while the one after is being read', async () => {
    const content = rows(900_000)
    for (const [name, bytes] of [
      ['plain', content],
      ['zipped', gzipSync(content)],
    ] as const) {
      await writeFile(join(folder, name), bytes)
      const reader = await new FileSource().open(context(name), { id: name }, 0)
      let at = 0
      for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) {
        await new Promise((resolve) => setTimeout(resolve, 15))
        expect(content.subarray(at, at + chunk.length).equals(chunk)).toBe(true)
        at += chunk.length
      }
      expect(at).toBe(900_000)
      await reader.close()
    }
  })

  test('that became shorter than the position to resume at is refused', async () => {
    await writeFile(join(folder, 'a'), 'short')
    await expect(read('a', 6)).rejects.toThrow(
      /ML_SOURCE_CHANGED: the checkpoint stands at byte 6 of a file that now has 5/,
    )
    await writeFile(join(folder, 'a'), gzipSync('short'))
    await expect(read('a', 6)).rejects.toThrow(
      /ML_SOURCE_CHANGED: the checkpoint stands at byte 6 of a file that now has 5/,
    )
    expect(await read('a', 5)).toEqual(Buffer.alloc(0))
  })

  test('that is cut while it is read is an error, not the end', async () => {
    await writeFile(join(folder, 'a'), rows(2_000_000))
    const reader = await new FileSource().open(context('a'), { id: 'a' }, 0)
    await reader.read()
    await truncate(join(folder, 'a'), 600_000)
    const readOn = async () => {
      while ((await reader.read()) !== null);
    }
    await expect(readOn()).rejects.toThrow(
      /ML_SOURCE: the file had 2000000 bytes when it was opened, and now ends at .*a, offset 600000/,
    )
    await reader.close()
  })

  test('that the disk cannot read names its offset, and what was read before is handed out', async () => {
    const disk = new SimulatedDisk()
    const file = await disk.open('/a', 'create')
    await file.write(rows(600_000), 0)
    let reads = 0
    disk.fault = ({ kind }) => (kind === 'read' && ++reads === 4 ? 'EIO' : undefined)
    const reader = await new FileSource(disk).open({ ...context('/a'), base: '/' }, { id: '/a' }, 0)
    expect((await reader.read())?.length).toBe(262_144)
    expect((await reader.read())?.length).toBe(262_144)
    await expect(reader.read()).rejects.toThrow('ML_SOURCE: could not read the file; got "EIO" at /a, offset 524288')
    await reader.close()
  })
})

describe('a gzip file', () => {
  test('of one member or several, with or without padding, reads as its content whatever it is called', async () => {
    const content = rows(3_000_000)
    const parts = [
      content.subarray(0, 1),
      content.subarray(1, 1),
      content.subarray(1, 1_500_000),
      content.subarray(1_500_000),
    ]
    const members = parts.map((part) => gzipSync(part))
    const stored = gzipSync(content, { level: 0 })
    for (const file of [
      gzipSync(content),
      stored,
      Buffer.concat(members),
      Buffer.concat([...members, Buffer.alloc(300_000)]),
    ]) {
      await writeFile(join(folder, 'a.csv'), file)
      expect((await read('a.csv')).equals(content)).toBe(true)
    }
  })

  test('resumes at any uncompressed offset, across members', async () => {
    const content = rows(700_000)
    const members = [0, 100_000, 262_144, 300_000].map((start, i, starts) =>
      gzipSync(content.subarray(start, starts[i + 1])),
    )
    await writeFile(join(folder, 'a.gz'), Buffer.concat(members))
    for (const offset of [1, 99_999, 100_000, 262_143, 262_144, 262_145, 524_288, 699_999, 700_000]) {
      expect((await read('a.gz', offset)).equals(content.subarray(offset))).toBe(true)
    }
  })

  test('whose members end on the boundary of a read is read on', async () => {
    const member = (text: string, sizeBytes: number) => {
      // The optional extra field of the header pads the member to the size asked for.
      const body = deflateRawSync(text)
      const tail = gzipSync(text).subarray(-8)
      const extra = sizeBytes - 10 - 2 - body.length - 8
      const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, extra & 255, extra >> 8])
      return Buffer.concat([head, Buffer.alloc(extra), body, tail])
    }
    for (const size of [32_768, 65_536 - 20]) {
      await writeFile(
        join(folder, 'a'),
        Buffer.concat([member('one ', size), member('two ', 32_768), gzipSync('three')]),
      )
      expect(String(await read('a'))).toBe('one two three')
    }
  })

  test('that is cut off anywhere is refused by name and offset, after what came before', async () => {
    const content = rows(400_000)
    const whole = Buffer.concat([gzipSync(content.subarray(0, 200_000)), gzipSync(content.subarray(200_000))])
    const memberEnd = gzipSync(content.subarray(0, 200_000)).length
    for (let length = 3; length < whole.length; length += 9973) {
      await writeFile(join(folder, 'a.gz'), whole.subarray(0, length))
      if (length === memberEnd) continue
      await expect(read('a.gz')).rejects.toThrow(
        /^ML_SOURCE: could not read on: the gzip data is cut off; got "unexpected end of file" at .*a\.gz, offset \d+ \(\d+ uncompressed\)\. Fetch the whole file\.$/,
      )
    }
    await writeFile(join(folder, 'a.gz'), whole.subarray(0, -1))
    const reader = await new FileSource().open(context('a.gz'), { id: 'a.gz' }, 0)
    let bytes = 0
    const readOn = async () => {
      for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) bytes += chunk.length
    }
    await expect(readOn()).rejects.toMatchObject({ code: 'ML_SOURCE' })
    expect(bytes).toBe(400_000)
    await reader.close()
  })

  test('with any one byte changed is refused, or reads as before where the byte means nothing', async () => {
    const content = rows(1_000)
    const whole = gzipSync(content)
    let refused = 0
    for (let position = 3; position < whole.length; position += 3) {
      const bytes = Buffer.from(whole)
      bytes[position] ^= 0x41
      await writeFile(join(folder, 'a'), bytes)
      const result = await read('a').catch((error) => error.code)
      if (result === 'ML_SOURCE') refused++
      else expect([position, result.equals(content)]).toEqual([position, true])
    }
    // Only the time, the flags for the operating system and the like may change unseen.
    expect(refused).toBeGreaterThan(whole.length / 3 - 6)
  })

  test('with other bytes behind its end is refused: they might be records', async () => {
    for (const tail of [
      Buffer.from('a,b\n'),
      Buffer.concat([Buffer.alloc(400_000), Buffer.from('x')]),
      Buffer.from([0x1f]),
    ]) {
      await writeFile(join(folder, 'a'), Buffer.concat([gzipSync('1,2\n'), tail]))
      await expect(read('a')).rejects.toMatchObject({ code: 'ML_SOURCE' })
    }
  })

  test('that inflates a thousandfold is not inflated ahead of its reader', async () => {
    await writeFile(join(folder, 'bomb'), gzipSync(Buffer.alloc(200 << 20), { level: 1 }))
    const before = process.memoryUsage().arrayBuffers
    const reader = await new FileSource().open(context('bomb'), { id: 'bomb' }, 0)
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 << 20)
    let bytes = 262_144
    for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) bytes += chunk.length
    await reader.close()
    expect(bytes).toBe(200 << 20)
  })
})
