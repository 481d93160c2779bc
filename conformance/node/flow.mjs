/** The clients of OpenAI and Anthropic for Node against the gateway; the aliases are those that gateway.py declares. */

import assert from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'

const URL_ = process.env.PILOTHOUSE_URL.replace(/\/$/, '')
const KEY = process.env.PILOTHOUSE_API_KEY
const SPENDER = process.env.GATEWAY_SPENDER
const STARTS = /^harbour light/
const messages = [{ role: 'user', content: 'Where is the harbour?' }]
const weather = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const ask = { model: 'claude', max_tokens: 40, messages }

/** Clients that count their HTTP requests. */
let sent = 0
const counting = (...request) => {
  sent++
  return fetch(...request)
}
const openai = (more = {}) => new OpenAI({ apiKey: KEY, baseURL: `${URL_}/v1`, fetch: counting, ...more })
const anthropic = (more = {}) => new Anthropic({ apiKey: KEY, baseURL: URL_, fetch: counting, ...more })

async function refused(kind, status, asking) {
  try {
    await asking()
  } catch (e) {
    assert.equal(e.constructor, kind, String(e))
    assert.equal(e.status, status)
    return e
  }
  assert.fail(`${kind.name} was expected`)
}

async function all(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

const checks = {
  async 'openai: chat with its cost'() {
    const { data, response } = await openai().chat.completions.create({ model: 'chat', messages }).withResponse()
    assert.match(data.choices[0].message.content, STARTS)
    assert.ok(BigInt(response.headers.get('x-pilothouse-cost-nano-usd')) > 0n)
    assert.equal(response.headers.get('x-pilothouse-model'), 'sim/sim-mini')
  },
  async 'openai: chat as a stream with usage'() {
    const options = { stream: true, stream_options: { include_usage: true } }
    const chunks = await all(await openai().chat.completions.create({ model: 'chat', messages, ...options }))
    assert.match(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), STARTS)
    assert.equal(chunks.at(-1).usage.completion_tokens, 16)
  },
  async 'openai: tools, as a stream too'() {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: weather } }]
    const answer = await openai().chat.completions.create({ model: 'tools', messages, tools })
    assert.equal(answer.choices[0].message.tool_calls[0].function.name, 'weather')
    const whole = await openai().chat.completions.stream({ model: 'tools', messages, tools }).finalChatCompletion()
    JSON.parse(whole.choices[0].message.tool_calls[0].function.arguments)
  },
  async 'openai: three choices and JSON mode'() {
    const more = { n: 3, response_format: { type: 'json_object' } }
    const answer = await openai().chat.completions.create({ model: 'chat', messages, ...more })
    assert.equal(answer.choices.length, 3)
    answer.choices.forEach((choice) => JSON.parse(choice.message.content))
  },
  async 'openai: responses, as a stream too'() {
    assert.match((await openai().responses.create({ model: 'chat', input: 'Where?' })).output_text, STARTS)
    const events = await all(await openai().responses.create({ model: 'chat', input: 'Where?', stream: true }))
    assert.deepEqual([events[0].type, events.at(-1).type], ['response.created', 'response.completed'])
  },
  async 'openai: embeddings, moderations, models, completions'() {
    const one = await openai().embeddings.create({ model: 'vectors', input: 'a' })
    assert.ok(one.data[0].embedding.length > 100 && Number.isFinite(one.data[0].embedding[0]))
    assert.equal((await openai().moderations.create({ model: 'safety', input: 'a' })).results[0].flagged, false)
    assert.ok((await all(openai().models.list())).some((model) => model.id === 'chat'))
    assert.match((await openai().completions.create({ model: 'chat', prompt: 'Where?' })).choices[0].text, /harbour/)
  },
  async 'openai: errors are of the client\'s classes'() {
    const create = (body) => () => openai({ maxRetries: 0 }).chat.completions.create({ messages, ...body })
    await refused(OpenAI.BadRequestError, 400, create({ model: 'chat', max_tokens: -1 }))
    await refused(OpenAI.NotFoundError, 404, create({ model: 'no-such-model' }))
    await refused(OpenAI.RateLimitError, 429, create({ model: 'limited' }))
    await refused(OpenAI.InternalServerError, 500, create({ model: 'broken' }))
    const wrong = openai({ apiKey: 'ph_wrong' })
    await refused(OpenAI.AuthenticationError, 401, () => wrong.models.list())
  },
  async 'openai: over budget is one request'() {
    for (const stream of [false, true]) {
      sent = 0
      const asking = () => openai().chat.completions.create({ model: 'chat', messages, user: SPENDER, stream })
      const error = await refused(OpenAI.RateLimitError, 429, asking)
      assert.match(error.message, /tiny-/)
      assert.equal(sent, 1)
    }
  },
  async 'anthropic: a message with its cost'() {
    const { data, response } = await anthropic().messages.create(ask).withResponse()
    assert.match(data.content[0].text, STARTS)
    assert.ok(BigInt(response.headers.get('x-pilothouse-cost-nano-usd')) > 0n)
  },
  async 'anthropic: a stream, tools and counted tokens'() {
    assert.match(await anthropic().messages.stream(ask).finalText(), STARTS)
    const tools = [{ name: 'weather', input_schema: weather }]
    const whole = await anthropic().messages.stream({ ...ask, model: 'claude-tools', tools }).finalMessage()
    assert.equal(whole.content.at(-1).name, 'weather')
    assert.ok((await anthropic().messages.countTokens({ model: 'claude', messages })).input_tokens > 0)
  },
  async 'anthropic: errors are of the client\'s classes'() {
    const create = (body) => () => anthropic({ maxRetries: 0 }).messages.create({ ...ask, ...body })
    await refused(Anthropic.BadRequestError, 400, create({ max_tokens: -1 }))
    await refused(Anthropic.NotFoundError, 404, create({ model: 'no-such-model' }))
    await refused(Anthropic.RateLimitError, 429, create({ model: 'claude-limited' }))
    await refused(Anthropic.InternalServerError, 500, create({ model: 'claude-broken' }))
    const wrong = anthropic({ apiKey: 'ph_wrong' })
    await refused(Anthropic.AuthenticationError, 401, () => wrong.messages.create(ask))
  },
  async 'anthropic: over budget is one request'() {
    sent = 0
    const asking = () => anthropic().messages.create({ ...ask, metadata: { user_id: SPENDER } })
    assert.match((await refused(Anthropic.RateLimitError, 429, asking)).message, /tiny-/)
    assert.equal(sent, 1)
  },
}

let failed = 0
for (const [name, check] of Object.entries(checks)) {
  try {
    await check()
    console.log(`ok   node: ${name}`)
  } catch (e) {
    failed++
    console.log(`FAIL node: ${name}\n  ${e.stack.replaceAll('\n', '\n  ')}`)
  }
}
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed, 0 skipped`)
process.exit(failed ? 1 : 0)
