import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adagrad, features, logistic, pipeline, record, string } from 'millrace'
import { run } from 'millrace/embedded'
import { csv } from 'millrace/file'
import { expect, test } from 'vitest'
import { ModelRow } from '../src/learn/model-row.ts'
import { describeWithData, readSharedText, sharedData } from './shared-data.ts'

const Message = record({ text: string(), label: string() })

// Vowpal Wabbit 9.11.9, --loss_function logistic --binary, progressive, over [a-z0-9£$!?]+ of the lower-cased text:
// accuracy 0.97363, with --ftrl 0.97955. Words here are letters and digits alone.
describeWithData('messages by their words', ['sms_spam.csv.gz'], () => {
  test('are told from spam better than by Vowpal Wabbit', async () => {
    const base = mkdtempSync(join(tmpdir(), 'millrace-spam-'))
    try {
      const model = logistic({ inputs: features(Message).text('text'), optimizer: adagrad(0.5) })
      const spam = pipeline('spam', ({ from }) => {
        from('messages', csv(`${sharedData}/sms_spam.csv.gz`, Message)).learn('spam', model, {
          label: (m) => m.label === 'spam',
        })
      })
      const handle = await run(spam, { base })
      await handle.done
      const [{ report }] = handle.quality()
      if (report.task !== 'binary') throw new Error(`the task is ${report.task}`)
      expect(report.overall.records).toBe(5574)
      expect(report.overall.accuracy?.toFixed(5)).toBe('0.98242')
    } finally {
      rmSync(base, { recursive: true, force: true })
    }
  })
})

// The same of Vowpal Wabbit over word counts: 0.98273.
describeWithData('e-mails by the numbers of their words', ['spamassassin.vw.gz'], () => {
  test('are told from spam better than by Vowpal Wabbit', () => {
    const inputs = features(Message).text('text', { maxTokens: 10_000 })
    const { encoder, learner, row } = new ModelRow(logistic({ inputs, optimizer: adagrad(0.5) }) as never)
    const x = encoder.vector()
    const out = new Float64Array(1)
    const lines = readSharedText('spamassassin.vw.gz').trimEnd().split('\n')
    let right = 0
    for (const line of lines) {
      const [label, , ...counts] = line.split(' ')
      // `word:3` is the word three times.
      const text = counts.map((entry) => {
        const [word, count = '1'] = entry.split(':')
        return `${word} `.repeat(Number(count))
      })
      encoder.encode({ text: text.join(' '), label }, x, true)
      learner.testThenTrain(row, 0, x, label === '1' ? 1 : 0, 1, out)
      if (out[0] > 0.5 === (label === '1')) right++
    }
    expect(lines.length).toBe(9324)
    expect((right / lines.length).toFixed(5)).toBe('0.98531')
  })
})
