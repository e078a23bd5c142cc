/** The sources over sockets, for the table of connectors. */
import { IngestSource } from '../../net/ingest-source.ts'
import { startTcpClient } from './tcp-client-source.ts'
import { startTcpServer } from './tcp-server-source.ts'
import { startWebSocket } from './websocket-source.ts'

export const tcpSource = (): IngestSource => new IngestSource('tcp', startTcpClient)
export const tcpServerSource = (): IngestSource => new IngestSource('tcp-server', startTcpServer)
export const webSocketSource = (): IngestSource => new IngestSource('websocket', startWebSocket)
