/** Section "Sink" of the fault list that is about what is written, through a whole pipeline; the rest is in the suites of the sinks. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { number, pipeline, record, string } from 'millrace'
import { csv } from 'millrace/file'
import { memory } from 'millrace/memory'
import { expect, test } from 'vitest'
import { runToEnd } from './faulty-run.ts'

const Row = record({ name: string(), n: number() })

test('fault 37: cells that a spreadsheet would run are escaped, numbers and all other texts are as they were', async () => {
  const formulas = ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("http://a","b")']
  const plain = ['a=b', 'x', '', ' =1', "'=1", '1-2', 'ü', 'a,"b"']
  const rows = [...formulas, ...plain].map((name, i) => ({ name, n: i % 2 === 0 ? -1 - i : i / 8 }))
  const cells = pipeline('cells', ({ from }) => {
    const read = from('rows', memory(rows, Row))
    read.to('escaped', csv('escaped', { columns: ['name', 'n'] }))
    read.to('as-they-are', csv('plain', { columns: ['name', 'n'], escapeFormulas: false }))
  })
  const { base } = await runToEnd(cells)
  const text = (folder: string) => readFileSync(join(base, folder, 'part-00000.csv'), 'utf8')
  // A cell is what a reader of CSV sees of it; a formula would begin with one of = + - @ tab or carriage return.
  const read = pipeline('read', ({ from }) => {
    from('rows', csv('escaped/part-00000.csv', Row)).to('rows-out', memory())
  })
  const back = (await runToEnd(read, { base })).rows('rows-out') as { name: string; n: number }[]
  expect(back.map(({ n }) => n)).toEqual(rows.map(({ n }) => n))
  expect(back.map(({ name }) => name)).toEqual([...formulas.map((formula) => `'${formula}`), ...plain])
  expect(back.filter(({ name }) => /^[=+\-@\t\r]/.test(name))).toEqual([])
  expect(text('escaped')).toMatch(/^name,n\n'=1\+1,-1\n/)
  expect(text('plain')).toContain('\n@SUM(A1),')
})
