// Records, and state, longer than the windows between host and guest, beside short ones.
import { pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Note = record({ author: string(), text: string(), at: time() })
const notes = Array.from({ length: 24 }, (_unused, i) => ({
  author: `a${i % 5}`,
  text: i % 6 === 3 ? 'long '.repeat(20_000 + i) : `short ${i}`,
  at: 1_600_000_000_000 + 1000 * i,
}))

export default pipeline('long-records', ({ from }) => {
  from('notes', memory([notes.slice(0, 12), notes.slice(12)], Note), { eventTime: (n) => n.at })
    .keyBy((n) => n.author)
    .process<{ author: string; before: string; now: string }, string>('last-note', {
      onRecord(note, context) {
        context.emit({ author: note.author, before: context.state.get() ?? '', now: note.text })
        context.state.set(note.text)
      },
    })
    .to('notes-out', jsonl('out/notes', { partBytes: 300_000 }))
})
