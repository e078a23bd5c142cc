/** Marks kept: when there are as many, every second one goes. */
const MOST_MARKS = 64

/** What time it was at some records of a stream of unknown length, a bounded number of them, about evenly spread. */
export class TimeMarks {
  readonly marks: { readonly records: number; readonly time: string }[] = []
  #every = 1
  #offered = 0

  add(records: number, time: string): void {
    if (this.#offered++ % this.#every !== 0) return
    this.marks.push({ records, time })
    if (this.marks.length < MOST_MARKS) return
    for (let i = 0; i < MOST_MARKS / 2; i++) this.marks[i] = this.marks[2 * i]
    this.marks.length = MOST_MARKS / 2
    this.#every *= 2
  }
}
