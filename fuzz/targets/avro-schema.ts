import { avroFingerprint } from '../../src/formats/avro-fingerprint.ts'
import { avroType } from '../../src/formats/avro-schema.ts'
import { demandSame, type FuzzTarget, textBytes } from '../target.ts'

const SCHEMAS = [
  '"string"',
  '{"type":"long","logicalType":"timestamp-millis"}',
  '["null","int",{"type":"array","items":"string"}]',
  '{"type":"record","name":"a.R","fields":[{"name":"x","type":["null","R"],"default":null},{"name":"y","type":{"type":"map","values":"R"}}]}',
  '{"type":"enum","name":"E","namespace":"n.m","symbols":["A","B"]}',
  '{"type":{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}}',
]

/** Schemas are given by who writes the pipeline, but may come from a registry. */
export const target: FuzzTarget = {
  name: 'avro-schema',
  corpus: () => SCHEMAS.map(textBytes),
  dictionary: [
    '{"type":',
    '"record"',
    '"fields":[',
    '"name":"R"',
    '"R"',
    '[',
    ']',
    '"items":',
    '"null",',
    '{"name":"x","type":',
  ],
  run(bytes) {
    let json: unknown
    try {
      json = JSON.parse(new TextDecoder().decode(bytes))
    } catch {
      return
    }
    const print = avroFingerprint(avroType(json))
    demandSame(print, avroFingerprint(avroType(JSON.parse(JSON.stringify(json)))), 'one fingerprint')
  },
}
