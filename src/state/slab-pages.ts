import { doublesIn, type KernelMemory, NOWHERE } from '../numeric/kernel-memory.ts'

/**
 * Pages of rows, shared between a table and its captures by counting holders.
 *
 * A page with one holder may be written; one with more is first copied, and the copy takes its place in the table
 * (copy-on-write). What the last holder gives back is kept for the next copy, up to an eighth of what is in use:
 * memory that was touched before is several times as fast to fill as fresh memory.
 */
export class SlabPage {
  readonly data: Float64Array
  /** Where `data` lies in the memory of a kernel, or NOWHERE. */
  readonly address: number
  /** The table, and each open capture that saw the page. */
  holders = 1
  /** The table's epoch in which it was written last: a capture begins another one. */
  epoch = 0

  constructor(data: Float64Array, address = NOWHERE) {
    this.data = data
    this.address = address
  }
}

const pageBytes = 65_536
const firstRows = 4

export class SlabPages {
  readonly width: number
  /** Rows a page: as many as fit 64 KB, at least one. */
  readonly rows: number
  /** slot >> shift is the page, slot & mask the row in it. Numbers past the rows of a page are left out. */
  readonly shift: number
  readonly mask: number
  readonly #memory: KernelMemory | undefined
  private readonly spare: SlabPage[] = []
  private inUse = 0
  private bytes = 0

  /** @param memory that pages lie in as long as it has room */
  constructor(width: number, memory?: KernelMemory) {
    this.width = width
    this.#memory = memory
    this.rows = Math.max(1, Math.floor(pageBytes / (8 * width)))
    this.shift = 32 - Math.clz32(this.rows - 1)
    this.mask = (1 << this.shift) - 1
  }

  /** Memory of all pages: the table's, its captures', and spare ones. */
  get sizeBytes(): number {
    return this.bytes
  }

  /** The slot of row `i`, counted through all pages. */
  slotAt(i: number): number {
    return (Math.floor(i / this.rows) << this.shift) | (i % this.rows)
  }

  /** Makes `pages` hold the row of `slot`. A group's first page grows by copying, so that small groups stay small. */
  fit(pages: SlabPage[], slot: number): void {
    const at = slot >> this.shift
    const row = slot & this.mask
    if (at > 0) {
      if (at === pages.length) pages.push(this.take())
    } else if (pages.length === 0) {
      pages.push(this.partial(row + 1))
    } else if ((row + 1) * this.width > pages[0].data.length) {
      const page = this.partial(row + 1)
      page.data.set(pages[0].data)
      this.drop(pages[0])
      pages[0] = page
    }
  }

  /** Pages for exactly `count` rows, contents undefined. */
  forRows(count: number): SlabPage[] {
    if (count === 0) return []
    const pages = [count < this.rows ? this.partial(count) : this.take()]
    while (pages.length * this.rows < count) pages.push(this.take())
    return pages
  }

  /** A page of the same contents with one holder; `page` loses one. */
  copy(page: SlabPage): SlabPage {
    this.drop(page)
    const full = page.data.length === this.rows * this.width
    const spare = full ? this.spare.pop() : undefined
    if (spare === undefined && this.#memory === undefined) return this.count(new SlabPage(page.data.slice()))
    const copy = spare === undefined ? this.make(page.data.length) : this.reuse(spare)
    copy.data.set(page.data)
    return copy
  }

  /** Gives up one holder. */
  drop(page: SlabPage): void {
    if (--page.holders > 0) return
    this.inUse--
    const full = page.data.length === this.rows * this.width
    if (full && this.spare.length < Math.max(4, this.inUse >> 3)) this.spare.push(page)
    else {
      this.bytes -= page.data.byteLength
      this.#memory?.give(page.data)
    }
  }

  private take(): SlabPage {
    const spare = this.spare.pop()
    return spare === undefined ? this.make(this.rows * this.width) : this.reuse(spare)
  }

  /** A first page for at least `rows` rows: 4, 8, 16 ... up to a full page. */
  private partial(rows: number): SlabPage {
    let capacity = firstRows
    while (capacity < rows) capacity *= 2
    return capacity >= this.rows ? this.take() : this.make(capacity * this.width)
  }

  private reuse(page: SlabPage): SlabPage {
    page.holders = 1
    page.epoch = 0
    this.inUse++
    return page
  }

  private make(doubles: number): SlabPage {
    const data = doublesIn(this.#memory, doubles)
    return this.count(new SlabPage(data, this.#memory?.addressOf(data)))
  }

  private count(page: SlabPage): SlabPage {
    this.inUse++
    this.bytes += page.data.byteLength
    return page
  }
}
