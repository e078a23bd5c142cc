import { gzipSync } from 'node:zlib'
import { ByteReader } from '../../src/bytes/reader.ts'
import { ByteWriter } from '../../src/bytes/writer.ts'
import type { KafkaClient } from '../../src/connectors/kafka/cluster.ts'
import { type Decompress, decompressor } from '../../src/connectors/kafka/codecs.ts'
import { FetchedRecords } from '../../src/connectors/kafka/fetched-records.ts'
import { type Codec, RecordBatch } from '../../src/connectors/kafka/record-batch.ts'
import { RowFrame } from '../../src/connectors/kafka/row-frame.ts'
import { readMessage } from '../../src/formats/message.ts'
import { framesOf, header, message } from '../../src/formats/messages.fixture.ts'
import { broken, type FuzzTarget, textBytes } from '../target.ts'

let client: KafkaClient
let decompress: Decompress

/** Where the checksum of a batch stands, before what it counts. */
const CRC_BEFORE = 4

/** A batch for each codec that this Node has, some of a transaction. */
function batches(): Buffer[] {
  const { snappy, lz4 } = client.compressionsAlgorithms
  const codecs: Codec[] = [
    { id: 0, compress: (bytes) => bytes },
    { id: 1, compress: (bytes) => gzipSync(bytes) },
    { id: 2, compress: (bytes) => snappy.compressSync(bytes) },
    { id: 3, compress: (bytes) => lz4.compressSync(bytes) },
  ]
  return codecs.map((codec, i) => {
    const batch = new RecordBatch()
    const rows = ['a', '{"x":1}', '', null, 'long '.repeat(40)].map((value, k) =>
      message(k, value, {
        key: k % 2 === 0 ? textBytes(`k${k}`) : null,
        headers: k === 3 ? [header('h', 'v'), header('n', null)] : [],
      }),
    )
    const row = new RowFrame().over(framesOf(rows))
    while (row.next()) batch.append(row, 1e12 + row.ordinal)
    const number = { producerId: 5n, epoch: 1, sequence: 0, transactional: i % 2 === 1 }
    return Buffer.from(batch.finish(number, codec, client.crc32c))
  })
}

/** What a broker sends: checksums are taken for right, so that what is behind them is reached. */
export const target: FuzzTarget = {
  name: 'kafka-batches',
  async open() {
    client = await import('@platformatic/kafka')
    decompress = decompressor(client)
  },
  corpus() {
    const all = batches()
    return [...all, Buffer.concat(all), Buffer.concat([all[1], all[0].subarray(0, 40)])].map((one) =>
      Uint8Array.from(one),
    )
  },
  dictionary: [
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
    Uint8Array.of(0, 0, 0, 0),
    Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
  ],
  run(input) {
    const bytes = Buffer.from(input)
    const aborted = [{ producerId: 5n, firstOffset: input.length % 3 }]
    const checksum = (body: Buffer) => new DataView(body.buffer, body.byteOffset - CRC_BEFORE, 4).getUint32(0)
    const records = new FetchedRecords(bytes, 0, aborted, { checksum, decompress }, 'fuzz')
    const frames = new ByteWriter()
    for (let batch = 0; !records.done; batch++) {
      if (batch > bytes.length) broken('batches without end')
      records.readBatch(0, Number.MAX_SAFE_INTEGER, frames)
    }
    const reader = new ByteReader(frames.finish(), 'fuzz')
    while (reader.remaining > 0) readMessage(reader)
  },
}
