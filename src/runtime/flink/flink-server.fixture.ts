/** A server that answers as a JobManager would, from a table of paths: for tests of what speaks to one. */
import { createServer, type IncomingMessage } from 'node:http'
import { afterEach } from 'vitest'

export interface Answer {
  readonly status?: number
  /** An object is sent as JSON. */
  readonly body: unknown
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

/** By `METHOD /path`; a function is asked each time. */
export type Answers = { readonly [request: string]: Answer | (() => Answer) }

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Listens until the test has ended. */
export async function flinkServer(answers: Answers): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url: path = '', headers } = request
    asked.push({ method, path, headers, body: Buffer.concat(chunks).toString('latin1') })
    const found = answers[`${method} ${path}`]
    const { status = 200, body } = (typeof found === 'function' ? found() : found) ?? {
      status: 404,
      body: { errors: [`Not found: ${path}`] },
    }
    response.writeHead(status)
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, asked }
}
