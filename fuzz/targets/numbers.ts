import { parseDecimal, parseInteger } from '../../src/formats/decimal.ts'
import { isoTimeText, parseIsoTime } from '../../src/formats/iso-time.ts'
import { broken, type FuzzTarget, textBytes } from '../target.ts'

const DECIMAL = /^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/

const TEXTS = [
  ...['0', '-0', '+17', '3.25', '-2.5e-3', '1e22', '123456789012345678', '9007199254740993', '5e-324', '1e999'],
  ...['0.1234567890123456789', '00012.50', '4.35', '8.5e15', '2013-01-01', '2013-01-01T05:15:00.250-05:00'],
  ...['2016-02-29 23:59', '2013-12-31T24:00:00Z', '1999-12-31T23:59:59.9999Z', '2013-01-01T05:15+0530', '-', ''],
]

/** Numbers and times in text, against Number and Date. */
export const target: FuzzTarget = {
  name: 'numbers',
  corpus: () => TEXTS.map(textBytes),
  dictionary: ['.', 'e', '-', '+', ':', 'T', 'Z', '00', '29', '31', '60', '9'.repeat(20), '0'.repeat(30)],
  run(bytes) {
    const text = String.fromCharCode(...bytes.subarray(0, 4096))
    if (bytes.length > 4096) return
    const decimal = parseDecimal(bytes, 0, bytes.length)
    const isDecimal = DECIMAL.test(text) && Number.isFinite(Number(text))
    if (!Number.isNaN(decimal) && !(isDecimal && Object.is(decimal, Number(text)))) broken(`${text} read as ${decimal}`)
    if (Number.isNaN(decimal) && isDecimal && Math.abs(Number(text)) < 2 ** 53) broken(`${text} is not read`)
    const integer = parseInteger(bytes, 0, bytes.length)
    const isInteger = /^[+-]?[0-9]+$/.test(text) && Number.isSafeInteger(Number(text))
    if (isInteger !== !Number.isNaN(integer)) broken(`${text} read as the integer ${integer}`)
    if (isInteger && integer !== Number(text) + 0) broken(`${text} read as the integer ${integer}`)
    checkTime(bytes, text)
  },
}

function checkTime(bytes: Uint8Array, text: string): void {
  const ms = parseIsoTime(bytes, 0, bytes.length, 0)
  if (Number.isNaN(ms)) return
  if (!Number.isSafeInteger(ms)) broken(`${text} read as the time ${ms}`)
  const again = textBytes(isoTimeText(ms))
  if (parseIsoTime(again, 0, again.length, 0) !== ms) broken(`${text} comes back as ${isoTimeText(ms)}`)
  const theirs = Date.parse(/[zZ]|[+-]\d\d(:?\d\d)?$/.test(text.slice(10)) ? text : `${text}Z`)
  const isCommon = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
  if (isCommon && !Number.isNaN(theirs) && theirs !== ms) broken(`${text} is ${theirs}, read as ${ms}`)
}
