import { strToU8, unzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../errors.ts'
import { hostJar, jarText, jobJar } from './job-jar.ts'

const host = zipSync({
  'io/millrace/flink/Main.class': new Uint8Array([0xca, 0xfe, 0xba, 0xbe]),
  'META-INF/MANIFEST.MF': strToU8('Manifest-Version: 1.0\r\nMain-Class: io.millrace.flink.Main\r\n\r\n'),
})

describe('a job jar', () => {
  test('is the host with the entries added, its manifest first', () => {
    const jar = jobJar(host, { 'millrace/bundle.js': 'var x="Zürich"' })
    const entries = unzipSync(jar)
    expect(Object.keys(entries)).toEqual(['META-INF/MANIFEST.MF', 'io/millrace/flink/Main.class', 'millrace/bundle.js'])
    expect([...entries['io/millrace/flink/Main.class']]).toEqual([0xca, 0xfe, 0xba, 0xbe])
    expect(jarText(jar, 'millrace/bundle.js')).toBe('var x="Zürich"')
    expect(jarText(jar, 'millrace/plan.json')).toBeUndefined()
  })

  test('has the same bytes whenever it is made', () => {
    const entries = { 'millrace/job.json': '{}' }
    expect(jobJar(host, entries)).toEqual(jobJar(host, entries))
  })

  test('is not made of something that is no jar', () => {
    expect(() => jobJar(strToU8('404 Not found'), {})).toThrow(/^ML_CORRUPT: the Flink host is no jar/)
  })
})

test('where the host was not built, the error says how to get it', () => {
  expect(() => hostJar('/nowhere/host.jar')).toThrow(MillraceError)
  expect(() => hostJar('/nowhere/host.jar')).toThrow(/^ML_JAVA_TOOL: .* at \/nowhere\/host.jar\. .*npm run build/)
})
