// OpenAI's own client, as npm has it, at a running Presage: one check a run, `node checks.mjs NAME`. Ends with 1 and
// what was seen when it fails. PRESAGE_URL and PRESAGE_KEY say where and who, PRESAGE_SAMPLE is the folder of the
// model's sample.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';

const url = process.env.PRESAGE_URL;
const key = process.env.PRESAGE_KEY;
const client = as(key);

const sample = JSON.parse(readFileSync(`${process.env.PRESAGE_SAMPLE}/minilm.request.json`)).inputs[0].data;
const expected = JSON.parse(readFileSync(`${process.env.PRESAGE_SAMPLE}/minilm.response.json`)).outputs[0];
const width = expected.shape[1];

function as(apiKey) {
  return new OpenAI({ baseURL: `${url}/openai/v1`, apiKey, maxRetries: 0, timeout: 20_000 });
}

async function embed(input, more = {}) {
  return client.embeddings.create({ model: 'minilm', input, ...more });
}

// The model is an int8 one: what else is in its batch moves a vector a little. Other texts are below 0.7.
function assertClose(real, wanted) {
  assert.equal(real.length, width);
  const cosine = real.reduce((sum, x, i) => sum + x * wanted[i], 0) / (Math.hypot(...real) * Math.hypot(...wanted));
  assert.ok(cosine > 0.9, `cosine ${cosine}`);
}

function expectedRow(row) {
  return expected.data.slice(row * width, (row + 1) * width);
}

async function refusal(call, type, status, code) {
  const error = await call.then(
    (answer) => assert.fail(`answered: ${JSON.stringify(answer)}`),
    (e) => e,
  );
  assert.ok(error instanceof type, `${error}`);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  assert.match(error.message, /\S/);
  assert.match(error.requestID, /^[A-Za-z0-9._-]{1,128}$/);
  return error;
}

const checks = {
  // The client asks for base64 by itself, and decodes it.
  async text() {
    const answer = await embed(sample[0]);
    assert.equal(answer.object, 'list');
    assert.equal(answer.model, 'minilm');
    assert.equal(answer.data.length, 1);
    assert.equal(answer.data[0].object, 'embedding');
    assertClose(answer.data[0].embedding, expectedRow(0));
    assert.ok(answer.usage.prompt_tokens > 2);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens);
  },

  async texts() {
    const { data } = await embed(sample);
    assert.deepEqual(data.map((row) => row.index), [0, 1, 2, 3]);
    data.forEach((row, i) => assertClose(row.embedding, expectedRow(i)));
  },

  async floatAndBase64AreTheSameNumbers() {
    const [decoded, floats, base64] = await Promise.all([
      embed(sample),
      embed(sample, { encoding_format: 'float' }),
      embed(sample, { encoding_format: 'base64' }),
    ]);
    for (let row = 0; row < sample.length; row++) {
      assert.ok(Array.isArray(floats.data[row].embedding));
      assert.equal(typeof base64.data[row].embedding, 'string');
      const bytes = Buffer.from(base64.data[row].embedding, 'base64');
      const numbers = Array.from({ length: width }, (_, i) => bytes.readFloatLE(4 * i));
      assert.deepEqual(floats.data[row].embedding.map(Math.fround), numbers);
      assert.deepEqual(decoded.data[row].embedding, numbers);
    }
  },

  // [CLS] hello world [SEP], by the model's own tokenizer.
  async tokens() {
    const text = await embed('Hello world');
    const one = await embed([101, 7592, 2088, 102]);
    const two = await embed([[101, 7592, 2088, 102], [101, 7592, 102]]);
    assertClose(one.data[0].embedding, text.data[0].embedding);
    assertClose(two.data[0].embedding, text.data[0].embedding);
    assert.equal(one.usage.prompt_tokens, 4);
    assert.equal(two.usage.prompt_tokens, 7);
  },

  async models() {
    const ids = [];
    for await (const model of client.models.list()) {
      assert.equal(model.object, 'model');
      ids.push(model.id);
    }
    assert.ok(ids.includes('minilm') && ids.includes('tumour'), `${ids}`);
    assert.ok(ids.every((id) => !id.includes(':')), `${ids}`);
    assert.equal((await client.models.retrieve('minilm')).id, 'minilm');
    assert.equal((await client.models.retrieve('minilm:1')).id, 'minilm:1');
    await refusal(client.models.retrieve('nobody'), OpenAI.NotFoundError, 404, 'model_not_found');
  },

  async versionBehindTheName() {
    const { data } = await embed(sample[0]);
    for (const model of ['minilm:1', 'minilm:champion']) {
      const pinned = await client.embeddings.create({ model, input: sample[0] }).withResponse();
      assert.equal(pinned.response.headers.get('presage-model-version'), '1');
      assertClose(pinned.data.data[0].embedding, data[0].embedding);
    }
    await refusal(embed('a', { model: 'minilm:99' }), OpenAI.NotFoundError, 404, 'version_not_found');
  },

  async mistakesAreTheClientsErrors() {
    await refusal(embed('a', { model: 'nobody' }), OpenAI.NotFoundError, 404, 'model_not_found');
    await refusal(embed([]), OpenAI.BadRequestError, 400, 'invalid_request');
    await refusal(embed('a', { dimensions: 3 }), OpenAI.BadRequestError, 400, 'invalid_request');
    await refusal(embed('a', { model: 'tumour' }), OpenAI.BadRequestError, 400, 'invalid_request');
    await refusal(embed([101, 10_000_000]), OpenAI.BadRequestError, 400, 'invalid_input');
    const stranger = as('sk-somebody-elses');
    await refusal(stranger.models.list(), OpenAI.AuthenticationError, 401, 'invalid_api_key');
    await refusal(
      stranger.embeddings.create({ model: 'minilm', input: 'a' }),
      OpenAI.AuthenticationError,
      401,
      'invalid_api_key',
    );
  },

  // A key of one call an hour: the second is a RateLimitError that says when to come back.
  async limits() {
    const made = await fetch(`${url}/api/v1/keys`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'node', roles: ['PREDICT'], limit: { permits: 1, periodMillis: 3_600_000 } }),
    });
    assert.equal(made.status, 201);
    const limited = as((await made.json()).key);
    // The list of models is under no limit: it tells when the gateway knows the key.
    const end = Date.now() + 20_000;
    for (let known = false; !known;) {
      known = await limited.models.list().then(
        () => true,
        (e) => {
          assert.ok(e instanceof OpenAI.AuthenticationError && Date.now() < end, `${e}`);
          return new Promise((resolve) => setTimeout(() => resolve(false), 25));
        },
      );
    }
    await limited.embeddings.create({ model: 'minilm', input: 'a' });
    const error = await refusal(
      limited.embeddings.create({ model: 'minilm', input: 'a' }),
      OpenAI.RateLimitError,
      429,
      'rate_limit_exceeded',
    );
    assert.ok(Number(error.headers.get('retry-after')) > 0);
  },
};

const check = checks[process.argv[2]];
assert.ok(check, `${process.argv[2]} (expected: one of ${Object.keys(checks)})`);
await check();
console.log(`${process.argv[2]}: ok, node ${process.version}`);
