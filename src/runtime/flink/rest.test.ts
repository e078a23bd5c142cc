import { describe, expect, test } from 'vitest'
import { freePort } from '../../java/port.ts'
import { type Answers, flinkServer } from './flink-server.fixture.ts'
import { FlinkRest } from './rest.ts'
import { RestRefusal } from './rest-request.ts'

const restOf = async (answers: Answers) => {
  const { url, asked } = await flinkServer(answers)
  return { rest: new FlinkRest(`${url}/`), asked, url }
}

describe('the address of a cluster', () => {
  test.each([
    ['127.0.0.1:8081', 'http://127.0.0.1:8081'],
    ['htp://flink:9000/', 'http://flink:9000'],
    ['flink.example.org', 'http://flink.example.org'],
    ['8081', 'http://127.0.0.1:8081'],
    ['http://', 'http://127.0.0.1:8081'],
    ['', 'http://127.0.0.1:8081'],
  ])('%j is no address, and the right one is shown', (text, remedy) => {
    expect(() => new FlinkRest(text)).toThrow(new RegExp(`^ML_RANGE: .* at --flink\\. Write it as ${remedy}\\.$`))
  })

  test('may hold a user, who is sent along and never shown', async () => {
    const { url, asked } = await flinkServer({ 'GET /jobs/overview': { body: { jobs: [] } } })
    const rest = new FlinkRest(url.replace('//', '//ann:hunter%202@'))
    expect(rest.url).toBe(url)
    expect(await rest.jobs()).toEqual([])
    expect(asked[0].headers.authorization).toBe(`Basic ${Buffer.from('ann:hunter 2').toString('base64')}`)
    expect(() => new FlinkRest('ftp://ann:hunter2@x')).toThrow(/^(?!.*hunter2)/)
  })
})

describe('what answers', () => {
  test('is nobody', async () => {
    const nobody = new FlinkRest(`http://127.0.0.1:${await freePort()}`)
    await expect(nobody.overview()).rejects.toThrow(/^ML_FLINK_REST: no Flink cluster answers: .*millrace flink start/)
  })

  test('is something else than Flink', async () => {
    const { rest } = await restOf({ 'GET /overview': { body: '<html>hello</html>' } })
    await expect(rest.overview()).rejects.toThrow(/^ML_FLINK_REST: what answers is not Flink.*HTTP 200 <html>hello/)
  })

  test('wants to know who asks', async () => {
    const { rest } = await restOf({ 'GET /overview': { status: 401, body: 'no' } })
    await expect(rest.overview()).rejects.toThrow(/^ML_FLINK_REST: the cluster wants to know who asks/)
  })

  test('refuses in words of its own, or with an error of the host', async () => {
    const { rest } = await restOf({
      'GET /jobs/a': { status: 404, body: { errors: ['Job a not found.'] } },
      'POST /jars/j/run': {
        status: 500,
        body: { errors: ['Internal server error.', '<Exception: x.Y: ML_NO_FILE: gone.'] },
      },
    })
    const refusal = await rest.job('a').catch((error) => error)
    expect(refusal).toBeInstanceOf(RestRefusal)
    expect(refusal).toMatchObject({ code: 'ML_FLINK_REST', reason: 'Job a not found' })
    await expect(rest.runJar('j', {})).rejects.toMatchObject({ code: 'ML_NO_FILE', message: 'ML_NO_FILE: gone.' })
  })
})

test('a jar goes up as a file of a form, and its id comes back', async () => {
  const filename = '/tmp/upload/0f_clicks.jar'
  const { rest, asked } = await restOf({ 'POST /jars/upload': { body: { filename, status: 'success' } } })
  expect(await rest.uploadJar('clicks.jar', new Uint8Array([80, 75]))).toBe('0f_clicks.jar')
  expect(asked[0].headers['content-type']).toMatch(/^multipart\/form-data/)
  expect(asked[0].body).toMatch(/name="jarfile"; filename="clicks.jar"\r\n[\s\S]*\r\n\r\nPK\r\n/)
})
