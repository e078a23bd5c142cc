/** The connectors that come with Millrace, as the embedded engine finds them by kind. */
import { FileSink } from '../connectors/file/sink.ts'
import { FileSource } from '../connectors/file/source.ts'
import { TailSource } from '../connectors/file/tail-source.ts'
import { WatchSource } from '../connectors/file/watch-source.ts'
import { httpIngestSource } from '../connectors/http/ingest-source.ts'
import { HttpPostSink } from '../connectors/http/post-sink.ts'
import { HybridSource } from '../connectors/hybrid/source.ts'
import { KafkaSink } from '../connectors/kafka/sink.ts'
import { KafkaSource } from '../connectors/kafka/source.ts'
import { MemorySink } from '../connectors/memory/sink.ts'
import { MemorySource } from '../connectors/memory/source.ts'
import { tcpServerSource, tcpSource, webSocketSource } from '../connectors/socket/sources.ts'
import { TcpServerSink } from '../connectors/socket/tcp-server-sink.ts'
import { TcpSink } from '../connectors/socket/tcp-sink.ts'
import { WebSocketSink } from '../connectors/socket/websocket-sink.ts'
import { StdoutSink } from '../connectors/stdout/sink.ts'
import type { ConnectorTable } from '../stream/ports.ts'

/** The given connectors first: they may replace a built-in kind. */
export function withBuiltIn(given: ConnectorTable = { sources: [], sinks: [] }): ConnectorTable {
  const sources = [
    ...given.sources,
    new FileSource(),
    new TailSource(),
    new WatchSource(),
    new KafkaSource(),
    tcpSource(),
    tcpServerSource(),
    webSocketSource(),
    httpIngestSource(),
    new MemorySource(),
  ]
  return {
    sources: [...sources, new HybridSource(sources)],
    sinks: [
      ...given.sinks,
      new FileSink(),
      new KafkaSink(),
      new TcpSink(),
      new TcpServerSink(),
      new WebSocketSink(),
      new HttpPostSink(),
      new MemorySink(),
      new StdoutSink(),
    ],
  }
}
