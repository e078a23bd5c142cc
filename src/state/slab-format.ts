import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { KeyIndex } from './key-index.ts'
import { type KeyList, keyEnd, slotOf } from './key-list.ts'
import { canonicalOrder } from './key-order.ts'
import type { SlabPage, SlabPages } from './slab-pages.ts'

/**
 * The bytes of one key group of a slab table, version 1. Little-endian:
 *
 *     u32 magic "SLAB", u32 version, u32 width in doubles, u32 count, u32 bytes of keys
 *     count keys: length as LEB128, then the canonical bytes of the key
 *     count rows of `width` doubles
 *
 * Keys and rows are in canonical order, by hash as an unsigned number and then by bytes. Nothing else is stored, so
 * equal contents give equal bytes whatever was inserted and removed before. Rows restore by one bulk copy a page.
 */
const magic = 0x42414c53
const version = 1
const headerBytes = 20

export function writeSlabGroup(keys: KeyList, pages: readonly SlabPage[], layout: SlabPages, writer: ByteWriter): void {
  const { size, keyBytes } = keys
  writer.reserve(headerBytes + keyBytes + 8 * layout.width * size)
  writer.u32(magic)
  writer.u32(version)
  writer.u32(layout.width)
  writer.u32(size)
  writer.u32(keyBytes)
  const order = canonicalOrder(keys)
  writeKeys(keys, order, writer)
  writeRows(keys, order, pages, layout, writer)
}

function writeKeys({ arena, size }: KeyList, order: Int32Array, writer: ByteWriter): void {
  for (let i = 0; i < size; i++) writer.raw(arena, order[i], keyEnd(arena, order[i]))
}

/** Copies rows, neighbours in one go: after a restore whole pages. */
function writeRows(
  { arena, size }: KeyList,
  order: Int32Array,
  pages: readonly SlabPage[],
  layout: SlabPages,
  writer: ByteWriter,
): void {
  const { width, shift, mask } = layout
  for (let i = 0; i < size; ) {
    const slot = slotOf(arena, order[i])
    let run = 1
    while (i + run < size && ((slot + run) & mask) !== 0 && slotOf(arena, order[i + run]) === slot + run) run++
    const from = (slot & mask) * width
    writer.f64s(pages[slot >> shift].data, from, from + run * width)
    i += run
  }
}

/**
 * Reads one group. Sizes are checked against the bytes at hand before anything is allocated by them.
 * @throws ML_CORRUPT for bytes that `writeSlabGroup` does not give; ML_VERSION for those of a later version
 */
export function readSlabGroup(reader: ByteReader, layout: SlabPages): { index: KeyIndex; pages: SlabPage[] } {
  if (reader.u32() !== magic) reader.fail('these are not the bytes of a slab')
  const got = reader.u32()
  if (got !== version) {
    const remedy = 'Restore with the version of Millrace that wrote it, or a later one'
    const what = `slab bytes have version ${got}, expected ${version}`
    throw new MillraceError('ML_VERSION', { what, where: reader.place, remedy })
  }
  const width = reader.u32()
  if (width !== layout.width) reader.fail(`rows have ${width} doubles, expected ${layout.width}`)
  const count = reader.u32()
  const keys = reader.raw(reader.u32())
  const rowBytes = 8 * width * count
  if (rowBytes > reader.remaining) reader.fail(`${rowBytes} bytes of rows are needed, ${reader.remaining} are left`)
  const index = KeyIndex.load(keys, count, (i) => layout.slotAt(i), reader)
  const pages = layout.forRows(count)
  for (let page = 0, left = count; left > 0; page++, left -= layout.rows) {
    reader.f64s(pages[page].data, 0, Math.min(left, layout.rows) * width)
  }
  return { index, pages }
}
