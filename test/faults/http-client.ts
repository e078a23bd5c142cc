/** Requests as they are typed, for a server that must not be impressed. */
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface AskOptions {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly host?: string
}

/** One request on a connection of its own; the path is sent as it is. */
export function ask(port: number, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body, host = '127.0.0.1' } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path, headers: { ...headers }, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Sends bytes and gives all that comes back until the other side closes. */
export function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
  return answerOf(socket)
}

/** All that comes until the connection is closed, however that is. */
export function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}
