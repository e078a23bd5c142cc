// The proxy that the tests of network faults trust: what it says it does to a connection, seen from both ends.
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TcpProxy } from '../../src/testing/tcp-proxy.ts'

let server: Server
let proxy: TcpProxy
let arrived: string[]
const sockets: Socket[] = []

beforeEach(async () => {
  arrived = []
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      arrived.push(bytes.toString())
      socket.write(`answer to ${bytes}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await TcpProxy.start({ target: (server.address() as { port: number }).port })
})

afterEach(async () => {
  await proxy.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

async function client(): Promise<{ socket: Socket; received: string[]; closed: Promise<unknown> }> {
  const socket = createConnection({ port: proxy.port, host: '127.0.0.1' })
  sockets.push(socket)
  socket.on('error', () => {})
  const received: string[] = []
  socket.on('data', (bytes) => received.push(bytes.toString()))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  return { socket, received, closed }
}

const seen = (list: string[], text: string) => expect.poll(() => list.join('')).toContain(text)

test('bytes pass both ways, and the end of one direction leaves the other open', async () => {
  const { socket, received } = await client()
  socket.write('one')
  await seen(received, 'answer to one')
  socket.end('two')
  await seen(received, 'answer to two')
})

test('a cut resets both sides, and new connections are made', async () => {
  const first = await client()
  first.socket.write('one')
  await seen(first.received, 'answer to one')
  expect(proxy.cut()).toBe(1)
  await first.closed
  await expect.poll(() => sockets.filter((socket) => !socket.destroyed).length).toBe(0)
  const second = await client()
  second.socket.write('two')
  await seen(second.received, 'answer to two')
})

test('with answers stalled requests arrive; a cut then loses the answers, a heal delivers them', async () => {
  const lost = await client()
  proxy.stall('down')
  lost.socket.write('lost')
  await seen(arrived, 'lost')
  proxy.cut()
  await lost.closed
  expect(lost.received).toEqual([])
  const late = await client()
  late.socket.write('late')
  await seen(arrived, 'late')
  expect(late.received).toEqual([])
  proxy.heal()
  await seen(late.received, 'answer to late')
})

test('with requests stalled nothing arrives until it heals', async () => {
  const { socket, received } = await client()
  proxy.stall('up')
  socket.write('held')
  socket.write(' back')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(arrived).toEqual([])
  proxy.heal()
  await seen(received, 'back')
  expect(arrived.join('')).toBe('held back')
})

test('delayed bytes come later, in order, and at once when it heals', async () => {
  const { socket, received } = await client()
  proxy.delay(20)
  for (const text of ['a', 'b', 'c']) socket.write(text)
  await expect.poll(() => arrived.join('')).toBe('abc')
  await seen(received, 'c')
  proxy.delay(600_000)
  socket.write('d')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(arrived.join('')).toBe('abc')
  proxy.heal()
  await expect.poll(() => arrived.join('')).toBe('abcd')
})

test('while it refuses, connections are reset at once', async () => {
  const open = await client()
  proxy.refuse()
  await open.closed
  const socket = createConnection({ port: proxy.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve))
  proxy.heal()
  const again = await client()
  again.socket.write('back')
  await seen(again.received, 'answer to back')
})

test('a watcher cuts before the piece it saw is passed on', async () => {
  const { socket, closed } = await client()
  proxy.watch = (bytes, direction) => {
    if (direction === 'up' && Buffer.from(bytes).includes('secret')) proxy.cut()
  }
  socket.write('secret')
  await closed
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(arrived).toEqual([])
})
